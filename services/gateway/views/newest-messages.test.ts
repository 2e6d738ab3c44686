import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { LATE, lateSubject } from '../../../shared/log/names.ts';
import { WatchedLog } from '../../../shared/testing/watched-log.ts';
import { logWithout } from '../_services.ts';
import { newestMessages, type ReadBounds } from './newest-messages.ts';

const NO_BOUNDS: ReadBounds = { messages: 1e9, bytes: 1e9, questions: 1e9 };

/** `kept`: of each sequence from 1 on, whether it is still there. */
async function filled(kept: readonly boolean[], payload = 'x'): Promise<WatchedLog> {
  const memory = new MemoryLog();
  const log = memory.client();
  for (const [n, isKept] of kept.entries())
    await log.append(lateSubject('sales', isKept ? 'p00' : 'p01'), `${n}${payload}`);
  await log.purge(LATE, lateSubject('sales', 'p01'), kept.length + 1);
  return new WatchedLog(log);
}

interface Asked {
  readonly limit: number;
  readonly bounds?: ReadBounds;
  readonly wanted?: (seq: number) => boolean;
}

async function allPages(log: Log, { limit, bounds = NO_BOUNDS, wanted = () => true }: Asked): Promise<number[]> {
  const seqs: number[] = [];
  for (let before: number | undefined; ; ) {
    const accept = ({ seq }: StoredMessage) => (wanted(seq) ? seq : undefined);
    const { items, next } = await newestMessages(log, { stream: LATE, before, limit, accept }, bounds);
    expect(items.length).toBeLessThanOrEqual(limit);
    seqs.push(...items);
    if (next === undefined) return seqs;
    expect(next).toBeLessThan(before ?? Number.POSITIVE_INFINITY); // it gets on
    before = next;
  }
}

const kept = fc.array(fc.boolean(), { maxLength: 60 });

describe('a stream, newest first', () => {
  it('is each wanted message once, whatever was deleted, the limit, and how much is read at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          kept,
          kept.map((some) => [...new Array(3_000).fill(true), ...new Array(2_000).fill(false), ...some]),
        ),
        fc.integer({ min: 1, max: 9 }).map((n) => n * n * n),
        fc.integer({ min: 1, max: 4 }),
        fc.record({ messages: fc.integer({ min: 1, max: 3_000 }), bytes: fc.constant(1e9), questions: fc.constant(5) }),
        async (is, limit, modulus, bounds) => {
          const log = await filled(is);
          const wanted = (seq: number) => seq % modulus === 0;
          const expected = is.flatMap((there, n) => (there && wanted(n + 1) ? [n + 1] : [])).reverse();
          expect(await allPages(log, { limit, bounds, wanted })).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('asks little for the newest of many', async () => {
    const log = await filled(new Array(5_000).fill(true));
    const accept = ({ seq }: StoredMessage) => seq;
    const page = await newestMessages(log, { stream: LATE, before: undefined, limit: 10, accept });
    expect(page.items).toEqual([5000, 4999, 4998, 4997, 4996, 4995, 4994, 4993, 4992, 4991]);
    expect(log.said('batch')).toHaveLength(1);
  });

  it('passes a large hole in few steps', async () => {
    const log = await filled([...new Array(5).fill(true), ...new Array(20_000).fill(false), true]);
    expect(await allPages(log, { limit: 100 })).toEqual([20_006, 5, 4, 3, 2, 1]);
    expect(log.said('batch').length).toBeLessThan(10);
  });

  it('holds a few megabytes of large messages at a time, and goes on behind a bound', async () => {
    const log = await filled(new Array(60).fill(true), 'x'.repeat(500_000));
    const bounds = { ...NO_BOUNDS, bytes: 10_000_000 };
    const accept = ({ seq }: StoredMessage) => seq;
    const page = await newestMessages(log, { stream: LATE, before: undefined, limit: 1_000, accept }, bounds);
    expect(page.items[0]).toBe(60);
    expect(page.next).toBeGreaterThan(1);
    expect(await allPages(log, { limit: 1_000, bounds })).toEqual(Array.from({ length: 60 }, (_, n) => 60 - n));
  });

  it('ends where messages are older than what is wanted', async () => {
    const plain = await filled(new Array(1_000).fill(true));
    const log: Log = {
      ...logWithout(plain, []),
      batch: async (query) =>
        (await plain.batch(query)).map((message) => ({ ...message, timeMs: message.seq * 1_000 })),
    };
    const accept = ({ seq }: StoredMessage) => seq;
    const page = await newestMessages(log, { stream: LATE, before: undefined, limit: 1_000, since: 995_000, accept });
    expect(page).toEqual({ items: [1000, 999, 998, 997, 996, 995] });
  });

  it('of nothing is nothing', async () => {
    const log = await filled([]);
    expect(await newestMessages(log, { stream: LATE, before: undefined, limit: 5, accept: () => 1 })).toEqual({
      items: [],
    });
    expect(await newestMessages(log, { stream: LATE, before: 7, limit: 5, accept: () => 1 })).toEqual({ items: [] });
  });
});
