import { describe, expect, it } from 'vitest';
import { PARTITIONS } from '../../../shared/events/partition.ts';
import type { MemberRecord, StageStatus } from '../../../shared/runtime/status.ts';
import { bridgeStatus, member, NOON, stageStatus } from '../_fixture.ts';
import { type Member, meshStatus } from './mesh-status.ts';

function stages(service: string, partitions: readonly string[], over: Partial<StageStatus> = {}): StageStatus[] {
  return partitions.map((partition) => stageStatus(service, partition, over));
}

const bridge = member('bridge-1', { kind: 'bridge', bridge: [bridgeStatus()] });
const sales = member('sales-1', { services: ['sales'], stages: stages('sales', PARTITIONS) });

function status(...records: MemberRecord[]) {
  return meshStatus(
    records.map((record): Member => ({ record, heartbeatMs: NOON - 1_250 })),
    NOON,
  );
}

describe('meshStatus', () => {
  it('is healthy exactly when there is no alarm (invariant 1)', () => {
    expect(status(bridge, sales)).toMatchObject({ healthy: true, alarms: [], lag_records: 10, lag_seconds: 1.5 });
    expect(status()).toMatchObject({
      healthy: false,
      alarms: [expect.stringContaining('No bridge'), expect.stringContaining('No worker')],
      lag_seconds: 0,
    });
  });

  it('names partitions without an owner, and those with two (invariant 2)', () => {
    const first = member('sales-1', { services: ['sales'], stages: stages('sales', PARTITIONS.slice(0, 15)) });
    const second = member('sales-2', { services: ['sales'], stages: stages('sales', ['p03', 'all']) });
    expect(status(bridge, first).alarms).toEqual(['sales p15 has no owner']);
    expect(status(bridge, second, sales).alarms).toEqual(['sales p03 is claimed by sales-1 and sales-2']);
    expect(status(bridge, member('sales-1', { services: ['sales'] })).alarms[0]).toMatch(
      /^sales p00, .*p15 have no owner$/,
    );
  });

  it('repeats the alarms of members, bridges, and who is not ready without saying why (invariant 3)', () => {
    const rfm = member('rfm-1', {
      services: ['rfm'],
      stages: stages('rfm', PARTITIONS),
      alarms: ['gap'],
      ready: false,
    });
    const sick = member('bridge-1', { kind: 'bridge', bridge: [bridgeStatus({ alarm: 'offsets 5-9 are gone' })] });
    expect(status(sick, sales, rfm, member('gateway-1', { kind: 'gateway', ready: false })).alarms).toEqual([
      'rfm-1: gap',
      'gateway-1: not ready',
      'dbserver1.public.orders partition 0: offsets 5-9 are gone',
    ]);
  });

  it('tells of sinks: a bucket each, none of them a service that lacks partitions (invariant 4)', () => {
    const bucket = { sink: 'sink-postgres', bucket: 'rfm', state: 'running' as const, position: 12 };
    const counts = { waiting: 3, written: 20, deleted: 1, refused: 0, retries: 4, throttled: 0 };
    const one = { ...bucket, ...counts, lagEntries: 5, lagSeconds: 44, alarm: 'stalled for 44 s: away' };
    const sink = (instance: string) => member(instance, { kind: 'sink', services: ['sink-postgres'], sinks: [one] });
    const mesh = status(bridge, sales, sink('sink-postgres-1'));
    expect(mesh).toMatchObject({ healthy: true, lag_seconds: 44 });
    expect(mesh.services.map(({ service }) => service)).toEqual(['sales']);
    const { lagEntries: lag_entries, lagSeconds: lag_seconds, ...rest } = one;
    expect(mesh.sinks).toEqual([{ ...rest, owner: 'sink-postgres-1', lag_entries, lag_seconds }]);
    expect(mesh.workers.find(({ kind }) => kind === 'sink')?.partitions).toBe(1);
    expect(status(bridge, sales, sink('b'), sink('a')).alarms).toEqual(['sink-postgres rfm is claimed by a and b']);
    expect(status(bridge, sink('a')).alarms).toContain('No worker is running: nothing is computed');
  });

  it('sums a service up: the lowest watermark, the largest lag, events without those counted twice', () => {
    const slow = stageStatus('sales', 'p00', { watermark: NOON - 60_000, lagSeconds: 9, lagFrames: 4, late: 2 });
    const rest = stages('sales', [...PARTITIONS.slice(1), 'all']);
    const [service] = status(bridge, member('sales-1', { services: ['sales'], stages: [slow, ...rest] })).services;
    expect(service).toMatchObject({
      watermark: '2024-06-01T11:59:00Z',
      lag_frames: 4,
      lag_seconds: 9,
      events: 160,
      late: 2,
    });
    expect(service?.partitions.map(({ partition }) => partition)).toEqual(['all', ...PARTITIONS]);
  });

  it('has no watermark of a service while one partition has none', () => {
    const { watermark: _, ...unknown } = stageStatus('sales', 'p00');
    const some = member('sales-1', { services: ['sales'], stages: [unknown, ...stages('sales', PARTITIONS.slice(1))] });
    expect(status(bridge, some).services[0]?.watermark).toBeUndefined();
    expect(status(bridge, some).services[0]?.partitions[1]?.watermark).toBe('2024-06-01T12:00:00Z');
  });

  it('shows no time that is none', () => {
    const odd = member('b', { kind: 'bridge', bridge: [bridgeStatus({ watermark: Number.MIN_SAFE_INTEGER })] });
    expect(status(odd).sources[0]?.watermark).toBeUndefined();
  });

  it('says how old the heartbeats are', () => {
    expect(status(sales).workers[0]).toMatchObject({ instance: 'sales-1', partitions: 16, heartbeat_age_seconds: 1.3 });
  });
});
