import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fault, type FaultInjector, MemoryLog } from '../../shared/log/memory-log.ts';
import { DLQ, mirrorSubject, streamOf } from '../../shared/log/names.ts';
import { ByteBudget } from '../partition/byte-budget.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { markOf } from '../record/record-mark.ts';
import {
  contentOf,
  expectedContent,
  isLetter,
  MAX_RECORD_BYTES,
  messagesOf,
  rawHistory,
  rawRecord,
  SOURCE,
} from './_test-records.ts';
import { type MirrorOptions, MirrorSession } from './mirror-session.ts';

const SUBJECT = mirrorSubject(SOURCE.topic, SOURCE.partition);
const NEVER = new AbortController().signal;
const RECORDS = rawHistory(60);

interface Rig {
  readonly log: MemoryLog;
  readonly budget: ByteBudget;
  open(faults?: FaultInjector, changes?: Partial<MirrorOptions>): Promise<MirrorSession>;
}

function rig(log = new MemoryLog()): Rig {
  const budget = new ByteBudget(1024 * 1024);
  const open = (faults?: FaultInjector, changes: Partial<MirrorOptions> = {}) =>
    MirrorSession.open({ ...options(log, budget), log: log.client(faults), ...changes }, NEVER);
  return { log, budget, open };
}

function options(log: MemoryLog, budget: ByteBudget): MirrorOptions {
  return {
    log: log.client(),
    source: SOURCE,
    budget,
    maxRecordBytes: MAX_RECORD_BYTES,
    confirmOwner: async () => true,
    ensureStream: async () => {},
  };
}

/** Hands over what the session wants, in batches. */
function feed(session: MirrorSession, records: readonly KafkaRecord[], batchSize: number): void {
  const wanted = records.filter(({ offset }) => offset >= session.next);
  for (let at = 0; at < wanted.length; at += batchSize) {
    const batch = wanted.slice(at, at + batchSize);
    session.accept(batch, batch.at(-1)?.offset ?? 0);
  }
}

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
    const session = await MirrorSession.open({ ...options(log, new ByteBudget(1e9)), log: client }, NEVER);
    feed(session, RECORDS, 7);
    await session.drain();
  };
  await Promise.race([run(), killed]);
}

describe('a straight run', () => {
  it('mirrors every record in order, and buries what is too large', async () => {
    const { log, budget, open } = rig();
    const session = await open();
    feed(session, RECORDS, 7);
    expect(budget.used).toBeGreaterThan(0);
    await session.drain();
    expect(contentOf(log)).toEqual(expectedContent(RECORDS));
    const { dead } = expectedContent(RECORDS);
    const tombstones = RECORDS.filter(({ value }) => value === null).length;
    expect(session.settled).toMatchObject({
      offset: 59,
      counts: { mirrored: RECORDS.length - tombstones - dead.length, tombstone: tombstones, dead: dead.length },
    });
    expect(budget.used).toBe(0);
    expect(log.stream(DLQ).messages.map(({ subject }) => subject)).toEqual(dead.map(() => 'dlq.shop.raw.too-large'));
  });

  it('sends many records with one ack, and the next ones before it', async () => {
    const { log, open } = rig();
    const client = log.client();
    const chains: number[] = [];
    const sent = client.appendChain.bind(client);
    let [underWay, most] = [0, 0];
    client.appendChain = async (subject, after, messages) => {
      chains.push(messages.length);
      most = Math.max(most, ++underWay);
      const appended = await sent(subject, after, messages);
      underWay--;
      return appended;
    };
    const session = await open(undefined, { log: client });
    const records = Array.from({ length: 3_000 }, (_, n) => ({ ...rawRecord(0), offset: n }));
    feed(session, records, 3_000);
    await session.drain();
    expect(chains).toEqual([500, 500, 500, 500, 500, 500]);
    expect(most).toBe(4);
    expect(contentOf(log)).toEqual(expectedContent(records));
  });

  it('buries a record whose key and headers are more than NATS takes', async () => {
    const { log, open } = rig();
    const session = await open();
    const records = [rawRecord(0), { ...rawRecord(1), key: Buffer.alloc(61_000, 'k') }, rawRecord(2)];
    feed(session, records, 3);
    await session.drain();
    expect(contentOf(log)).toMatchObject({
      dead: [1],
      records: [expect.stringMatching(/^0 /), expect.stringMatching(/^2 /)],
    });
    expect(log.stream(DLQ).messages[0]?.header('Mesh-Reason')).toMatch(
      /^Cannot mirror a value of 2 bytes with 61\d{3} bytes of key/,
    );
  });
});

describe('a crash (invariant 2)', () => {
  for (const kind of ['before', 'after'] as const)
    it(`${kind} any message leaves, when resumed, what a straight run leaves`, async () => {
      for (let crashAt = 1; crashAt <= RECORDS.length; crashAt++) {
        const { log, open } = rig();
        await runUntilKilled(log, crashAt, kind);
        const session = await open();
        feed(session, RECORDS, 5);
        await session.drain();
        expect(contentOf(log), `crash ${kind} append ${crashAt}`).toEqual(expectedContent(RECORDS));
      }
    });
});

