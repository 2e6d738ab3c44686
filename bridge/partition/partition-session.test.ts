import { describe, expect, it } from 'vitest';
import { PARTITIONS } from '../../shared/events/partition.ts';
import type { Progress } from '../../shared/log/frame.ts';
import { type Fault, type FaultInjector, MemoryLog } from '../../shared/log/memory-log.ts';
import { bucketStream, DLQ, dataSubject, EVENTS, keySubject, MESH, progressSubject } from '../../shared/log/names.ts';
import { create, history, record, START_MS, TEST_ROUTE } from './_test-records.ts';
import { ByteBudget } from './byte-budget.ts';
import { DEAD_LETTER_HEADERS } from '../../shared/dead-letters/letter-headers.ts';
import { PartitionSession, type SessionOptions } from './partition-session.ts';
import { fallbackKey } from './position.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';

const SOURCE = { topic: TEST_ROUTE.topic, partition: 2 };
const NEVER = new AbortController().signal;
const decoder = new TextDecoder();

interface Rig {
  readonly log: MemoryLog;
  readonly budget: ByteBudget;
  open(faults?: FaultInjector, changes?: Partial<SessionOptions>): Promise<PartitionSession>;
}

function rig(log = new MemoryLog()): Rig {
  const budget = new ByteBudget(1024 * 1024);
  const open = (faults?: FaultInjector, changes: Partial<SessionOptions> = {}) =>
    PartitionSession.open({ ...options(log, budget), log: log.client(faults), ...changes }, NEVER);
  return { log, budget, open };
}

function options(log: MemoryLog, budget: ByteBudget): SessionOptions {
  return {
    log: log.client(),
    source: SOURCE,
    route: TEST_ROUTE,
    budget,
    confirmOwner: async () => true,
    provisionMirror: async () => undefined,
    progressIntervalMs: 0,
    now: () => START_MS + 3_600_000,
  };
}

/** Hands over what the session wants, in batches. */
function feed(session: PartitionSession, records: readonly KafkaRecord[], batchSize: number): void {
  const wanted = records.filter(({ offset }) => offset >= session.next);
  for (let at = 0; at < wanted.length; at += batchSize) {
    const batch = wanted.slice(at, at + batchSize);
    session.accept(batch, batch.at(-1)?.offset ?? 0);
  }
}

interface Content {
  readonly lines: Record<string, string[]>;
  readonly dead: string[];
  readonly progress: Progress | undefined;
}

/** What the log holds, without sequences and without how it was cut into frames. */
function contentOf(log: MemoryLog): Content {
  const lines: Record<string, string[]> = {};
  for (const partition of PARTITIONS) {
    const subject = dataSubject(SOURCE.topic, partition, SOURCE.partition);
    const frames = log.stream(EVENTS).messages.filter((message) => message.subject === subject);
    const held = frames.flatMap(({ payload }) => decoder.decode(payload).split('\n'));
    if (held.length > 0) lines[subject] = held;
  }
  const dead = log.stream(DLQ).messages.map((message) => message.header(DEAD_LETTER_HEADERS.offset) ?? '');
  const last = progressFrames(log).at(-1);
  const { dlq: _, ...progress } = last ?? {};
  return { lines, dead: dead.sort(), progress: last && progress };
}

function progressFrames(log: MemoryLog): Progress[] {
  const subject = progressSubject(SOURCE.topic, SOURCE.partition);
  const frames = log.stream(EVENTS).messages.filter((message) => message.subject === subject);
  return frames.map(({ payload }) => JSON.parse(decoder.decode(payload)) as Progress);
}

async function straight(records: readonly KafkaRecord[]): Promise<{ content: Content; appends: number }> {
  const { log, open } = rig();
  const session = await open();
  feed(session, records, 7);
  await session.drain();
  return { content: contentOf(log), appends: log.appends };
}

const RECORDS = history(60);

