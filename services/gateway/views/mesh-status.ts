/**
 * The status of the mesh from its members' records: a pure function, the summary first.
 *
 * Invariants (mesh-status.test.ts):
 * 1. `healthy` is exactly "no alarm".
 * 2. A partition that nobody owns, or that two own, is an alarm; so is a service that a topic feeds and nobody runs.
 * 3. A member's own alarms appear with its name in front.
 * 4. A bucket that two owners bring to one store is an alarm.
 */
import { formatTime } from '../../../shared/event-time/time-text.ts';
import { ALL, PARTITIONS } from '../../../shared/events/partition.ts';
import type { BridgeStatus, MemberRecord, SinkStatus, StageStatus } from '../../../shared/runtime/status.ts';
import type { MeshStatus } from '../schemas/status.ts';

export interface Member {
  readonly record: MemberRecord;
  /** When its last heartbeat was stored, ms. */
  readonly heartbeatMs: number;
}

interface Owned<T> {
  readonly owner: string;
  readonly status: T;
}

type ServiceStatus = MeshStatus['services'][number];

export function meshStatus(members: readonly Member[], nowMs: number): MeshStatus {
  const records = members.map(({ record }) => record);
  const stages = records.flatMap((r) => (r.stages ?? []).map((status) => ({ owner: r.instance, status })));
  const sources = records.flatMap((r) => (r.bridge ?? []).map((status) => ({ owner: r.instance, status })));
  const sinks = records.flatMap((r) => (r.sinks ?? []).map((status) => ({ owner: r.instance, status })));
  const services = [...new Set(records.flatMap((r) => (r.kind === 'sink' ? [] : [...r.services])))].sort();
  const alarms = [
    ...presenceAlarms(records),
    ...services.flatMap((service) => ownershipAlarms(service, stages)),
    ...sharedBucketAlarms(sinks),
    ...records.flatMap((r) => memberAlarms(r)),
    ...sources.flatMap(({ status: s }) => (s.alarm ? [`${s.topic} partition ${s.partition}: ${s.alarm}`] : [])),
  ];
  return {
    healthy: alarms.length === 0,
    alarms,
    as_of: formatTime(nowMs),
    lag_records: sum(sources, ({ status }) => status.lagRecords),
    lag_seconds: Math.max(0, ...[...stages, ...sources, ...sinks].map(({ status }) => status.lagSeconds)),
    workers: members.map((member) => workerStatus(member, nowMs)).sort(by((worker) => worker.instance)),
    services: services.map((service) => serviceStatus(service, stages)),
    sources: sources.map(sourceStatus).sort(by((s) => `${s.topic} ${String(s.partition).padStart(6, '0')}`)),
    sinks: sinks.map(sinkStatus).sort(by((s) => `${s.sink} ${s.bucket}`)),
  };
}

function presenceAlarms(records: readonly MemberRecord[]): string[] {
  const alarms: string[] = [];
  if (!records.some(({ kind }) => kind === 'bridge')) alarms.push('No bridge is running: nothing comes in from Kafka');
  if (!records.some(({ kind, services }) => kind !== 'sink' && services.length > 0))
    alarms.push('No worker is running: nothing is computed');
  return alarms;
}

function ownershipAlarms(service: string, stages: readonly Owned<StageStatus>[]): string[] {
  const owners = new Map<string, string[]>();
  for (const { owner, status } of stages)
    if (status.service === service) owners.set(status.partition, [...(owners.get(status.partition) ?? []), owner]);
  const orphans = PARTITIONS.filter((partition) => !owners.has(partition));
  const alarms = [...owners]
    .filter(([, names]) => names.length > 1)
    .map(([partition, names]) => `${service} ${partition} is claimed by ${names.sort().join(' and ')}`);
  if (orphans.length > 0)
    alarms.unshift(`${service} ${orphans.join(', ')} ${orphans.length === 1 ? 'has' : 'have'} no owner`);
  return alarms;
}

function sharedBucketAlarms(sinks: readonly Owned<SinkStatus>[]): string[] {
  const owners = new Map<string, string[]>();
  for (const { owner, status } of sinks) {
    const name = `${status.sink} ${status.bucket}`;
    owners.set(name, [...(owners.get(name) ?? []), owner]);
  }
  const shared = [...owners].filter(([, names]) => names.length > 1);
  return shared.map(([name, names]) => `${name} is claimed by ${names.sort().join(' and ')}`);
}

