/**
 * Counts who would be in a segment that is not stored, from the events of the last hour that the stage keeps in its
 * store. Partition by partition, each as of its own watermark there, so memory holds one partition's events at most.
 *
 * As the stage does, it looks at a user as of the watermark, or of the user's latest event when that is ahead of it.
 *
 * Invariants (dry-run.test.ts):
 * 1. Bounded: by time, and by events of a partition. What was left out for that makes `complete` false.
 * 2. Only users with events are counted: nothing is known of others, not even that they exist.
 */
import { setImmediate as letOthersIn } from 'node:timers/promises';
import { PARTITIONS } from '../../../shared/events/partition.ts';
import type { Log } from '../../../shared/log/log.ts';
import { compileRuleSet } from '../../../shared/segments/evaluate.ts';
import { decodeChunk, type EventChunk } from '../../../shared/segments/event-chunk.ts';
import type { SegmentDefinition, SegmentRuleSet } from '../../../shared/segments/rule-set.ts';
import { readEntry } from '../../../shared/store/entry.ts';
import { storedEntries } from '../views/stored-entries.ts';
import { qualify } from './qualification.ts';
import { SEGMENTS } from './rules-of-segments.ts';

export interface DryRun {
  /** Event time, ms: of the partition that is furthest behind; undefined: no partition has seen an event. */
  readonly asOf: number | undefined;
  readonly users: number;
  readonly now: number;
  readonly inLastHour: number;
  readonly complete: boolean;
}

export interface DryRunLimits {
  readonly timeoutMs: number;
  /** Chunks of one partition that are held in memory: of 16 to 32 events each. */
  readonly chunks: number;
}

/** Between two looks at the clock, and at what else there is to do. */
const USERS_AT_A_TIME = 200;

const LIMITS: DryRunLimits = { timeoutMs: 10_000, chunks: 100_000 };

/** `set`: with the segment in it. */
export async function dryRun(
  log: Log,
  set: SegmentRuleSet,
  id: string,
  limits: Partial<DryRunLimits> = {},
): Promise<DryRun> {
  const { timeoutMs, chunks } = { ...LIMITS, ...limits };
  const plan = compileRuleSet({ version: set.version, segments: withBases(set, id) });
  const deadline = performance.now() + timeoutMs;
  const parts: DryRun[] = [];
  for (const partition of PARTITIONS) {
    const left = deadline - performance.now();
    if (left <= 0) return sum([...parts, NOT_READ]);
    parts.push(
      await countPartition(log, partition, (read, asOf) => qualify(plan, id, read, asOf), { timeoutMs: left, chunks }),
    );
  }
  return sum(parts);
}

const NOT_READ: DryRun = { asOf: undefined, users: 0, now: 0, inLastHour: 0, complete: false };
const NOTHING: DryRun = { ...NOT_READ, complete: true };

async function countPartition(
  log: Log,
  partition: string,
  decide: (chunks: readonly EventChunk[], asOf: number) => ReturnType<typeof qualify>,
  limits: DryRunLimits,
): Promise<DryRun> {
  const applied = await readEntry<{ readonly wm?: number }>(log, SEGMENTS, `${partition}.applied`);
  const asOf = applied?.wm;
  if (asOf === undefined || asOf <= 0) return NOTHING;
  const deadline = performance.now() + limits.timeoutMs;
  const { users, complete } = await readChunks(log, partition, limits);
  const counts = { users: 0, now: 0, inLastHour: 0 };
  for (const chunks of users.values()) {
    const { now, inLastHour } = decide(chunks, latest(chunks, asOf));
    counts.users++;
    if (now) counts.now++;
    if (inLastHour) counts.inLastHour++;
    if (counts.users % USERS_AT_A_TIME > 0) continue;
    await letOthersIn();
    if (performance.now() > deadline) break;
  }
  return { asOf, ...counts, complete: complete && counts.users === users.size };
}

interface PartitionEvents {
  readonly users: ReadonlyMap<string, EventChunk[]>;
  readonly complete: boolean;
}

async function readChunks(log: Log, partition: string, limits: DryRunLimits): Promise<PartitionEvents> {
  const users = new Map<string, EventChunk[]>();
  const query = { bucket: SEGMENTS, keys: [`${partition}.events.>`], bulk: true, timeoutMs: limits.timeoutMs };
  const reading = storedEntries(log, query);
  for (let left = limits.chunks; left > 0; left--) {
    const { done, value } = await reading.next();
    if (done) return { users, complete: value };
    const user = value.key.split('.')[2] ?? '';
    const chunk = decodeChunk(JSON.parse(value.text) as number[]);
    const chunks = users.get(user);
    if (chunks) chunks.push(chunk);
    else users.set(user, [chunk]);
  }
  await reading.return(false);
  return { users, complete: false };
}

function sum(parts: readonly DryRun[]): DryRun {
  const times = parts.flatMap(({ asOf }) => asOf ?? []);
  return {
    asOf: times.length === 0 ? undefined : Math.min(...times),
    users: parts.reduce((total, { users }) => total + users, 0),
    now: parts.reduce((total, { now }) => total + now, 0),
    inLastHour: parts.reduce((total, { inLastHour }) => total + inLastHour, 0),
    complete: parts.every(({ complete }) => complete),
  };
}

/** The segment and all that it is derived from. */
function withBases({ segments }: SegmentRuleSet, id: string): SegmentDefinition[] {
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  const wanted = new Set<string>();
  const visit = (each: string): void => {
    if (wanted.has(each)) return;
    wanted.add(each);
    for (const base of byId.get(each)?.baseSegmentIds ?? []) visit(base);
  };
  visit(id);
  return segments.filter((segment) => wanted.has(segment.id));
}

function latest(chunks: readonly EventChunk[], asOf: number): number {
  return chunks.reduce((time, { last }) => Math.max(time, last), asOf);
}