describe('a straight run', () => {
  it('declares the partition first, then data, then progress up to the last record', async () => {
    const { log, open } = rig();
    const session = await open();
    expect(progressFrames(log)).toEqual([{}]);
    feed(session, RECORDS, 60);
    await session.drain();
    const { lines, dead, progress } = contentOf(log);
    expect(Object.values(lines).flat().length).toBe(progress?.counts?.events);
    expect(dead).toEqual(['10', '21', '32', '43', '54'].sort());
    expect(progress).toMatchObject({ offset: 59, watermark: START_MS + 59 * 10 - 5_001 });
    expect(progress?.counts).toMatchObject({ dead: 5 });
  });

  it('keeps all that a dead letter was', async () => {
    const { log, open } = rig();
    const session = await open();
    feed(session, [record(0, 'no JSON')], 1);
    await session.drain();
    const [letter] = log.stream(DLQ).messages;
    expect(letter?.subject).toBe('dlq.dbserver1.public.orders.malformed');
    expect(decoder.decode(letter?.payload)).toBe('no JSON');
    const { topic, partition, offset, timestamp, key, reason } = DEAD_LETTER_HEADERS;
    expect([topic, partition, offset, timestamp].map((name) => letter?.header(name))).toEqual([
      SOURCE.topic,
      '2',
      '0',
      String(START_MS),
    ]);
    expect(Buffer.from(letter?.header(key) ?? '', 'base64').toString()).toBe('{"order_id":0}');
    expect(letter?.header(reason)).toMatch(/^Cannot parse "\\"no JSON\\"|^Cannot parse "no JSON"/);
  });

  it('gives back every byte of the budget', async () => {
    const { budget, open } = rig();
    const session = await open();
    feed(session, RECORDS, 7);
    expect(budget.used).toBeGreaterThan(0);
    await session.drain();
    expect(budget.used).toBe(0);
  });
});

describe('a crash (invariant 2)', () => {
  for (const kind of ['before', 'after'] as const)
    it(`${kind} any append leaves, when resumed, what a straight run leaves`, async () => {
      const { content, appends } = await straight(RECORDS);
      for (let crashAt = 1; crashAt <= appends; crashAt++) {
        const { log, open } = rig();
        await runUntilKilled(log, crashAt, kind);
        const session = await open();
        feed(session, RECORDS, 5);
        await session.drain();
        expect(contentOf(log), `crash ${kind} append ${crashAt}`).toEqual(content);
      }
    });
});

/** A process that dies at its n-th append, before it is stored or after. */
async function runUntilKilled(log: MemoryLog, crashAt: number, kind: 'before' | 'after'): Promise<void> {
  let appends = 0;
  const { promise: killed, resolve } = Promise.withResolvers<void>();
  const client = log.client((): Fault | undefined => {
    if (++appends !== crashAt) return undefined;
    client.kill();
    resolve();
    return kind === 'before' ? 'lost' : undefined;
  });
  const run = async () => {
    const session = await PartitionSession.open({ ...options(log, new ByteBudget(1e9)), log: client }, NEVER);
    feed(session, RECORDS, 7);
    await session.drain();
  };
  await Promise.race([run(), killed]);
}

describe('faults', () => {
  for (const fault of ['lost', 'unacked'] as const)
    it(`every append ${fault} once changes nothing, and needs no word of the Kafka group`, async () => {
      const { content } = await straight(RECORDS);
      const { log, open } = rig();
      let calls = 0;
      const session = await open(() => (calls++ % 2 === 0 ? fault : undefined), { confirmOwner: async () => false });
      feed(session, RECORDS, 20);
      await session.drain();
      expect(contentOf(log)).toEqual(content);
    });

  it('two owners of a partition bring every event once, whichever writes', async () => {
    const { content } = await straight(RECORDS);
    const { log, open } = rig();
    const [one, other] = [await open(), await open()];
    for (let at = 0; at < RECORDS.length; at += 6)
      for (const session of [one, other]) session.accept(RECORDS.slice(at, at + 6), Math.min(at + 5, 59));
    await Promise.all([one.drain(), other.drain()]);
    expect(contentOf(log).lines).toEqual(content.lines);
    expect(contentOf(log).progress).toEqual(content.progress);
  });

  it('the one that is not confirmed as owner stops at the first conflict', async () => {
    const { budget, open } = rig();
    const zombie = await open(undefined, { confirmOwner: async () => false });
    const owner = await open();
    feed(owner, RECORDS, 7);
    await owner.drain();
    feed(zombie, RECORDS, 7);
    await zombie.drain();
    expect(zombie.hasEnded).toBe(true);
    expect(zombie.problem?.message).toContain('another bridge owns the partition');
    expect(budget.used).toBe(0);
  });

  it('says what is wrong while the log is away, and goes on when it is back', async () => {
    const { log, open } = rig();
    let isAway = false;
    const session = await open(() => (isAway ? 'lost' : undefined));
    isAway = true;
    feed(session, RECORDS.slice(0, 3), 3);
    while (!session.problem) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(session.settled.offset).toBeUndefined();
    isAway = false;
    await session.drain();
    expect(session.problem).toBeUndefined();
    expect(contentOf(log).progress?.offset).toBe(2);
  });
});

describe('positions', () => {
  it('goes on from the copy when retention has emptied the log', async () => {
    const { log, open } = rig();
    const first = await open();
    feed(first, RECORDS.slice(0, 30), 7);
    await first.drain();
    await first.copyProgress();
    const { settled } = first;
    expect(log.stream(bucketStream(MESH)).lastBySubject.has(keySubject(MESH, fallbackKey(SOURCE)))).toBe(true);
    for (const { subject } of [...log.stream(EVENTS).messages]) log.purge(EVENTS, subject, Number.MAX_SAFE_INTEGER);
    const second = await open();
    expect(second.next).toBe(30);
    feed(second, RECORDS, 7);
    await second.drain();
    expect(second.settled.counts).toMatchObject({ dead: 5 });
    expect(second.settled.watermark).toBeGreaterThan(settled.watermark ?? 0);
  });

  it('a progress frame never speaks of records that are decoded but not stored', async () => {
    const { log, open } = rig();
    let held = true;
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    const client = log.client();
    const append = client.append.bind(client);
    client.append = async (subject, payload, appendOptions) => {
      if (held && subject.includes('.p') && !subject.includes('.progress.')) await gate;
      return append(subject, payload, appendOptions);
    };
    const session = await open(undefined, { log: client });
    session.accept([record(0, create(0)), record(1, create(1))], 1);
    session.accept([record(2, null)], 2); // nothing of it goes anywhere, but it must not overtake
    session.markIdle();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(progressFrames(log)).toEqual([{}]);
    held = false;
    release();
    await session.drain();
    expect(progressFrames(log).at(-1)).toMatchObject({ offset: 2, counts: { counted: 2, tombstone: 1 } });
  });

  it('takes in a record once that Kafka gives twice', async () => {
    const { log, open } = rig();
    const session = await open();
    session.accept([record(0, create(0)), record(1, create(1))], 1);
    session.accept([record(0, create(0)), record(1, create(1)), record(2, create(2))], 2);
    await session.drain();
    expect(session.settled.counts).toEqual({ counted: 3, events: 3 });
    expect(Object.values(contentOf(log).lines).flat().length).toBe(3);
  });

  it('goes past offsets that Kafka has no record for', async () => {
    const { open } = rig();
    const session = await open();
    session.accept([record(3, create(3))], 9); // compacted before, control records behind
    session.skipTo(15);
    session.skipTo(20, 5);
    await session.drain();
    expect([session.next, session.settled.offset, session.settled.counts?.missing]).toEqual([20, 19, 5]);
  });
});

describe('idleness', () => {
  const now = START_MS + 3_600_000;

  it('advance: the watermark follows the wall clock, and never falls behind again', async () => {
    const { log, open } = rig();
    const session = await open();
    session.markIdle();
    await session.drain();
    expect(progressFrames(log).at(-1)).toEqual({ watermark: now - 5_000, kind: 'order', counts: {} });
    session.accept([record(0, create(0))], 0);
    await session.drain();
    expect(progressFrames(log).at(-1)).toMatchObject({ offset: 0, watermark: now - 5_000 });
  });

  it('hold: it leaves the minimum, and is back before its next data', async () => {
    const { log, open } = rig();
    const route = { ...TEST_ROUTE, idle: { policy: 'hold', afterMs: 1 } } as const;
    const slow = log.client(); // whose progress frames take longer than data
    const append = slow.append.bind(slow);
    slow.append = async (subject, payload, appendOptions) => {
      if (subject.includes('.progress.')) await new Promise((resolve) => setTimeout(resolve, 1));
      return append(subject, payload, appendOptions);
    };
    const session = await open(undefined, { route, log: slow });
    session.accept([record(0, create(0))], 0);
    await session.drain();
    session.markIdle();
    await session.drain();
    expect(progressFrames(log).at(-1)).toMatchObject({ offset: 0, idle: true, watermark: START_MS - 5_001 });
    session.accept([record(1, create(1))], 1);
    await session.drain();
    const tail = log.stream(EVENTS).messages.slice(-3);
    expect(tail.map(({ subject }) => subject.includes('.progress.'))).toEqual([true, false, true]);
    expect(progressFrames(log).map(({ idle }) => idle === true)).toEqual([false, false, true, false, false]);
  });
});
