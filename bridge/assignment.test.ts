import type { Batch } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { Route } from '../shared/config/routes.ts';
import { MemoryLog } from '../shared/log/memory-log.ts';
import { EVENTS, progressSubject } from '../shared/log/names.ts';
import type { MemberRecord } from '../shared/runtime/status.ts';
import { create, START_MS, TEST_ROUTE } from './partition/_test-records.ts';
import { Assignment } from './assignment.ts';
import { ByteBudget } from './partition/byte-budget.ts';
import type { OffsetRange } from './owned-partition.ts';

const { topic } = TEST_ROUTE;
const NEXT_TURN = () => new Promise((resolve) => setTimeout(resolve, 1));

/** A Kafka that does what it is told: `fetch` is where the consumer reads, undefined while paused. */
interface Rig {
  readonly log: MemoryLog;
  readonly assignment: Assignment;
  readonly budget: ByteBudget;
  range: OffsetRange;
  fetch: number | undefined;
  route: Route;
  now: number;
  /** What a running worker reads. */
  reads: NonNullable<MemberRecord['reads']>;
}

function rig(log = new MemoryLog()): Rig {
  const budget = new ByteBudget(1e9);
  const self: Rig = {
    log,
    budget,
    range: { low: 0, high: 1_000 },
    fetch: 0,
    route: TEST_ROUTE,
    now: START_MS,
    reads: [],
    assignment: new Assignment((source, confirmOwner) => ({
      log: log.client(),
      source,
      route: () => self.route,
      budget,
      confirmOwner,
      progressIntervalMs: 0,
      retryMs: 1,
      now: () => self.now,
      members: () => [worker(self.reads)],
      provisionMirror: async () => undefined,
      range: async () => self.range,
      pauseFetch: () => {
        self.fetch = undefined;
      },
      resumeFetch: (from) => {
        self.fetch = from;
      },
    })),
  };
  return self;
}

function worker(reads: Rig['reads']): MemberRecord {
  return {
    instance: 'sales-1',
    kind: 'worker',
    services: ['sales'],
    pid: 1,
    runtime: 'node 24.0.0',
    startedAt: '2026-01-01T00:00:00Z',
    health: 'http://127.0.0.1:1',
    ready: true,
    alarms: [],
    rssBytes: 1,
    reads,
  };
}

