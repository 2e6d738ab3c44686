/** How far stages are, measured against what a stream of input holds for them. */
import { PARTITIONS } from '../../shared/events/partition.ts';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { dataSubject, EVENTS } from '../../shared/log/names.ts';
import type { MemberRecord, StageStatus } from '../../shared/runtime/status.ts';

/** Sequence of the last data frame of these topics in EVENTS for each partition that has one. */
export type Targets = ReadonlyMap<string, number>;

export async function lastDataFrames(log: JetStreamLog, topics: readonly string[]): Promise<Targets> {
  const targets = new Map<string, number>();
  for (const partition of PARTITIONS) {
    const subjects = topics.map((topic) => dataSubject(topic, partition, '*'));
    const frames = await log.lastOfEach(EVENTS, subjects);
    if (frames.length > 0) targets.set(partition, Math.max(...frames.map(({ seq }) => seq)));
  }
  return targets;
}

/** True when every partition of the service has committed its last data frame. */
export function haveCommitted(member: MemberRecord | undefined, service: string, targets: Targets): boolean {
  const position = new Map(keyedStages(member, service).map((stage) => [stage.partition, stage.position]));
  return [...targets].every(([partition, seq]) => (position.get(partition) ?? 0) >= seq);
}

export function eventsFolded(member: MemberRecord | undefined, service: string): number {
  return keyedStages(member, service).reduce((sum, stage) => sum + stage.events, 0);
}

/** True when each of the service's 16 partitions runs. */
export function allRunning(member: MemberRecord | undefined, service: string): boolean {
  return keyedStages(member, service).filter(({ state }) => state === 'running').length === PARTITIONS.length;
}

function keyedStages(member: MemberRecord | undefined, service: string): readonly StageStatus[] {
  return (member?.stages ?? []).filter((stage) => stage.service === service && stage.partition !== 'all');
}
