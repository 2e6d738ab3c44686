import { beforeEach, describe, expect, test } from 'vitest';
import { BEFORE_ALL_TIME } from '../events/stage.ts';
import { encodeFrame } from '../log/frame.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { bucketStream, dataSubject, keySubject, LATE, logStream, logSubject, progressSubject } from '../log/names.ts';
import { readEntry } from '../store/entry.ts';
import { WatchedLog } from '../testing/watched-log.ts';
import { counter } from './_test-stage.ts';
import { parseCommitHead } from './commit.ts';
import { FencedError } from './committer.ts';
import { LatePublisher } from './late-publisher.ts';
import { type Recovered, recoverPartition } from './recovery.ts';

const SUBJECT = logSubject('counter', 'p00');
const utf8 = new TextEncoder();

let memory: MemoryLog;
let seq: number;

beforeEach(() => {
  memory = new MemoryLog();
  seq = 0;
});

function recover(log = new WatchedLog(memory.client())): Promise<Recovered> {
  const late = new LatePublisher(log, 'counter', 'p00');
  const proveOwnership = () => Promise.resolve();
  return recoverPartition({ log, definition: counter, partition: 'p00', late, proveOwnership });
}

/** One owner's doing: fold, commit, and tell the image. */
class Owner {
  readonly recovered: Recovered;
  #n = 0;

  constructor(recovered: Recovered) {
    this.recovered = recovered;
  }

  fold(...ticks: { t: number; k: string }[]): this {
    const payload = utf8.encode(encodeFrame(ticks));
    this.recovered.state.fold({ subject: dataSubject('ticks', 'p00', 0), seq: ++seq, payload });
    return this;
  }

  progress(watermark: number): this {
    const payload = utf8.encode(encodeFrame([{ watermark }]));
    this.recovered.state.fold({ subject: progressSubject('ticks', 0), seq: ++seq, payload });
    return this;
  }

