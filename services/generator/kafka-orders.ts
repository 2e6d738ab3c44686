/** Order changes as records that Debezium would write: makes the topic when it is missing. */
import { type Kafka, Partitioners } from 'kafkajs';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { makeTopics } from './make-topics.ts';
import type { OrderTarget } from './order-feed.ts';

const TOPIC = 'dbserver1.public.orders';
const PARTITIONS = 4;

export function kafkaOrders(kafka: Kafka, logger: Logger): OrderTarget {
  return {
    name: 'Kafka',
    explain: explainKafkaError,
    async open() {
      await makeTopics(kafka, [TOPIC], PARTITIONS, logger);
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      return {
        async write(changes) {
          const messages = changes.map(({ orderId, envelope }) => ({
            key: JSON.stringify({ order_id: orderId }),
            value: JSON.stringify(envelope),
          }));
          await producer.send({ topic: TOPIC, messages });
        },
        [Symbol.asyncDispose]: () => producer.disconnect().catch(() => undefined),
      };
    },
  };
}
