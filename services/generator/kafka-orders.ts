/**
 * Order changes as records that Debezium would write for the shop's three tables: makes the topics when they are
 * missing, and tells all products first.
 */
import type { Kafka } from 'kafkajs';
import { demoProducer } from '../../shared/demo/demo-producer.ts';
import type { Flaws } from '../../shared/demo/flaws.ts';
import { makeTopics } from '../../shared/demo/make-topics.ts';
import { SHOP_TOPICS, type ShopRecords } from '../../shared/demo/shop-records.ts';
import { topicMessages } from '../../shared/demo/topic-messages.ts';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { OrderTarget } from './order-feed.ts';

const PARTITIONS = 4;

export interface KafkaOrdersOptions {
  readonly kafka: Kafka;
  readonly logger: Logger;
  readonly shop: ShopRecords;
  readonly flaws?: Flaws;
  /** When the products are told, ms since the epoch. */
  readonly startMs: number;
}

export function kafkaOrders({ kafka, logger, shop, flaws, startMs }: KafkaOrdersOptions): OrderTarget {
  let isSnapshotSent = false;
  return {
    name: 'Kafka',
    explain: explainKafkaError,
    async open() {
      await makeTopics(kafka, Object.values(SHOP_TOPICS), PARTITIONS, logger);
      const producer = demoProducer(kafka);
      await producer.connect();
      return {
        async write(changes) {
          if (!isSnapshotSent) await producer.sendBatch({ topicMessages: topicMessages(shop.snapshot(startMs)) });
          isSnapshotSent = true;
          const records = changes.flatMap((change) => {
            const made = shop.of(change);
            return flaws?.apply(made, change.envelope.ts_ms) ?? made;
          });
          await producer.sendBatch({ topicMessages: topicMessages(records) });
        },
        [Symbol.asyncDispose]: () => producer.disconnect().catch(() => undefined),
      };
    },
  };
}
