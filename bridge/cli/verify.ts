import { type Route, routeOf } from '../../shared/config/routes.ts';
import type { Log, StoredMessage } from '../../shared/log/log.ts';
import { EVENTS, mirrorSubject, progressSubject, streamOf } from '../../shared/log/names.ts';
import type { Source } from '../../shared/kafka/source.ts';
import { findTopics } from '../topics.ts';
import { CommandError } from '../../shared/runtime/command-error.ts';
import { KafkaReader, type OffsetRange } from '../../shared/kafka/kafka-reader.ts';
import { loadLetters, type TopicLetters } from './letters-of-topic.ts';
import { emptyReport, type PartitionReport } from './partition-report.ts';
import { verifyEvents } from './verify-events.ts';
import type { VerifyContext, VerifyOptions } from './verify-context.ts';
import { type MirrorTask, verifyMirror } from './verify-mirror.ts';

const ATTEMPTS = 3;

export async function verify(options: VerifyOptions): Promise<PartitionReport[]> {
  const { kafka, routes, signal, onRecords = () => undefined } = options;
  const topics = await chooseTopics(options);
  await using reader = await KafkaReader.open({ kafka, topics: [...topics.keys()], signal });
  const context: VerifyContext = { ...options, reader, onRecords };
  const reports: PartitionReport[] = [];
  for (const [topic, partitions] of topics) {
    const route = routeOf(routes, topic);
    if (!route) continue;
    const sources = partitions.map((partition) => ({ topic, partition }));
    const states = await readStates(context, route, sources);
    for (const source of sources) reports.push(await verifyPartition(context, route, source, states));
  }
  return reports;
}

/** What the log says of a topic's partitions: first how far they are, and then what dead letters there are. */
interface States {
  readonly ends: ReadonlyMap<number, StoredMessage | undefined>;
  readonly letters: TopicLetters;
}

async function readStates(context: VerifyContext, route: Route, sources: readonly Source[]): Promise<States> {
  const ends = new Map<number, StoredMessage | undefined>();
  for (const { topic, partition } of sources) {
    const isMirror = route.decoder === 'raw';
    const subject = isMirror ? mirrorSubject(topic, partition) : progressSubject(topic, partition);
    ends.set(partition, await lastMessage(context.log, isMirror ? streamOf(subject) : EVENTS, subject));
  }
  return { ends, letters: await loadLetters(context.log, sources[0]?.topic ?? '', context.signal) };
}

/** Again when Kafka's retention has removed meanwhile what was to be compared. */
async function verifyPartition(
  context: VerifyContext,
  route: Route,
  source: Source,
  states: States,
): Promise<PartitionReport> {
  for (let [attempt, known] = [1, states]; ; attempt++) {
    context.signal.throwIfAborted();
    const range = await rangeOf(context, source);
    const report = await verifyOnce(context, route, { source, range, letters: known.letters }, known.ends);
    if (report.compared === undefined || attempt === ATTEMPTS) return report;
    if ((await rangeOf(context, source)).low <= report.compared.from) return report;
    known = await readStates(context, route, [source]);
  }
}

async function verifyOnce(
  context: VerifyContext,
  route: Route,
  task: MirrorTask,
  ends: States['ends'],
): Promise<PartitionReport> {
  const { source, range } = task;
  const last = ends.get(source.partition);
  if (route.decoder === 'raw') return verifyMirror(context, { ...task, last });
  if (last) return verifyEvents(context, { ...task, route, last });
  const all = { from: 0, to: range.high - 1, why: 'no bridge has taken them in yet: EVENTS has no progress of them' };
  return emptyReport(source, 'events', range.high > 0 ? [all] : []);
}

async function rangeOf({ reader }: VerifyContext, { topic, partition }: Source): Promise<OffsetRange> {
  const range = (await reader.ranges(topic)).get(partition);
  if (range) return range;
  throw new CommandError(`Cannot find partition ${partition} of topic "${topic}" in Kafka: check --partition`);
}

/** undefined also when there is no such stream. */
async function lastMessage(log: Log, stream: string, subject: string): Promise<StoredMessage | undefined> {
  try {
    return await log.last(stream, subject);
  } catch (error) {
    if (error instanceof Error && error.name === 'StreamNotFoundError') return undefined;
    throw error;
  }
}

/** Topic to partitions. */
async function chooseTopics({ kafka, routes, topic, partition }: VerifyOptions): Promise<Map<string, number[]>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const found = await findTopics(admin, routes);
    if (topic !== undefined && !found.has(topic))
      throw new CommandError(
        routeOf(routes, topic)
          ? `Cannot find topic "${topic}" in Kafka: check --topic`
          : `Cannot tell what topic "${topic}" becomes: no route takes it; see \`npm run bridge -- check\``,
      );
    if (found.size === 0)
      throw new CommandError('Cannot find a topic in Kafka that a route takes: see `npm run bridge -- check`');
    const chosen = [...found].filter(([name]) => topic === undefined || name === topic);
    return new Map(
      chosen.map(([name, count]) => [
        name,
        partition === undefined ? Array.from({ length: count }, (_, at) => at) : [partition],
      ]),
    );
  } finally {
    await admin.disconnect();
  }
}
