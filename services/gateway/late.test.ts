import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LATE, lateSubject } from '../../shared/log/names.ts';
import { type Fixture, openFixture } from './_fixture.ts';
import { putLate } from './_left-out.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

interface Page {
  readonly items: readonly { readonly seq: number; readonly service: string; readonly count: number }[];
  readonly next_cursor?: string;
}

async function get<T = Page>(path: string): Promise<T> {
  return (await (await fixture.get(`/api/v1/${path}`)).json()) as T;
}
const seqs = async (query: string) => (await get(`late${query}`)).items.map(({ seq }) => seq);

describe('late events', () => {
  it('are listed newest first, by service and partition, page by page', async () => {
    for (const service of ['sales', 'rfm']) for (const n of [1, 2, 3]) await putLate(fixture.log, service, `p0${n}`);
    expect(await seqs('')).toEqual([6, 5, 4, 3, 2, 1]);
    expect(await seqs('?service=sales')).toEqual([3, 2, 1]);
    expect(await seqs('?service=sales&partition=p02')).toEqual([2]);
    expect(await seqs('?service=nobody')).toEqual([]);
    expect(await seqs('?to=1970-01-01T00:00:00Z')).toEqual([]);
    expect(await seqs('?from=2024-01-01T00:00:00Z')).toEqual([]); // the memory log stores everything at the epoch
    const first = await get('late?service=rfm&limit=2');
    expect([first.items.length, first.next_cursor]).toEqual([2, '5']);
    await putLate(fixture.log, 'rfm', 'p09');
    expect(await get('late?service=rfm&limit=2&cursor=5')).toMatchObject({ items: [{ seq: 4 }] });
    for (const query of ['partition=p1', 'partition=*', 'from=yesterday', 'cursor=0'])
      expect([query, (await fixture.get(`/api/v1/late?${query}`)).status]).toEqual([query, 400]);
  });

  it('say what was late, for which window, and by which watermark', async () => {
    await putLate(fixture.log, 'sales', 'p07');
    expect(await get('late/1')).toEqual({
      ...{ seq: 1, service: 'sales', partition: 'p07', stored_at: '1970-01-01T00:00:00Z', commit: 17, count: 1 },
      events: [
        {
          reason: 'behind the watermark',
          event: { id: '1007', key: '42', amount: 1250, t: 1717243200000 },
          window: { start: '2024-06-01T11:00:00Z', end: '2024-06-01T12:00:00Z' },
          watermark: '2024-06-01T12:00:00Z',
        },
      ],
    });
    for (const seq of ['2', '0', '1.5', '-1', 'x', '9'.repeat(30)])
      expect([seq, (await fixture.get(`/api/v1/late/${seq}`)).status]).toEqual([seq, 404]);
  });

  it('of a large commit are cut in the list, and counted', async () => {
    await putLate(fixture.log, 'sales', 'p07', 1_500);
    const [item] = (await get<{ items: { count: number; events: object[] }[] }>('late')).items;
    expect([item?.count, item?.events.length]).toEqual([1_500, 20]);
    expect((await get<{ events: object[] }>('late/1')).events).toHaveLength(1_000);
  });

  it('that cannot be read are shown all the same', async () => {
    await fixture.log.append(lateSubject('sales', 'p07'), 'nonsense\n{"reason":"x","event":1,"watermark":null}');
    expect((await get<{ events: object[] }>('late/1')).events).toEqual([
      { reason: 'unreadable', event: 'nonsense', watermark: null },
      { reason: 'x', event: 1, watermark: null },
    ]);
    expect(await fixture.log.state(LATE)).toMatchObject({ messages: 1 });
  });
});