/** What kafkajs hands over after a fetch at `from`; `shift`: of a topic with other records. */
function batch(from: number, count: number, high = 1_000, shift = 0): Batch {
  const messages = Array.from({ length: count }, (_, n) => ({
    offset: String(from + n),
    timestamp: String(START_MS),
    key: null,
    value: Buffer.from(JSON.stringify(create(from + n + shift))),
    attributes: 0,
    headers: {},
  }));
  const last = String(from + count - 1);
  return {
    topic,
    partition: 0,
    highWatermark: String(high),
    messages,
    isEmpty: () => false,
    firstOffset: () => String(from),
    lastOffset: () => last,
    offsetLag: () => '0',
    offsetLagLow: () => '0',
    ...{ fetchedOffset: String(from) },
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await NEXT_TURN();
}

describe('an assignment', () => {
  it('is paused when it is made, and fetched from the last record that the log knows', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    expect(one.fetch).toBeUndefined();
    expect(one.assignment.take(batch(0, 5))).toBe(false);
    await until(() => one.fetch !== undefined);
    expect(one.assignment.take(batch(0, 5))).toBe(true);
    await one.assignment.drain();

    const next = rig(one.log);
    next.assignment.join({ [topic]: [0] });
    await until(() => next.fetch !== undefined);
    expect(next.fetch).toBe(4);
    expect(next.assignment.take(batch(4, 3))).toBe(true);
    await next.assignment.drain();
    expect(next.assignment.status()[0]).toMatchObject({ offset: 6, counts: { counted: 7 } });
  });

  it('takes in nothing that was fetched elsewhere, as kafkajs does from the start of a topic made anew (invariant 2)', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    one.assignment.take(batch(0, 5));
    await one.assignment.drain();
    one.fetch = undefined;
    expect(one.assignment.take(batch(0, 90, 1_000, 7))).toBe(false);
    await until(() => one.fetch === 4);
    expect(one.assignment.take(batch(4, 86, 1_000, 7))).toBe(false);
    await until(() => one.assignment.status()[0]?.alarm?.includes('were replaced') === true);
  });

  it('does not take in a topic that has other records than those that were read, however long it is', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    one.assignment.take(batch(0, 5));
    await one.assignment.drain();
    const next = rig(one.log);
    next.assignment.join({ [topic]: [0] });
    await until(() => next.fetch === 4);
    expect(next.assignment.take(batch(4, 90, 1_000, 7))).toBe(false);
    await until(() => next.assignment.status()[0]?.alarm?.includes('were replaced') === true);
    for (const owned of next.assignment.partitions) owned.revive();
    await until(() => next.fetch === 4);
    expect(next.assignment.status()[0]?.alarm).toContain('deleted and made again');
    expect(next.assignment.take(batch(4, 2))).toBe(true); // the record that was read is back
    expect(next.assignment.status()[0]?.alarm).toBeUndefined();
  });

  it('takes in what follows when the last record that was read is gone from Kafka', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    one.assignment.take(batch(0, 5));
    await one.assignment.drain();
    const compacted = rig(one.log);
    compacted.assignment.join({ [topic]: [0] });
    await until(() => compacted.fetch === 4);
    expect(compacted.assignment.take({ ...batch(6, 2), ...{ fetchedOffset: '4' } })).toBe(true);
    const purged = rig(one.log);
    purged.range = { low: 5, high: 1_000 };
    purged.assignment.join({ [topic]: [0] });
    await until(() => purged.fetch === 5);
  });

  it('waits for stages that would pass by a topic of their kind', async () => {
    const one = rig();
    one.reads = [{ kind: 'order', topics: ['orders', 'other.*.orders'] }];
    one.assignment.join({ [topic]: [0] });
    await until(() => one.assignment.status()[0]?.alarm?.includes('"sales-1" would pass by its events') === true);
    expect([one.fetch, one.log.stream(EVENTS).messages.length]).toEqual([undefined, 0]);
    one.reads = [
      { kind: 'order', topics: ['orders', 'dbserver1.*.orders'] },
      { kind: 'maip', topics: ['maip.order.*'] },
    ];
    await until(() => one.fetch === 0);
    expect(one.assignment.status()[0]?.alarm).toBeUndefined();
  });

  it('goes on by a new route behind what was stored by the former one', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    one.assignment.take(batch(0, 5));
    one.route = { ...TEST_ROUTE, earliestTimeMs: START_MS + 365 * 86_400_000 };
    const [owned] = one.assignment.partitions;
    await owned?.reroute();
    await until(() => one.fetch !== undefined);
    expect(one.assignment.status()[0]).toMatchObject({ state: 'running', offset: 4, counts: { counted: 5 } });
    expect(one.assignment.take(batch(4, 3))).toBe(true);
    await one.assignment.drain();
    expect(one.assignment.status()[0]).toMatchObject({
      offset: 6,
      counts: { counted: 5, dead: 2, 'dead.bad-time': 2 },
    });
  });

  it('is stalled only while it has something to do and does not do it', async () => {
    const one = rig();
    const stalled = () => {
      for (const owned of one.assignment.partitions) owned.revive();
      return one.assignment.status()[0]?.stalledSeconds;
    };
    one.range = { low: 0, high: 5 };
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    one.now += 90_000;
    expect(stalled()).toBe(90);
    one.assignment.take(batch(0, 5, 5));
    await until(() => one.assignment.status()[0]?.offset === 4);
    expect(stalled()).toBe(0);
    one.now += 90_000;
    expect(stalled()).toBe(0);
  });

  it('of a new generation begins when the sessions of the old one have ended', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    one.assignment.take(batch(0, 5));
    one.assignment.join({ [topic]: [0] });
    expect(one.fetch).toBeUndefined();
    await until(() => one.fetch !== undefined);
    one.assignment.take(batch(one.fetch ?? 0, 5));
    await one.assignment.drain();
    expect(one.budget.used).toBe(0);
    const frames = one.log.stream(EVENTS).messages.filter(({ subject }) => !subject.includes('.progress.'));
    const lines = frames.flatMap(({ payload }) => new TextDecoder().decode(payload).split('\n'));
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('does not take a batch behind a gap: it looks where Kafka stands, and goes back', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    expect(one.assignment.take(batch(7, 5))).toBe(false);
    expect(one.fetch).toBeUndefined();
    await until(() => one.fetch !== undefined);
    expect(one.fetch).toBe(0);
  });

  it('goes on behind a gap that Kafka itself has, and says how much is missing', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    one.assignment.take(batch(0, 2));
    one.range = { low: 7, high: 1_000 };
    expect(one.assignment.take(batch(7, 5))).toBe(false);
    await until(() => one.fetch === 7);
    expect(one.assignment.take(batch(7, 5))).toBe(true);
    await one.assignment.drain();
    expect(one.assignment.status()[0]).toMatchObject({ offset: 11, counts: { missing: 5, counted: 7 } });
    expect(one.assignment.status()[0]?.alarm).toContain('5 records were gone');
  });

  it('refuses a topic that ends before what was read', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    one.assignment.take(batch(0, 9));
    one.range = { low: 0, high: 3 };
    expect(one.assignment.take(batch(0, 3, 3))).toBe(false);
    await until(() => one.assignment.status()[0]?.alarm?.includes('deleted and made again') === true);
    expect(one.fetch).toBeUndefined();
  });

  it('opens a session again that has ended, and keeps what it ended with as its alarm', async () => {
    const one = rig();
    one.assignment.join({ [topic]: [0] });
    await until(() => one.fetch !== undefined);
    // Another bridge moves the subject on, and the group does not confirm this one.
    const other = rig(one.log);
    other.assignment.join({ [topic]: [0] });
    await until(() => other.fetch !== undefined);
    other.assignment.take(batch(0, 5));
    await other.assignment.drain();
    const [owned] = one.assignment.partitions;
    one.assignment.take(batch(0, 5));
    await NEXT_TURN();
    one.assignment.confirm();
    await until(() => one.assignment.status()[0]?.offset === 4);
    expect(owned?.session?.hasEnded).toBe(false);
    const declared = one.log.stream(EVENTS).messages.filter(({ subject }) => subject === progressSubject(topic, 0));
    expect(declared.filter(({ payload }) => new TextDecoder().decode(payload) === '{}').length).toBe(1);
  });
});