  async commit(): Promise<void> {
    const { state, committer, committed, image, epoch } = this.recovered;
    const draft = state.takeCommit(epoch, ++this.#n);
    committed.take(await committer.append(draft.head, draft.payload), draft.head);
    image.accept(draft.changes);
  }

  apply(): Promise<void> {
    return this.recovered.image.flushAll(this.recovered.committed.describe());
  }
}

function counts({ state }: Recovered): Record<string, unknown> {
  return Object.fromEntries(state.tables.get('count')?.entries() ?? []);
}

function lastHead() {
  const last = memory.stream(logStream('counter')).lastBySubject.get(SUBJECT);
  return last && parseCommitHead(last.payload);
}

describe('recovery', () => {
  test('of a partition that never was begins at nothing, behind a fence', async () => {
    const recovered = await recover();
    expect(lastHead()).toEqual({ pos: 0, wm: BEFORE_ALL_TIME, epoch: 1, n: 0, emits: 0, late: 0 });
    expect(recovered.epoch).toBe(1);
    expect([recovered.state.position, recovered.state.watermark]).toEqual([0, BEFORE_ALL_TIME]);
    expect([recovered.committer.lastSeq, recovered.committed.seq]).toEqual([1, 1]);
  });

  test('with nothing in KV replays every commit, and all of it is dirty again', async () => {
    const former = new Owner(await recover());
    await former.fold({ t: 5, k: 'a' }, { t: 6, k: 'b' }).commit();
    await former.fold({ t: 7, k: 'a' }).progress(4).commit();
    const recovered = await recover();
    expect(counts(recovered)).toEqual({ a: { n: 2, last: 7 }, b: { n: 1, last: 6 } });
    expect([recovered.state.position, recovered.state.watermark, recovered.epoch]).toEqual([3, 4, 2]);
    expect(recovered.image.dirtyKeys).toBe(5);
    await new Owner(recovered).apply();
    expect(await readEntry(memory.client(), 'counter', 'p00.count.a')).toEqual({ n: 2, last: 7 });
    expect(await readEntry(memory.client(), 'counter', 'p00.seen.b')).toBe(6);
  });

  test('with all of it in KV replays nothing but the fence, and reads no frame before', async () => {
    const former = new Owner(await recover());
    await former.fold({ t: 5, k: 'a' }).progress(3).commit();
    await former.apply();
    memory.purge(logStream('counter'), SUBJECT, former.recovered.committed.seq);
    const recovered = await recover();
    expect(counts(recovered)).toEqual({ a: { n: 1, last: 5 } });
    expect([recovered.state.position, recovered.state.watermark]).toEqual([2, 3]);
    expect([recovered.image.dirtyKeys, recovered.image.applied]).toEqual([0, 2]);
    expect(recovered.state.sources()).toEqual([['ticks.k0', 3, 0]]);
    expect(recovered.committed.describe()).toEqual({ seq: 3, pos: 2, wm: 3, late: 0, src: [['ticks.k0', 3, 0]] });
  });

  test('with KV behind replays over it; a deleted key stays deleted, and is deleted in KV', async () => {
    const former = new Owner(await recover());
    await former.fold({ t: 5, k: 'a' }, { t: 500, k: 'b' }).commit();
    await former.apply();
    await former.progress(105).commit();
    expect(await readEntry(memory.client(), 'counter', 'p00.count.a')).toBeDefined();
    const recovered = await recover();
    expect(counts(recovered)).toEqual({ b: { n: 1, last: 500 } });
    await new Owner(recovered).apply();
    expect(await readEntry(memory.client(), 'counter', 'p00.count.a')).toBeUndefined();
    expect(counts(await recover())).toEqual({ b: { n: 1, last: 500 } });
  });

  test('keeps position, late count and watermark through an owner that did nothing', async () => {
    const former = new Owner(await recover());
    await former.progress(50).fold({ t: 5, k: 'late' }, { t: 80, k: 'a' }).commit();
    for (let owner = 2; owner <= 4; owner++) {
      const { state, epoch } = await recover();
      expect([epoch, state.position, state.watermark, state.lateCount]).toEqual([owner, 2, 50, 1]);
      expect(lastHead()).toMatchObject({ pos: 2, wm: 50, epoch: owner, n: 0, late: 1 });
    }
  });

  test('publishes late records that the former owner did not get to', async () => {
    const former = new Owner(await recover());
    await former.progress(50).fold({ t: 5, k: 'x' }).commit();
    expect(memory.stream(LATE).messages).toHaveLength(0);
    await recover();
    await recover();
    expect(memory.stream(LATE).messages).toHaveLength(1);
  });
});

describe('the fence', () => {
  test('comes first: what the former owner does later has no place', async () => {
    const former = new Owner(await recover());
    const log = new WatchedLog(memory.client());
    await recover(log);
    const writes = log.said('append');
    expect(writes).toEqual([`append ${SUBJECT} if 1`, `append ${keySubject('counter', 'p00.marker')}`]);
    await expect(former.fold({ t: 1, k: 'a' }).commit()).rejects.toThrow(FencedError);
  });

  test('is won by one of two that take the partition at once', async () => {
    const outcomes = await Promise.allSettled([recover(), recover()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const loser = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(loser?.reason).toMatchObject({ code: 'fenced' });
    expect(memory.stream(bucketStream('counter')).messages).toHaveLength(1); // the winner's marker
  });

  test('ends the replay, though a newer owner has committed behind it', async () => {
    await recover();
    const log = new WatchedLog(memory.client());
    log.before = ({ of }) => {
      if (!of.endsWith('.marker')) return;
      memory.store(SUBJECT, JSON.stringify({ pos: 9, wm: 9, epoch: 3, n: 0, emits: 0, late: 0 }), {});
    };
    const { state, epoch, committer } = await recover(log);
    expect([epoch, state.position, committer.lastSeq]).toEqual([2, 0, 2]);
  });

  test('that was purged by a newer owner does not keep recovery waiting', async () => {
    await recover();
    const log = new WatchedLog(memory.client());
    log.before = ({ of }) => {
      if (!of.endsWith('.marker')) return;
      memory.store(SUBJECT, JSON.stringify({ pos: 9, wm: 9, epoch: 3, n: 0, emits: 0, late: 0 }), {});
      memory.purge(logStream('counter'), SUBJECT, 3);
    };
    const recovered = new Owner(await recover(log));
    await expect(recovered.commit()).rejects.toThrow(FencedError);
  });
});
