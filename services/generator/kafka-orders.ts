/** Order changes as records that Debezium would write: makes the topic when it is missing. */
import { type Kafka, Partitioners } from 'kafkajs';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { OrderTarget } from './order-feed.ts';

const TOPIC = 'dbserver1.public.orders';
const PARTITIONS = 4;

export function kafkaOrders(kafka: Kafka, logger: Logger): OrderTarget {
  return {
    name: 'Kafka',
    explain: explainKafkaError,
    async open() {
      await makeTopic(kafka, logger);
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

async function makeTopic(kafka: Kafka, logger: Logger): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    if ((await admin.listTopics()).includes(TOPIC)) return;
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS, replicationFactor: -1 }] });
    logger.info('Made the topic', { topic: TOPIC, partitions: PARTITIONS });
  } finally {
    await admin.disconnect();
  }
}
