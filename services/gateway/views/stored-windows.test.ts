import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactTime } from '../../../shared/event-time/time-text.ts';
import type { Log } from '../../../shared/log/log.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { NOON } from '../_fixture.ts';
import { logWithout, MINUTE_MS, purge, putMarkers, storesOf } from '../_services.ts';
import type { KeyRange } from '../http/paging.ts';
import { newestDenseWindows, newestWindows } from './stored-windows.ts';

const OF = { bucket: 'region-health', prefix: 'p07.content.1m.a' };
const key = (minute: number) => compactTime(NOON + minute * MINUTE_MS);
const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 3_000 }), { maxLength: 40 });
const bound = fc.option(fc.integer({ min: -10, max: 3_010 }), { nil: undefined });
const range = fc.record({ from: bound, to: bound, after: bound, limit: fc.integer({ min: 1, max: 7 }) });

async function filled(starts: readonly number[]): Promise<Log> {
  const log = new MemoryLog().client();
  await putMarkers(storesOf(log));
  for (const minute of starts) await storesOf(log).put(OF.bucket, `${OF.prefix}.${key(minute)}`, minute);
  await storesOf(log).put(OF.bucket, `p07.content.1m.b.${key(1)}`, 'of another');
  return log;
}

function keysOf({ from, to, after, limit }: { from?: number; to?: number; after?: number; limit: number }): KeyRange {
  return {
    ...(from !== undefined && { from: key(from) }),
    ...(to !== undefined && { to: key(to) }),
    ...(after !== undefined && { after: key(after) }),
    limit,
  };
}

/** As a server that has more than it answers at once. */
function tooMany(log: Log): Log {
  const error = Object.assign(new Error('too many results'), { code: 413 });
  const lastOfEach: Log['lastOfEach'] = (stream, subjects) =>
    subjects.some((subject) => subject.includes('*')) ? Promise.reject(error) : log.lastOfEach(stream, subjects);
  return { ...logWithout(log, []), lastOfEach };
}

describe('windows of one subject', () => {
  it('are the newest of the range, by keys or by reading all (invariant 1)', async () => {
    await fc.assert(
      fc.asyncProperty(minutes, range, fc.boolean(), async (starts, { limit, ...bounds }, isDense) => {
        const dense = isDense ? [...new Set([...starts, ...Array.from({ length: 30 }, (_, n) => 2_000 + n)])] : starts;
        const log = await filled(dense);
        const { from = -1e9, to = 1e9, after = 1e9 } = bounds;
        const wanted = dense.filter((m) => m >= from && m < Math.min(to, after)).sort((a, b) => b - a);
        const defined = Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined));
        const newest = dense.length === 0 ? undefined : NOON + Math.max(...dense) * MINUTE_MS;
        for (const page of [
          await newestWindows(log, OF, keysOf({ ...defined, limit })),
          await newestWindows(tooMany(log), OF, keysOf({ ...defined, limit })),
          await newestDenseWindows(log, { ...OF, sizeMs: MINUTE_MS, newest }, keysOf({ ...defined, limit })),
          await newestDenseWindows(tooMany(log), { ...OF, sizeMs: MINUTE_MS, newest }, keysOf({ ...defined, limit })),
        ]) {
          expect(page.items.map(Number)).toEqual(wanted.slice(0, limit));
          expect(page.next).toBe(wanted.length > limit ? key(wanted[limit - 1] ?? 0) : undefined);
          expect(page.isKnown).toBe(dense.length > 0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are asked for by their keys where they are dense: no reader is opened', async () => {
    const log = await filled(Array.from({ length: 600 }, (_, n) => n));
    const read = () => {
      throw new Error('opened a reader');
    };
    const noReader: Log = { ...tooMany(log), read };
    const of = { ...OF, sizeMs: MINUTE_MS, newest: NOON + 599 * MINUTE_MS };
    const first = await newestDenseWindows(noReader, of, { limit: 500 });
    expect([first.items.length, first.next]).toEqual([500, key(100)]);
    const second = await newestDenseWindows(noReader, of, { limit: 50, after: key(550), to: key(560) });
    expect([second.items[0], second.items.length, second.next]).toEqual(['549', 50, key(500)]);
    const hour = await newestDenseWindows(noReader, of, { limit: 500, from: key(540) });
    expect([hour.items.length, hour.next]).toEqual([60, undefined]);
    const empty = { ...of, newest: NOON - MINUTE_MS };
    await expect(newestDenseWindows(noReader, empty, { limit: 5, from: key(-9) })).rejects.toThrow('opened a reader');
    const known = await newestDenseWindows(noReader, { ...empty, isKnown: true }, { limit: 5, from: key(-9) });
    expect(known).toEqual({ items: [], isKnown: true });
    await expect(newestDenseWindows(noReader, of, { limit: 500, after: key(100) })).rejects.toThrow('opened a reader');
  });

  it('leave out deleted ones, and are unknown when all are', async () => {
    const log = await filled([1, 2]);
    await purge(log, OF.bucket, `${OF.prefix}.${key(2)}`);
    const of = { ...OF, sizeMs: MINUTE_MS, newest: NOON + 2 * MINUTE_MS };
    expect(await newestDenseWindows(log, of, { limit: 9 })).toEqual({ items: ['1'], isKnown: true });
    expect(await newestWindows(log, OF, { limit: 9, from: key(2) })).toEqual({ items: [], isKnown: true });
    await purge(log, OF.bucket, `${OF.prefix}.${key(1)}`);
    expect(await newestWindows(log, OF, { limit: 9 })).toEqual({ items: [], isKnown: false });
  });

  it('survive the ends of time', async () => {
    const log = await filled([1]);
    const of = { ...OF, sizeMs: MINUTE_MS, newest: NOON + MINUTE_MS };
    for (const at of ['00000101T000000Z', '00000101T000001Z', '99991231T235959Z'])
      for (const bounds of [{ to: at }, { from: at }, { after: at }])
        expect((await newestDenseWindows(log, of, { limit: 9, ...bounds })).isKnown).toBe(true);
  });

  it('are an error without the bucket', async () => {
    const log = logWithout(await filled([1]), ['region-health']);
    await expect(newestWindows(log, OF, { limit: 1 })).rejects.toThrow('region-health service has not been started');
  });
});
