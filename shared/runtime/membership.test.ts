import { beforeEach, describe, expect, test } from 'vitest';
import { encodeId } from '../events/id.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { bucketStream, keySubject, MEMBERS } from '../log/names.ts';
import { isDeleteMarker } from '../store/entry.ts';
import { WatchedLog } from '../testing/watched-log.ts';
import { memberRecord, TestMember, TIMING } from './_test-member.ts';

let memory: MemoryLog;
let log: WatchedLog;
const clock = { now: 0 };

beforeEach(() => {
  memory = new MemoryLog();
  log = new WatchedLog(memory.client());
  clock.now = 1_000_000;
});

function keyOf(instance: string): string {
  return keySubject(MEMBERS, encodeId(instance));
}

/** A heartbeat of another process. */
function beat(instance: string): void {
  memory.store(keyOf(instance), JSON.stringify(memberRecord(instance)), {});
}

/** Its TTL is over. */
function expire(instance: string): void {
  memory.purge(bucketStream(MEMBERS), keyOf(instance), Number.MAX_SAFE_INTEGER);
}

describe('a member', () => {
  test('is known to itself and others from its start on', async () => {
    beat('b.host>1');
    await using a = new TestMember(log, 'a', clock);
    await a.start();
    expect(a.view).toEqual(['a', 'b.host>1']);
    expect(a.membership.live().find(({ instance }) => instance === 'a')).toEqual(memberRecord('a'));
    expect([a.membership.isLive('b.host>1'), a.membership.isLive('c')]).toEqual([true, false]);
    beat('c');
    await a.heartbeat();
    expect(a.view).toEqual(['a', 'b.host>1', 'c']);
  });

  test('renews its key with a lifetime', async () => {
    await using a = new TestMember(log, 'a', clock);
    await a.start();
    await a.heartbeat();
    const puts = log.calls.filter(({ of }) => of === keyOf('a'));
    expect(puts.length).toBeGreaterThan(1);
    for (const put of puts) expect(put.options).toEqual({ ttlMs: TIMING.ttlMs });
  });

  test('is gone for others as soon as it says goodbye, and beats no more', async () => {
    await using a = new TestMember(log, 'a', clock);
    const b = new TestMember(memory.client(), 'b', clock);
    await b.start();
    await a.start();
    expect(a.view).toEqual(['a', 'b']);
    await b[Symbol.asyncDispose]();
    await a.heartbeat();
    expect(a.view).toEqual(['a']);
    const last = await memory.client().last(bucketStream(MEMBERS), keyOf('b'));
    expect(last && isDeleteMarker(last)).toBe(true);
  });

  test('beats no more when it says goodbye in the middle of a round', async () => {
    const goodbye = Promise.withResolvers<void>();
    const a = new TestMember(log, 'host.1>a', clock);
    let rounds = 0;
    await a.start(() => {
      if (++rounds === 1) goodbye.resolve(a[Symbol.asyncDispose]());
    });
    await goodbye.promise;
    await new Promise((resolve) => setTimeout(resolve, 5)); // later than the heartbeat that must not be there
    expect(rounds).toBe(1);
    const last = await memory.client().last(bucketStream(MEMBERS), keyOf('host.1>a'));
    expect(last && isDeleteMarker(last)).toBe(true);
  });

  test('that is missing is dead only after a while (invariant 1)', async () => {
    await using a = new TestMember(log, 'a', clock);
    beat('b');
    await a.start();
    expire('b');
    clock.now += TIMING.missingMs;
    await a.heartbeat();
    expect(a.view).toEqual(['a', 'b']);
    clock.now++;
    await a.heartbeat();
    expect(a.view).toEqual(['a']);
    beat('b');
    await a.heartbeat();
    expect(a.view).toEqual(['a', 'b']);
  });
});

describe('while the log is away (invariant 2)', () => {
  test('the last view stands', async () => {
    await using a = new TestMember(log, 'a', clock);
    beat('b');
    await a.start();
    log.away = true;
    clock.now += 3_600_000;
    await a.heartbeat();
    expect(a.view).toEqual(['a', 'b']);
    log.away = false;
  });

  test('keys that expired meanwhile have time to come back', async () => {
    await using a = new TestMember(log, 'a', clock);
    for (const instance of ['b', 'c']) beat(instance);
    await a.start();
    log.away = true;
    await a.heartbeat();
    clock.now += 60_000;
    for (const instance of ['a', 'b', 'c']) expire(instance);
    log.away = false;
    await a.heartbeat();
    for (let passed = 0; passed < TIMING.ttlMs; passed += 1_000) {
      clock.now += 1_000;
      await a.heartbeat();
    }
    expect(a.view).toEqual(['a', 'b', 'c']);
    beat('b');
    for (let passed = 0; passed <= TIMING.missingMs; passed += 500) {
      clock.now += 500;
      await a.heartbeat();
    }
    expect(a.view).toEqual(['a', 'b']); // c died while the log was away
  });

  test('a member that starts comes up, and is known when the log is there', async () => {
    log.away = true;
    await using a = new TestMember(log, 'a', clock);
    await a.start();
    expect(a.view).toEqual([]);
    log.away = false;
    await a.heartbeat();
    expect(a.view).toEqual(['a']);
  });
});
