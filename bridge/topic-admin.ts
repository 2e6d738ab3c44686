/**
 * What the bridge asks Kafka about topics: which there are, and their first and next offsets.
 *
 * Owns the admin client. kafkajs asks for all topics that it was ever asked about at once, so one that was deleted
 * makes all further questions fail: then another client takes its place.
 */
import type { Admin, Kafka } from 'kafkajs';
import type { Route } from '../shared/config/routes.ts';
import type { OffsetRange } from './owned-partition.ts';
import type { Source } from '../shared/kafka/source.ts';
import { findTopics, type Topics } from './topics.ts';

export class TopicAdmin implements AsyncDisposable {
  readonly #kafka: Kafka;
  #admin: Admin;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
    this.#admin = newAdmin(kafka);
  }

  async find(routes: readonly Route[]): Promise<Topics> {
    await this.#admin.connect();
    return findTopics(this.#admin, routes);
  }

  /** By partition. */
  async ranges(topic: string): Promise<Map<number, OffsetRange>> {
    const admin = this.#admin;
    try {
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
    } catch (error) {
      if (isUnknownTopic(error) && admin === this.#admin) await this.#replace();
      throw error;
    }
  }

  async range({ topic, partition }: Source): Promise<OffsetRange> {
    const range = (await this.ranges(topic)).get(partition);
    if (!range) throw new Error(`Cannot find partition ${partition} of topic "${topic}" in Kafka`);
    return range;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }

  async #replace(): Promise<void> {
    const former = this.#admin;
    this.#admin = newAdmin(this.#kafka);
    await Promise.all([this.#admin.connect(), former.disconnect()]);
  }
}

function newAdmin(kafka: Kafka): Admin {
  return kafka.admin({ retry: { retries: 2 } });
}

/** Some topic: it may be another one than was asked for. */
function isUnknownTopic(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION') || isUnknownTopic(error.cause);
}
