/** A Kafka partition's line in the status, from what its owner knows. Pure. */
import type { Route } from '../shared/config/routes.ts';
import type { Progress } from '../shared/log/frame.ts';
import type { BridgeStatus } from '../shared/runtime/status.ts';
import { describeError } from '../shared/telemetry/logger.ts';
import type { Source } from '../shared/kafka/source.ts';
import type { Session } from './partition/session.ts';

export interface PartitionFacts {
  readonly source: Source;
  readonly route: Route;
  readonly session: Session | undefined;
  readonly state: BridgeStatus['state'];
  readonly alarm: string | undefined;
  /** Kafka's end offset when last seen. */
  readonly high: number | undefined;
  /** Of the newest record taken in. */
  readonly lastTimestampMs: number | undefined;
  /** When it last moved, or had nothing to do, ms. */
  readonly movedAt: number;
  readonly now: number;
}

const MIRROR_QUIET_MS = 30_000;
/** A round of the bridge and some more: less is no standstill. */
const STALL_MS = 5_000;

/** After how long without a record a partition is called idle, ms. */
export function quietAfterMs(route: Route): number {
  return route.decoder === 'raw' ? MIRROR_QUIET_MS : route.idle.afterMs;
}

export function partitionStatus(facts: PartitionFacts): BridgeStatus {
  const { source, route, session, high, lastTimestampMs, movedAt, now } = facts;
  const { settled, quietMs = 0, problem } = session ?? {};
  const isBehind = settled?.offset !== undefined && high !== undefined && settled.offset + 1 < high;
  const alarm = facts.alarm ?? (problem ? describeError(problem) : lossAlarm(settled));
  const stillMs = now - movedAt;
  return {
    topic: source.topic,
    partition: source.partition,
    state: problem ? 'paused' : facts.state,
    ...(settled?.offset !== undefined && { offset: settled.offset }),
    ...(high !== undefined && { highWatermark: high }),
    lagRecords: Math.max(0, (high ?? 0) - (settled?.offset ?? -1) - 1),
    lagSeconds: isBehind && lastTimestampMs ? Math.max(0, (now - lastTimestampMs) / 1000) : 0,
    stalledSeconds: stillMs < STALL_MS ? 0 : Math.floor(stillMs / 1000),
    ...(settled?.watermark !== undefined && { watermark: settled.watermark }),
    idle: settled?.idle === true || quietMs >= quietAfterMs(route),
    counts: settled?.counts ?? {},
    ...(alarm !== undefined && { alarm }),
  };
}

/** What happened to the partition and cannot be undone by the bridge. */
function lossAlarm({ counts = {}, missing = [] }: Progress = {}): string | undefined {
  if (counts.missing) {
    const ranges = missing.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(', ');
    return `${counts.missing} records were gone from Kafka before they were read (offsets ${ranges}); raise its retention`;
  }
  if (counts.truncate) return `The table was truncated ${counts.truncate} times; its rows still count`;
  return undefined;
}
