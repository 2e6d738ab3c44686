/**
 * Order changes as records that Debezium would write for the shop's three tables: makes the topics when they are
 * missing, and tells all products first.
 *
 * 1. What Kafka did not take is sent again, before what comes next: a change that was taken all the same has its place in
 *    the database's log, by which it is known for one sent again.
 */
import { type Kafka, Partitioners } from 'kafkajs';
import type { SentRecord } from '../../shared/demo/demo-record.ts';
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
  let unsent: SentRecord[] = shop.snapshot(startMs);
  return {
    name: 'Kafka',
    explain: explainKafkaError,
    async open() {
      await makeTopics(kafka, Object.values(SHOP_TOPICS), PARTITIONS, logger);
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      return {
        async write(changes) {
          for (const change of changes) {
            const made = shop.of(change);
            unsent.push(...(flaws?.apply(made, change.envelope.ts_ms) ?? made));
          }
          await producer.sendBatch({ topicMessages: topicMessages(unsent) });
          unsent = [];
        },
        [Symbol.asyncDispose]: () => producer.disconnect().catch(() => undefined),
      };
    },
  };
}
