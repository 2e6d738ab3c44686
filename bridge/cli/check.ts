/**
 * `check`: what the routes would make of what Kafka has now. Reads a sample; joins no bridge's group, writes nothing.
 *
 * Owns: which topics are sampled, and gathering. Does not own: one topic (check-topic.ts), words (check-text.ts).
 */
import type { Kafka } from 'kafkajs';
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { type Route, routeOf } from '../../shared/config/routes.ts';
import { checkTopic, type TopicCheck } from './check-topic.ts';
import { CommandError } from '../../shared/runtime/command-error.ts';
import { KafkaReader } from '../../shared/kafka/kafka-reader.ts';
import { matchTopics, type TopicMatches } from './match-topics.ts';

export interface CheckOptions {
  readonly kafka: Kafka;
  readonly routes: readonly Route[];
  readonly registry: SchemaRegistry | undefined;
  /** All that routes take by default. */
  readonly topic?: string | undefined;
  /** Newest records of each partition. */
  readonly samples: number;
  readonly signal: AbortSignal;
}

export interface CheckReport extends TopicMatches {
  readonly topics: readonly TopicCheck[];
}

/** A partition that gives nothing for so long is left out. */
const SILENCE_MS = 5_000;

export async function check(options: CheckOptions): Promise<CheckReport> {
  const { kafka, routes, registry, samples, signal } = options;
  const matches = await liveMatches(options);
  const wanted = matches.routes.flatMap(({ topics }) => topics);
  const names = wanted.filter((topic) => options.topic === undefined || topic === options.topic);
  await using reader = await KafkaReader.open({ kafka, topics: names, signal, silenceMs: SILENCE_MS });
  const topics: TopicCheck[] = [];
  for (const topic of names) {
    signal.throwIfAborted();
    const route = routeOf(routes, topic);
    if (route) topics.push(await checkTopic({ reader, registry, samples, signal }, route, topic));
  }
  return { ...matches, topics };
}

/** Something an operator should see to. */
export function hasProblems(report: CheckReport): boolean {
  return [...report.routes, ...report.topics].some(({ problems }) => problems.length > 0);
}

async function liveMatches({ kafka, routes, topic }: CheckOptions): Promise<TopicMatches> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const live = await admin.listTopics();
    if (topic !== undefined && !live.includes(topic))
      throw new CommandError(`Cannot find topic "${topic}" in Kafka: check --topic`);
    if (topic !== undefined && !routeOf(routes, topic))
      throw new CommandError(`Cannot tell what topic "${topic}" becomes: no route takes it`);
    return matchTopics(routes, live);
  } finally {
    await admin.disconnect();
  }
}