function memberAlarms(record: MemberRecord): string[] {
  if (record.alarms.length > 0) return record.alarms.map((alarm) => `${record.instance}: ${alarm}`);
  return record.ready ? [] : [`${record.instance}: not ready`];
}

function workerStatus({ record, heartbeatMs }: Member, nowMs: number): MeshStatus['workers'][number] {
  return {
    instance: record.instance,
    kind: record.kind,
    ready: record.ready,
    services: [...record.services],
    partitions: (record.stages ?? []).length + (record.bridge ?? []).length + (record.sinks ?? []).length,
    alarms: [...record.alarms],
    pid: record.pid,
    runtime: record.runtime,
    started_at: record.startedAt,
    health: record.health,
    rss_bytes: record.rssBytes,
    heartbeat_age_seconds: Math.max(0, Math.round((nowMs - heartbeatMs) / 100) / 10),
  };
}

function serviceStatus(service: string, all: readonly Owned<StageStatus>[]): ServiceStatus {
  const stages = all.filter(({ status }) => status.service === service);
  return {
    service,
    ...watermarkText(lowestWatermark(stages.map(({ status }) => status))),
    lag_frames: Math.max(0, ...stages.map(({ status }) => status.lagFrames)), // partitions of a worker share a reader
    lag_seconds: Math.max(0, ...stages.map(({ status }) => status.lagSeconds)),
    events: sum(stages, ({ status }) => (status.partition === ALL ? 0 : status.events)), // `all` counts partials
    late: sum(stages, ({ status }) => status.late),
    partitions: stages.map(partitionStatus).sort(by(({ partition }) => partition)),
  };
}

function partitionStatus({ owner, status }: Owned<StageStatus>): ServiceStatus['partitions'][number] {
  return {
    partition: status.partition,
    owner,
    state: status.state,
    position: status.position,
    ...watermarkText(status.watermark),
    lag_frames: status.lagFrames,
    lag_seconds: status.lagSeconds,
    epoch: status.epoch,
    events: status.events,
    commits: status.commits,
    late: status.late,
    dirty_keys: status.dirtyKeys,
    applied: status.applied,
  };
}

function sourceStatus({ owner, status }: Owned<BridgeStatus>): MeshStatus['sources'][number] {
  return {
    topic: status.topic,
    partition: status.partition,
    owner,
    state: status.state,
    ...(status.offset !== undefined && { offset: status.offset }),
    ...(status.highWatermark !== undefined && { high_watermark: status.highWatermark }),
    ...watermarkText(status.watermark),
    lag_records: status.lagRecords,
    lag_seconds: status.lagSeconds,
    stalled_seconds: status.stalledSeconds,
    idle: status.idle,
    counts: { ...status.counts },
    ...(status.alarm !== undefined && { alarm: status.alarm }),
  };
}

function sinkStatus({ owner, status }: Owned<SinkStatus>): MeshStatus['sinks'][number] {
  return {
    sink: status.sink,
    bucket: status.bucket,
    owner,
    state: status.state,
    position: status.position,
    lag_entries: status.lagEntries,
    lag_seconds: status.lagSeconds,
    waiting: status.waiting,
    written: status.written,
    deleted: status.deleted,
    refused: status.refused,
    retries: status.retries,
    throttled: status.throttled,
    ...(status.alarm !== undefined && { alarm: status.alarm }),
  };
}

/** Absent when any partition has none: then nothing is known to be complete. */
function lowestWatermark(stages: readonly StageStatus[]): number | undefined {
  let lowest: number | undefined;
  for (const { watermark } of stages) {
    if (watermark === undefined) return undefined;
    lowest = lowest === undefined ? watermark : Math.min(lowest, watermark);
  }
  return lowest;
}

function watermarkText(watermark: number | undefined): { watermark?: string } {
  return watermark === undefined || Number.isNaN(new Date(watermark).getTime())
    ? {}
    : { watermark: formatTime(watermark) };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function by<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}
