/** One topic under its route: what the newest records of each partition would become. */
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import type { EventRoute, Route } from '../../shared/config/routes.ts';
import { PARTITIONS, partitionOf } from '../../shared/events/partition.ts';
import { describeError } from '../../shared/telemetry/logger.ts';
import type { DeadLetterCause } from '../decode/decoded.ts';
import { recordDecoder } from '../decode/decoder.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { prepareRecords } from './decode-again.ts';
import type { KafkaReader, OffsetRange } from '../../shared/kafka/kafka-reader.ts';
import { type SampledTime, type SampleTimes, sampleTimes } from './sample-times.ts';

export interface CheckContext {
  readonly reader: KafkaReader;
  readonly registry: SchemaRegistry | undefined;
  readonly samples: number;
  readonly signal: AbortSignal;
}

/** What a record would become. */
export interface Preview {
  readonly partition: number;
  readonly offset: number;
  readonly outcome: string;
  readonly events: readonly { readonly lane: string; readonly line: string }[];
  readonly dead?: DeadLetterCause;
}

export interface TopicCheck {
  readonly topic: string;
  /** The route's topic. */
  readonly route: string;
  readonly kind: string;
  readonly partitions: number;
  /** Offsets that Kafka has. */
  readonly inKafka: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** 0 to 1, of the sample. */
  readonly deadShare: number;
  /** Records without a Kafka key. */
  readonly keyless: number;
  readonly times?: SampleTimes;
  readonly outOfOrdernessMs?: number;
  readonly previews: readonly Preview[];
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

interface Sample {
  readonly previews: readonly Preview[];
  readonly times: readonly SampledTime[];
  readonly keyless: number;
}

const SCHEMA_PATIENCE_MS = 5_000;
/** Events this much ahead of their records are of a clock that is wrong. */
const AHEAD_MS = 60_000;

export async function checkTopic(context: CheckContext, route: Route, topic: string): Promise<TopicCheck> {
  const ranges = await context.reader.ranges(topic);
  const problems: string[] = [];
  const parts = await Promise.all(
    [...ranges].map(async ([partition, range]) => {
      try {
        return await samplePartition(context, route, { topic, partition }, range);
      } catch (error) {
        context.signal.throwIfAborted();
        problems.push(`partition ${partition}: ${describeError(error)}`);
        return { previews: [], times: [], keyless: 0 };
      }
    }),
  );
  const previews = parts.flatMap((part) => part.previews);
  const outcomes: Record<string, number> = {};
  for (const { outcome } of previews) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const deadShare = previews.length === 0 ? 0 : (outcomes.dead ?? 0) / previews.length;
  const keyless = parts.reduce((sum, part) => sum + part.keyless, 0);
  const isMirror = route.decoder === 'raw';
  const found = isMirror
    ? undefined
    : sampleTimes(
        parts.flatMap(({ times }) => times),
        route.outOfOrdernessMs,
      );
  const told = isMirror ? NOTHING_TOLD : judge(route, { outcomes, times: found, sampled: previews.length, keyless });
  return {
    topic,
    route: route.topic,
    kind: isMirror ? 'mirror' : route.kind,
    partitions: ranges.size,
    inKafka: [...ranges.values()].reduce((sum, { low, high }) => sum + high - low, 0),
    outcomes,
    deadShare,
    keyless,
    ...(found && { times: found }),
    ...(!isMirror && { outOfOrdernessMs: route.outOfOrdernessMs }),
    previews,
    problems: [...problems, ...told.problems],
    notes: told.notes,
  };
}

const NOTHING_TOLD = { problems: [], notes: [] };

interface Told {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly times: SampleTimes | undefined;
  readonly sampled: number;
  readonly keyless: number;
}

/** What is worth saying of a sample. */
export function judge(
  route: EventRoute,
  { outcomes, times, sampled, keyless }: Told,
): { readonly problems: readonly string[]; readonly notes: readonly string[] } {
  const problems: string[] = [];
  const notes: string[] = [];
  const { dead = 0, unattributable = 0 } = outcomes;
  if (dead > 0) problems.push(`${dead} of ${sampled} records would be dead letters`);
  if (unattributable > 0)
    problems.push(
      `${unattributable} of ${sampled} changes cannot be attributed: set REPLICA IDENTITY FULL on the table`,
    );
  if (times?.suggestedMs !== undefined)
    problems.push(
      `events are up to ${times.outOfOrderMs} ms out of order, and would be late: set outOfOrdernessMs to ` +
        `${times.suggestedMs} or more (it is ${route.outOfOrdernessMs})`,
    );
  if (times && times.lagMs.least < -AHEAD_MS)
    problems.push(`events are up to ${-times.lagMs.least} ms ahead of their records: check the producer's clock`);
  if (keyless > 0)
    notes.push(`${keyless} of ${sampled} records have no Kafka key: Kafka keeps no order among those of one customer`);
  if (sampled === 0) notes.push('no records to sample');
  return { problems, notes };
}

async function samplePartition(
  context: CheckContext,
  route: Route,
  source: Source,
  { low, high }: OffsetRange,
): Promise<Sample> {
  const records: KafkaRecord[] = [];
  for await (const batch of context.reader.read(source, Math.max(low, high - context.samples), high - 1))
    records.push(...batch.records);
  const keyless = records.filter(({ key }) => key === null).length;
  if (route.decoder === 'raw')
    return { previews: records.map((record) => mirrored(route.maxRecordBytes, source, record)), times: [], keyless };
  return { ...(await decodeSample(context, route, source, records)), keyless };
}

async function decodeSample(
  { registry, signal }: CheckContext,
  route: EventRoute,
  { topic, partition }: Source,
  records: readonly KafkaRecord[],
): Promise<Omit<Sample, 'keyless'>> {
  const decoder = recordDecoder(route, topic, { partition, registry });
  await prepareRecords(decoder, records, signal, SCHEMA_PATIENCE_MS);
  const times: SampledTime[] = [];
  const previews = records.map((record) => {
    const { outcome, events, dead } = decoder.decode(record, Date.now());
    for (const { t, retract } of events)
      if (retract === undefined) times.push({ partition, eventMs: t, recordMs: record.timestampMs });
    const lines = events.map((event) => ({ lane: PARTITIONS[partitionOf(event.k)] ?? '', line: decoder.line(event) }));
    return { partition, offset: record.offset, outcome, events: lines, ...(dead && { dead }) };
  });
  return { previews, times };
}

function mirrored(maxRecordBytes: number, { partition }: Source, { offset, value }: KafkaRecord): Preview {
  const bytes = value?.length ?? 0;
  if (bytes <= maxRecordBytes)
    return { partition, offset, outcome: value === null ? 'tombstone' : 'mirrored', events: [] };
  const text = `Cannot mirror a value of ${bytes} bytes: the route's maxRecordBytes is ${maxRecordBytes}`;
  return { partition, offset, outcome: 'dead', events: [], dead: { reason: 'too-large', text } };
}
