import { describe, expect, it } from 'vitest';
import type { Page, PageQuery } from '../../../shared/postgres/queries/page.ts';
import type { CustomerRow } from '../../../shared/postgres/results-reader.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import type { RfmCustomer } from '../schemas/rfm.ts';
import type { CustomerListQuery, CustomerPage } from './customer-lists.ts';
import { SortedCustomers } from './sorted-customers.ts';

const customer = (id: string, spent: string): RfmCustomer => ({
  ...{ customer_id: id, segment: 'VIP', recency_days: 3, frequency: 5, monetary_value: spent },
  ...{ first_order: '2024-06-01T00:00:00Z', last_order: '2024-06-20T00:00:00Z' },
});
const STORED: CustomerPage = { items: [customer('first', '1.00')], next: '7', sortedBy: 'change' };
const PLACE = ['812.50', 'ä"42'];

function listsOver(answer: (query: PageQuery) => Promise<Page<CustomerRow>>) {
  const asked: PageQuery[] = [];
  const ofBucket: CustomerListQuery[] = [];
  const lists = new SortedCustomers({
    results: {
      customers: (query) => {
        asked.push(query);
        return answer(query);
      },
    },
    bucket: {
      page: async (query) => {
        ofBucket.push(query);
        return STORED;
      },
    },
    logger: createLogger('test', 'error', () => undefined),
  });
  return { lists, asked, ofBucket };
}

const rich = async () => ({ items: [customer('rich', '812.50')], next: PLACE });
const refused = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
const first = { segment: 'VIP', limit: 10, cursor: undefined } as const;

describe('customers by value', () => {
  it('come from PostgreSQL, and their cursor leads on there', async () => {
    const { lists, asked, ofBucket } = listsOver(rich);
    const page = await lists.page(first);
    expect(page).toMatchObject({ items: [{ customer_id: 'rich' }], sortedBy: 'value' });
    expect(page.next).toMatch(/^v[A-Za-z0-9_-]+$/);
    await lists.page({ ...first, cursor: page.next });
    expect(asked.map(({ after }) => after)).toEqual([undefined, PLACE]);
    expect(ofBucket).toEqual([]);
  });

  it('of no segment, or behind a page of the bucket, are the bucket’s', async () => {
    const { lists, asked } = listsOver(rich);
    expect(await lists.page({ ...first, segment: undefined })).toBe(STORED);
    expect(await lists.page({ ...first, cursor: '7' })).toBe(STORED);
    expect(asked).toEqual([]);
  });

  it('begin in the bucket while PostgreSQL is away, and go on nowhere else than they began', async () => {
    const { lists } = listsOver(refused);
    expect(await lists.page(first)).toBe(STORED);
    const { next } = await listsOver(rich).lists.page(first);
    await expect(lists.page({ ...first, cursor: next })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('know no cursor that they cannot have given', async () => {
    const { lists } = listsOver(rich);
    for (const cursor of ['v', 'v!', `v${Buffer.from('{"a":1}').toString('base64url')}`, 'vWzFd'])
      await expect(lists.page({ ...first, cursor })).rejects.toMatchObject({ code: 'invalid-parameter' });
    const { next } = await lists.page(first);
    await expect(lists.page({ ...first, segment: undefined, cursor: next })).rejects.toMatchObject({
      code: 'invalid-parameter',
    });
  });

  it('hide no fault of ours', async () => {
    const { lists } = listsOver(() => Promise.reject(new TypeError('no such thing')));
    await expect(lists.page(first)).rejects.toThrow(TypeError);
  });
});
