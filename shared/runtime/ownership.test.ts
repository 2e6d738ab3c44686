import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ALL, PARTITIONS } from '../events/partition.ts';
import { type MemoryClient, MemoryLog } from '../log/memory-log.ts';
import { bucketStream, keySubject, LEASES, MEMBERS } from '../log/names.ts';
import { isDeleteMarker, readEntry } from '../store/entry.ts';
import { WatchedLog } from '../testing/watched-log.ts';
import { memberRecord, TestMember, TIMING } from './_test-member.ts';
import { type OwnedPartition, Ownership, type OwnershipOptions } from './ownership.ts';
import type { RunnerEnd } from './partition-runner.ts';

const clock = { now: 0 };
let memory: MemoryLog;
/** Who runs a partition, over all processes. */
let running: Map<string, string[]>;
let processes: Process[];
let faults: string[];

beforeEach(() => {
  clock.now = 1_000_000;
  memory = new MemoryLog();
  running = new Map();
  processes = [];
  faults = [];
});
afterEach(async () => {
  for (const process of processes) if (process.live) await process.close();
  expect(faults).toEqual([]);
});

/** A runner that only says that it runs. */
class TestPartition implements OwnedPartition {
  readonly end = Promise.withResolvers<RunnerEnd>();
  readonly ended = this.end.promise;
  readonly #process: Process;
  readonly #name: string;

