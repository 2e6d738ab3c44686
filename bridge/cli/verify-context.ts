/** What `verify` is asked for, and what its parts are given. */
import type { Kafka } from 'kafkajs';
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import type { EventRoute, Route } from '../../shared/config/routes.ts';
import type { Log, StoredMessage } from '../../shared/log/log.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaReader, OffsetRange } from '../../shared/kafka/kafka-reader.ts';
import type { TopicLetters } from './letters-of-topic.ts';

export interface VerifyOptions {
  readonly kafka: Kafka;
  readonly log: Log;
  readonly routes: readonly Route[];
  readonly registry: SchemaRegistry | undefined;
  /** All topics of the routes by default. */
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  /** Kafka offsets, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly signal: AbortSignal;
  /** What is being done: records of a partition were read up to an offset. */
  onRecords?(count: number, source: Source, offset: number, end: number): void;
}

export interface VerifyContext extends Omit<VerifyOptions, 'kafka' | 'routes' | 'topic' | 'partition'> {
  readonly reader: KafkaReader;
  onRecords(count: number, source: Source, offset: number, end: number): void;
}

/** One Kafka partition whose records become events. */
export interface EventsTask {
  readonly source: Source;
  readonly route: EventRoute;
  readonly letters: TopicLetters;
  readonly range: OffsetRange;
  /** The last progress frame, read before the letters. */
  readonly last: StoredMessage;
}
