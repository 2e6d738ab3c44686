import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { WatchedLog } from '../../../shared/testing/watched-log.ts';
import { putCustomer } from '../_fixture.ts';
import { ownPartition, purge, storesOf } from '../_services.ts';
import type { RfmSegment } from '../schemas/rfm.ts';
import { type CustomerLists, StoredCustomers } from './customer-lists.ts';

const SEGMENTS: readonly RfmSegment[] = ['VIP', 'Regular', 'New'];

async function filled(segments: readonly RfmSegment[]): Promise<WatchedLog> {
  const log = new WatchedLog(new MemoryLog().client());
  const stores = storesOf(log);
  await stores.put('rfm', 'p00.marker', {});
  for (const [n, segment] of segments.entries()) await putCustomer(stores, String(n), segment);
  await stores.put('rfm', 'all.summary', { segment: 'VIP' });
  return log;
}

async function allPages(lists: CustomerLists, segment: RfmSegment | undefined, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await lists.page({ segment, limit, cursor });
    expect(items.length).toBeLessThanOrEqual(limit);
    ids.push(...items.map(({ customer_id }) => customer_id));
    cursor = next;
  } while (cursor !== undefined);
  return ids;
}

describe('customers, page by page', () => {
  it('are each customer of the segment once, whatever the limit and however little is read at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 30 }),
        fc.option(fc.constantFrom(...SEGMENTS), { nil: undefined }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 40 }),
        async (segments, wanted, limit, mostRead) => {
          const lists = new StoredCustomers(await filled(segments), mostRead);
          const expected = segments.flatMap((segment, n) => (segment === (wanted ?? segment) ? [String(n)] : []));
          expect(await allPages(lists, wanted, limit)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('end without a cursor where there is nothing more', async () => {
    const lists = new StoredCustomers(await filled(['VIP', 'New', 'VIP']));
    expect((await lists.page({ segment: 'VIP', limit: 2, cursor: undefined })).next).toBeUndefined();
    expect((await lists.page({ segment: undefined, limit: 2, cursor: undefined })).next).toBeDefined();
    expect(await lists.page({ segment: 'Churned', limit: 2, cursor: undefined })).toEqual({
      items: [],
      sortedBy: 'change',
    });
  });

  it('leave out who was deleted; who changed meanwhile comes again', async () => {
    const log = await filled(['VIP', 'VIP', 'VIP', 'VIP']);
    await purge(log, 'rfm', `${ownPartition('1')}.customer.1`);
    const lists = new StoredCustomers(log);
    const first = await lists.page({ segment: 'VIP', limit: 2, cursor: undefined });
    expect(first.items.map(({ customer_id }) => customer_id)).toEqual(['0', '2']);
    expect(await allPages(lists, undefined, 9)).toEqual(['0', '2', '3']);
    await putCustomer(storesOf(log), '0');
    const rest = await lists.page({ segment: 'VIP', limit: 9, cursor: first.next });
    expect(rest.items.map(({ customer_id }) => customer_id)).toEqual(['3', '0']);
  });

  it('read no more than is asked for, and of a rare segment no more than a bound', async () => {
    const segments = [...Array.from({ length: 50 }, () => 'New' as const), 'VIP' as const];
    const log = await filled(segments);
    const lists = new StoredCustomers(log, 20);
    const page = await lists.page({ segment: 'VIP', limit: 5, cursor: undefined });
    expect(page).toEqual({ items: [], next: '20', sortedBy: 'change' });
    expect(await allPages(lists, 'VIP', 5)).toEqual(['50']);
    log.calls.length = 0;
    await lists.page({ segment: undefined, limit: 5, cursor: undefined });
    expect(log.said('batch', 'read', 'lastOfEach').length).toBeLessThanOrEqual(3);
  });

  it('refuse a cursor of another store', async () => {
    const lists = new StoredCustomers(await filled([]));
    await expect(lists.page({ segment: 'VIP', limit: 5, cursor: 'abc' })).rejects.toMatchObject({
      code: 'invalid-parameter',
    });
  });
});