describe('faults', () => {
  for (const fault of ['lost', 'unacked'] as const)
    it(`every other append ${fault} changes nothing`, async () => {
      const { log, open } = rig();
      let calls = 0;
      const session = await open(() => (calls++ % 2 === 0 ? fault : undefined));
      feed(session, RECORDS.slice(0, 20), 5);
      await session.drain();
      expect(contentOf(log)).toEqual(expectedContent(RECORDS.slice(0, 20)));
    });

  it('a lost ack needs no word of the Kafka group', async () => {
    const { log, open } = rig();
    let isFirst = true;
    const faults = (): Fault | undefined => {
      const fault = isFirst ? 'unacked' : undefined;
      isFirst = false;
      return fault;
    };
    const session = await open(faults, { confirmOwner: async () => false });
    feed(session, [rawRecord(0), rawRecord(1)], 1);
    await session.drain();
    expect(contentOf(log)).toEqual(expectedContent([rawRecord(0), rawRecord(1)]));
  });

  it('the one that is not confirmed as owner stops at the first conflict, and stores nothing', async () => {
    const { log, budget, open } = rig();
    const zombie = await open(undefined, { confirmOwner: async () => false });
    const owner = await open();
    feed(owner, RECORDS.slice(0, 40), 7);
    await owner.drain();
    feed(zombie, RECORDS, 7);
    await zombie.drain();
    expect(zombie.hasEnded).toBe(true);
    expect(zombie.problem?.message).toContain('another bridge owns the partition');
    expect(budget.used).toBe(0);
    expect(contentOf(log)).toEqual(expectedContent(RECORDS.slice(0, 40)));
  });

  it('says what is wrong while the log is away, and goes on when it is back', async () => {
    const { log, open } = rig();
    let isAway = true;
    const session = await open(() => (isAway ? 'lost' : undefined));
    feed(session, RECORDS.slice(0, 3), 3);
    while (!session.problem) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(session.settled.offset).toBeUndefined();
    isAway = false;
    await session.drain();
    expect(session.problem).toBeUndefined();
    expect(contentOf(log)).toEqual(expectedContent(RECORDS.slice(0, 3)));
  });

  it('a DLQ that is away holds everything behind its record back', async () => {
    const { log, open } = rig();
    let isAway = true;
    const session = await open((subject) => (isAway && subject.startsWith('dlq.') ? 'lost' : undefined));
    feed(session, RECORDS.slice(0, 10), 10);
    while (!session.problem) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(contentOf(log)).toEqual(expectedContent(RECORDS.slice(0, 5)));
    expect(session.settled.offset).toBe(4);
    isAway = false;
    await session.drain();
    expect(contentOf(log)).toEqual(expectedContent(RECORDS.slice(0, 10)));
  });

  it('the mirror holds each record once and in order, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async (run) => {
        const log = new MemoryLog();
        const sessions: MirrorSession[] = [];
        for (const life of run) sessions.push(await live(log, life));
        await turns(run.length);
        const last = await rig(log).open();
        feed(last, RECORDS, 9);
        await last.drain();
        expect(last.problem).toBeUndefined();
        expect(withoutDoubles(contentOf(log))).toEqual(expectedContent(RECORDS));
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

/** One owner's life: how it cuts batches, what its appends meet, when it is killed, how long it runs before the next. */
interface Life {
  readonly batchSize: number;
  readonly faults: readonly (Fault | undefined)[];
  readonly killAt: number | undefined;
  readonly turns: number;
}

const lives: fc.Arbitrary<Life[]> = fc.array(
  fc.record({
    batchSize: fc.integer({ min: 1, max: 20 }),
    faults: fc.array(fc.constantFrom(undefined, undefined, undefined, 'lost' as const, 'unacked' as const), {
      maxLength: 30,
    }),
    killAt: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    turns: fc.integer({ min: 0, max: 80 }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Begins while those before are still at it: they are former owners who do not know. */
async function live(log: MemoryLog, { batchSize, faults, killAt, turns: count }: Life): Promise<MirrorSession> {
  let appends = 0;
  const client = log.client((): Fault | undefined => {
    if (++appends === killAt) {
      client.kill();
      return 'lost';
    }
    return faults[appends];
  });
  const session = await MirrorSession.open({ ...options(log, new ByteBudget(1e9)), log: client }, NEVER);
  feed(session, RECORDS, batchSize);
  await turns(count);
  return session;
}

/** Two owners that bury one record at the same moment are told apart by the message id only (dead-letters.ts). */
function withoutDoubles({ records, dead }: ReturnType<typeof contentOf>) {
  return { records, dead: [...new Set(dead)].sort((a, b) => a - b) };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

describe('two owners', () => {
  it('that saw different records, because Kafka compacted in between, leave no double', async () => {
    for (let pauseAt = 1; pauseAt < 20; pauseAt++) {
      const { log, open } = rig();
      let [appends, isFrozen] = [0, false];
      const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
      const frozen = log.client();
      const appendChain = frozen.appendChain.bind(frozen);
      // Its messages are on the wire; a part arrives before the freeze, the rest after the takeover.
      frozen.appendChain = async (subject, after, messages) => {
        const before = Math.max(0, Math.min(messages.length, pauseAt - appends));
        appends += messages.length;
        if (before > 0) await appendChain(subject, after, messages.slice(0, before));
        isFrozen = before < messages.length;
        if (!isFrozen) return { kind: 'conflict' };
        await thawed;
        const behind = before === 0 ? after : ({ kind: 'id', id: messages[before - 1]?.id ?? '' } as const);
        return appendChain(subject, behind, messages.slice(before));
      };
      const former = await open(undefined, { log: frozen, confirmOwner: async () => false });
      const dense = rawHistory(30).filter((record) => !isLetter(record));
      feed(former, dense, 30);
      while (!isFrozen) await Promise.resolve();
      const compacted = dense.filter(({ offset }) => offset % 3 !== 0 || offset === 29);
      const owner = await open();
      feed(
        owner,
        compacted.filter(({ offset }) => offset < 20),
        4,
      );
      await owner.drain();
      thaw();
      await former.drain();
      feed(owner, compacted, 4);
      await owner.drain();
      const offsets = contentOf(log).records.map((record) => Number.parseInt(record, 10));
      expect(offsets, `frozen after ${pauseAt}`).toEqual([...new Set(offsets)].sort((a, b) => a - b));
      expect(compacted.filter(({ offset }) => !offsets.includes(offset))).toEqual([]);
    }
  });
});

describe('positions', () => {
  it('goes on behind the last message, and knows what record that was', async () => {
    const { log, open } = rig();
    const first = await open();
    feed(first, RECORDS.slice(0, 30), 7);
    await first.drain();
    const second = await open();
    expect([second.next, second.settled.offset]).toEqual([30, 29]);
    expect(second.settled.mark).toEqual(markOf(rawRecord(29)));
    expect(second.settled.mark).toEqual(first.settled.mark);
    expect(contentOf(log)).toEqual(expectedContent(RECORDS.slice(0, 30)));
  });

  it('buries nothing twice when dead letters came last', async () => {
    for (const withCopy of [true, false]) {
      const { log, open } = rig();
      const records = RECORDS.slice(0, 6); // the last one is too large
      const first = await open();
      feed(first, records, 7);
      await first.drain();
      if (withCopy) await first.copyProgress();
      const second = await open();
      expect(second.next).toBe(withCopy ? 6 : 5);
      feed(second, records, 7);
      await second.drain();
      expect(contentOf(log)).toEqual(expectedContent(records));
    }
  });

  it('goes on from the copy when retention has emptied the mirror', async () => {
    const { log, open } = rig();
    const first = await open();
    feed(first, RECORDS.slice(0, 30), 7);
    await first.drain();
    await first.copyProgress();
    log.purge(streamOf(SUBJECT), SUBJECT, Number.MAX_SAFE_INTEGER);
    const second = await open();
    expect(second.next).toBe(30);
    expect(second.settled).toEqual(first.settled);
    feed(second, RECORDS, 7);
    await second.drain();
    expect(contentOf(log).records).toEqual(expectedContent(RECORDS.slice(30)).records);
    expect(messagesOf(log)[0]?.seq).toBe(expectedContent(RECORDS.slice(0, 30)).records.length + 1);
  });

  it('takes in a record once that Kafka gives twice', async () => {
    const { log, open } = rig();
    const session = await open();
    session.accept(RECORDS.slice(0, 2), 1);
    session.accept(RECORDS.slice(0, 3), 2);
    session.accept(RECORDS.slice(0, 2), 1);
    await session.drain();
    expect(contentOf(log)).toEqual(expectedContent(RECORDS.slice(0, 3)));
    expect(session.settled.counts).toEqual({ mirrored: 3 });
  });

  it('goes past offsets that Kafka has no record for, and says which were lost', async () => {
    const { log, open } = rig();
    const session = await open();
    session.skipTo(2);
    session.accept([rawRecord(4)], 9);
    session.accept([rawRecord(10)], 12);
    session.skipTo(15);
    session.skipTo(20, 5);
    await session.drain();
    expect([session.next, session.settled.offset, session.settled.counts?.missing]).toEqual([20, 19, 5]);
    expect(session.settled.missing).toEqual([[15, 19]]);
    expect(contentOf(log)).toEqual(expectedContent([rawRecord(4), rawRecord(10)]));
  });

  it('takes nothing in, and holds nothing of the budget, once it has ended', async () => {
    const { log, budget, open } = rig();
    const session = await open();
    feed(session, RECORDS, 7);
    await session[Symbol.asyncDispose]();
    expect([session.hasEnded, budget.used]).toEqual([true, 0]);
    feed(session, rawHistory(80), 7);
    await session.drain();
    expect(budget.used).toBe(0);
    const next = await rig(log).open();
    feed(next, RECORDS, 7);
    await next.drain();
    expect(contentOf(log)).toEqual(expectedContent(RECORDS));
  });
});