  constructor(process: Process, name: string) {
    this.#process = process;
    this.#name = name;
    void this.ended.then(() => this.#leave());
  }

  async start(): Promise<void> {
    await this.#process.beforeStart(this.#name);
    running.set(this.#name, [...(running.get(this.#name) ?? []), this.#process.name]);
  }

  async stop(): Promise<void> {
    await this.#process.beforeStop(this.#name);
    this.end.resolve({ kind: 'stopped' });
    await this.ended;
  }

  #leave(): void {
    const left = (running.get(this.#name) ?? []).filter((owner) => owner !== this.#process.name);
    running.set(this.#name, left);
  }
}

/** A process of the mesh with one stage. */
class Process {
  readonly name: string;
  readonly log: WatchedLog;
  readonly member: TestMember;
  readonly ownership: Ownership;
  readonly partitions = new Map<string, TestPartition>();
  readonly changes: string[] = [];
  readonly #client: MemoryClient;
  live = false;
  beforeStart: (partition: string) => Promise<void> | void = () => {};
  beforeStop: (partition: string) => Promise<void> | void = () => {};

  constructor(name: string, partitions: OwnershipOptions['partitions'] = 'keyed') {
    this.name = name;
    this.#client = memory.client();
    this.log = new WatchedLog(this.#client);
    this.member = new TestMember(this.log, name, clock);
    this.ownership = new Ownership({
      log: this.log,
      membership: this.member.membership,
      instance: name,
      service: 'sales',
      partitions,
      open: (partition) => {
        const opened = new TestPartition(this, partition);
        this.partitions.set(partition, opened);
        return opened;
      },
      onChange: (partition, what) => this.changes.push(`${partition} ${what}`),
    });
    processes.push(this);
  }

  async start(): Promise<this> {
    await this.member.start(() => this.ownership.round());
    this.live = true;
    return this;
  }

  async close(): Promise<void> {
    this.live = false;
    await this.ownership.close();
    await this.member[Symbol.asyncDispose]();
  }

  /** SIGKILL; its key is there until its TTL is over. */
  kill(): void {
    this.live = false;
    this.#client.kill();
    for (const [partition, owners] of running)
      running.set(
        partition,
        owners.filter((owner) => owner !== this.name),
      );
  }
}

function expire(instance: string): void {
  memory.purge(bucketStream(MEMBERS), keySubject(MEMBERS, instance), Number.MAX_SAFE_INTEGER);
}

/** Heartbeats of all go by until it holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Promise.all(processes.filter(({ live }) => live).map(({ member }) => member.heartbeat()));
}

/** Every partition has one owner, and each of these members has some. */
function isSpreadOver(...names: string[]): boolean {
  const owners = PARTITIONS.map((partition) => running.get(partition) ?? []);
  return owners.every((list) => list.length === 1) && new Set(owners.flat()).size === names.length;
}

function ownerOf(partition: string): string | undefined {
  return running.get(partition)?.[0];
}

function leaseOf(partition: string): Promise<{ owner: string } | undefined> {
  return readEntry(memory.client(), LEASES, `sales.${partition}`);
}

/** Notes a partition that starts while another process runs it, or whose lease goes while it runs. */
function watchForOverlap(process: Process): void {
  process.beforeStart = (partition) => {
    const others = running.get(partition) ?? [];
    if (others.length > 0) faults.push(`${partition} starts at ${process.name}, runs at ${others}`);
  };
  process.log.before = ({ kind, of, options }) => {
    const partition = of.split('.').at(-1) ?? '';
    const releases = kind === 'append' && of.startsWith(keySubject(LEASES, '')) && options?.headers !== undefined;
    if (releases && ownerOf(partition) === process.name) faults.push(`${partition} released while it runs`);
  };
}

describe('1 to 3 to 1 members', () => {
  test('each partition has one owner at the end of each phase, and never two', async () => {
    const a = new Process('a');
    const [b, c] = [new Process('b'), new Process('c')];
    for (const process of processes) watchForOverlap(process);
    await a.start();
    await until(() => isSpreadOver('a'));
    const before = new Map(PARTITIONS.map((partition) => [partition, ownerOf(partition)]));
    expect(new Set(before.values())).toEqual(new Set(['a']));

    await Promise.all([b.start(), c.start()]);
    await until(() => isSpreadOver('a', 'b', 'c'));
    for (const { ownership, name } of processes)
      expect(ownership.heldPartitions).toEqual(PARTITIONS.filter((partition) => ownerOf(partition) === name));

    await Promise.all([b.close(), c.close()]);
    await until(() => isSpreadOver('a'));
    expect(a.ownership.heldPartitions).toEqual([...PARTITIONS]);
  });

  test('what stays where it is goes on undisturbed', async () => {
    const a = await new Process('a').start();
    await until(() => isSpreadOver('a'));
    const b = await new Process('b').start();
    await until(() => isSpreadOver('a', 'b'));
    const kept = a.ownership.heldPartitions;
    await b.close();
    await until(() => isSpreadOver('a'));
    for (const partition of kept)
      expect(a.changes.filter((change) => change.startsWith(partition))).toEqual([
        `${partition} taken`,
        `${partition} running`,
      ]);
  });
});

describe('candidates', () => {
  test('are the live members that can run the service', async () => {
    const other = { ...memberRecord('b'), services: ['rfm'] };
    memory.store(keySubject(MEMBERS, 'b'), JSON.stringify(other), {});
    const a = await new Process('a').start();
    await until(() => isSpreadOver('a'));
    expect(a.member.view).toEqual(['a', 'b']);
  });

  test('share what is named one by one', async () => {
    const buckets = ['anomaly', 'inventory', 'rfm', 'sales', 'segments'];
    const [a, b] = [await new Process('a', buckets).start(), await new Process('b', buckets).start()];
    await until(() => a.ownership.heldPartitions.length > 0 && b.ownership.heldPartitions.length > 0);
    await until(() => buckets.every((bucket) => running.get(bucket)?.length === 1));
    expect([...a.ownership.heldPartitions, ...b.ownership.heldPartitions].sort()).toEqual(buckets);
    expect((await leaseOf('rfm'))?.owner).toBe(ownerOf('rfm'));
  });

  test('that know of each other take each its own, and nothing moves afterwards', async () => {
    for (const name of ['a', 'b']) memory.store(keySubject(MEMBERS, name), JSON.stringify(memberRecord(name)), {});
    const [a, b] = [await new Process('a').start(), await new Process('b').start()];
    await until(() => isSpreadOver('a', 'b'));
    await Promise.all([a.member.heartbeat(), b.member.heartbeat()]);
    expect(a.changes.length + b.changes.length).toBe(2 * PARTITIONS.length);
  });
});

describe('moving a partition', () => {
  test('it is drained before its lease is released, and taken only then', async () => {
    const a = await new Process('a').start();
    await until(() => isSpreadOver('a'));
    const drained = Promise.withResolvers<void>();
    a.beforeStop = () => drained.promise;
    const b = await new Process('b').start();
    watchForOverlap(b);
    await b.member.heartbeat();
    await b.member.heartbeat();
    expect(b.ownership.heldPartitions).toEqual([]);
    expect(isSpreadOver('a')).toBe(true);
    drained.resolve();
    await until(() => isSpreadOver('a', 'b'));
  });

  test('its lease is left alone when somebody else took it meanwhile', async () => {
    const a = await new Process('a', 'all').start();
    await until(() => ownerOf(ALL) === 'a');
    a.beforeStop = () => {
      memory.store(keySubject(LEASES, `sales.${ALL}`), JSON.stringify({ owner: 'other' }), {});
    };
    await a.close();
    expect(await leaseOf(ALL)).toEqual({ owner: 'other' });
  });

  test('a released lease is a marker without an owner', async () => {
    const a = await new Process('a').start();
    await until(() => isSpreadOver('a'));
    expect(await leaseOf('p03')).toMatchObject({ owner: 'a' });
    await a.close();
    const lease = await memory.client().last(bucketStream(LEASES), keySubject(LEASES, 'sales.p03'));
    expect(lease && isDeleteMarker(lease)).toBe(true);
    expect(a.changes.filter((change) => change.startsWith('p03'))).toEqual([
      'p03 taken',
      'p03 running',
      'p03 released',
    ]);
  });
});

describe('a dead owner', () => {
  test('keeps its partitions while it may live, then they are taken', async () => {
    const [a, b] = [await new Process('a').start(), await new Process('b').start()];
    await until(() => isSpreadOver('a', 'b'));
    const orphans = b.ownership.heldPartitions;
    b.kill();
    await a.member.heartbeat();
    expect(a.ownership.heldPartitions).not.toContain(orphans[0]);
    expect(await leaseOf(orphans[0] ?? '')).toMatchObject({ owner: 'b' });
    expire('b');
    clock.now += TIMING.missingMs + 1;
    await until(() => isSpreadOver('a'));
    for (const partition of orphans) expect(await leaseOf(partition)).toMatchObject({ owner: 'a' });
  });

  test('of the same name as a living one is the same owner: a restarted process takes its own leases', async () => {
    const former = await new Process('a').start();
    await until(() => isSpreadOver('a'));
    former.kill();
    await new Process('a').start();
    await until(() => isSpreadOver('a'));
  });
});

describe('a partition that is lost', () => {
  test('to another lease is dropped at once', async () => {
    const a = await new Process('a', 'all').start();
    await until(() => ownerOf(ALL) === 'a');
    memory.store(keySubject(LEASES, `sales.${ALL}`), JSON.stringify({ owner: 'other' }), {});
    memory.store(keySubject(MEMBERS, 'other'), JSON.stringify({ instance: 'other', services: [] }), {});
    await until(() => a.ownership.heldPartitions.length === 0);
    expect(ownerOf(ALL)).toBeUndefined();
    expect(await leaseOf(ALL)).toEqual({ owner: 'other' });
  });

  test('by a fence is let go and taken again at the next round', async () => {
    const a = await new Process('a', 'all').start();
    await until(() => ownerOf(ALL) === 'a');
    a.partitions.get(ALL)?.end.resolve({ kind: 'fenced' });
    await until(() => a.changes.length >= 5);
    expect(a.changes).toEqual(['all taken', 'all running', 'all lost', 'all taken', 'all running']);
  });

  test('by a fault is reported and taken again', async () => {
    const a = await new Process('a', 'all').start();
    await until(() => ownerOf(ALL) === 'a');
    a.partitions.get(ALL)?.end.resolve({ kind: 'failed', error: new Error('fold') });
    await until(() => a.changes.length >= 5);
    expect(a.changes).toEqual(['all taken', 'all running', 'all failed', 'all taken', 'all running']);
  });

  test('in its start is tried again', async () => {
    const a = new Process('a', 'all');
    let attempts = 0;
    a.beforeStart = () => {
      if (++attempts === 1) throw new Error('no state');
    };
    await a.start();
    await until(() => ownerOf(ALL) === 'a');
    expect(a.changes).toEqual(['all taken', 'all failed', 'all taken', 'all running']);
  });
});

describe('taking', () => {
  test('is won by one when several want it, by compare-and-set', async () => {
    memory.store(keySubject(MEMBERS, 'b'), JSON.stringify({ ...memberRecord('b'), services: [] }), {});
    const a = new Process('a', 'all');
    let first = true;
    a.log.before = ({ kind, of }) => {
      if (kind !== 'append' || !of.startsWith(keySubject(LEASES, '')) || !first) return;
      first = false;
      memory.store(of, JSON.stringify({ owner: 'b' }), {});
    };
    await a.start();
    await until(() => !first);
    await a.member.heartbeat();
    expect([a.changes, a.ownership.heldPartitions]).toEqual([[], []]);
    expect(await leaseOf(ALL)).toEqual({ owner: 'b' });
  });

  test('nothing moves while the log is away', async () => {
    const [a, b] = [await new Process('a').start(), await new Process('b').start()];
    await until(() => isSpreadOver('a', 'b'));
    const before = a.ownership.heldPartitions;
    a.log.away = true;
    clock.now += 60_000;
    await a.member.heartbeat();
    expect(a.ownership.heldPartitions).toEqual(before);
    a.log.away = false;
    await b.member.heartbeat();
  });

  test('is not begun by one that closes, and a start under way is undone', async () => {
    const a = new Process('a', 'all');
    const started = Promise.withResolvers<void>();
    const starting = Promise.withResolvers<void>();
    a.beforeStart = () => {
      starting.resolve();
      return started.promise;
    };
    await a.start();
    await starting.promise;
    const closing = a.close();
    await new Promise((resolve) => setImmediate(resolve)); // all that can happen before the start is through
    started.resolve();
    await closing;
    expect(ownerOf(ALL)).toBeUndefined();
    expect(await leaseOf(ALL)).toBeUndefined();
  });
});
