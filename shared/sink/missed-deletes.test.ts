import { describe, expect, test } from 'vitest';
import { MemoryLog } from '../log/memory-log.ts';
import { keySubject } from '../log/names.ts';
import { WatchedLog } from '../testing/watched-log.ts';
import { missedDeletes } from './missed-deletes.ts';

const PURGE = { headers: { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' } };

async function find(log: WatchedLog, keys: readonly string[], underWay: readonly string[] = []) {
  const target = {
    async *storedKeys() {
      yield* keys;
    },
  };
  const { signal } = new AbortController();
  const isUnderWay = (key: string) => underWay.includes(key);
  return Array.fromAsync(missedDeletes({ log, target, bucket: 'rfm', isUnderWay, signal }));
}

describe('keys that were deleted while nobody looked', () => {
  test('are those that the bucket does not have, or has as deleted', async () => {
    const memory = new MemoryLog();
    for (const key of ['a', 'b', 'c']) memory.store(keySubject('rfm', key), '{}', {});
    memory.store(keySubject('rfm', 'b'), '', PURGE);
    const found = await find(new WatchedLog(memory.client()), ['a', 'b', 'c', 'd']);
    expect(found).toEqual([
      { key: 'b', revision: 4 },
      { key: 'd', revision: 4 },
    ]);
  });

  test('are asked for a few hundred at a time, and only those that are missing one by one (invariant 3)', async () => {
    const memory = new MemoryLog();
    const keys = Array.from({ length: 1_200 }, (_, n) => `p00.customer.${n}`);
    for (const key of keys) memory.store(keySubject('rfm', key), '{}', {});
    const log = new WatchedLog(memory.client());
    expect(await find(log, [...keys, 'gone'])).toEqual([{ key: 'gone', revision: 1_200 }]);
    expect([log.said('lastOfEach').length, log.said('last')]).toEqual([3, ['last $KV.rfm.gone']]);
  });

  test('a revision is taken before the leader is asked: what is stored after that is newer (invariant 2)', async () => {
    const memory = new MemoryLog();
    memory.store(keySubject('rfm', 'a'), '{}', {});
    const log = new WatchedLog(memory.client());
    log.before = ({ kind }) => {
      if (kind === 'last') memory.store(keySubject('rfm', 'b'), '{}', {});
    };
    expect(await find(log, ['x'])).toEqual([{ key: 'x', revision: 1 }]);
  });

  test('a key whose value is on its way to the store is none', async () => {
    expect(await find(new WatchedLog(new MemoryLog().client()), ['a', 'b'], ['a'])).toEqual([
      { key: 'b', revision: 0 },
    ]);
  });
});
