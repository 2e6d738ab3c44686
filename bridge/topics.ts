/**
 * The topics that routes take, as Kafka has them now, and their declaration in the log (B4).
 */
import type { Admin } from 'kafkajs';
import { type Route, routeOf } from '../shared/config/routes.ts';
import type { Log } from '../shared/log/log.ts';
import { EVENTS, progressSubject } from '../shared/log/names.ts';
import type { BridgeStatus } from '../shared/runtime/status.ts';

/** Topic to number of partitions. */
export type Topics = ReadonlyMap<string, number>;

export async function findTopics(admin: Admin, routes: readonly Route[]): Promise<Topics> {
  const names = (await admin.listTopics()).filter((topic) => routeOf(routes, topic) !== undefined).sort();
  if (names.length === 0) return new Map();
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

export function sameTopics(a: Topics, b: Topics): boolean {
  return a.size === b.size && [...a].every(([topic, partitions]) => b.get(topic) === partitions);
}

/** What to say of a topic that was read and is no longer in Kafka, by what was last known of its partitions. */
export function goneAlarm(topic: string, partitions: readonly BridgeStatus[]): string {
  const unread = partitions
    .filter(({ topic: name, lagRecords }) => name === topic && lagRecords > 0)
    .map(
      ({ partition, highWatermark = 0, lagRecords }) =>
        `${highWatermark - lagRecords} to ${highWatermark - 1} of partition ${partition}`,
    );
  const loss =
    unread.length > 0 ? `its records ${unread.join(', ')} were not read` : 'all that was seen of it was read';
  return `Topic "${topic}" is gone from Kafka: ${loss}; take it out of the routes, or bring it back`;
}

/**
 * Says in the log that these partitions exist, where it was not said before: all of them, also those that another
 * bridge will own, so that no stage's minimum can pass by a partition that has not begun.
 */
export async function declareTopics(log: Log, topics: Topics, routes: readonly Route[]): Promise<void> {
  for (const [topic, partitions] of topics) {
    if (routeOf(routes, topic)?.decoder === 'raw') continue; // a mirror is in no stage's minimum
    const declared = await log.lastOfEach(EVENTS, [progressSubject(topic, '*')]);
    const known = new Set(declared.map(({ subject }) => subject));
    const missing = Array.from({ length: partitions }, (_, partition) => progressSubject(topic, partition)).filter(
      (subject) => !known.has(subject),
    );
    // A conflict: another bridge was first.
    await Promise.all(missing.map((subject) => log.append(subject, '{}', { expectedLast: 0 })));
  }
}
