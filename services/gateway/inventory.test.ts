/** /api/v1/inventory and /api/v1/products on the memory log. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { type Fixture, openFixture } from './_fixture.ts';
import { logWithout, ownPartition, productOf, purge, putMarkers, putProduct, SUMMARY, until } from './_services.ts';

interface Page {
  readonly items: readonly { readonly product_id: string }[];
  readonly next_cursor?: string;
  readonly complete: boolean;
}

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

async function page(path: string): Promise<Page> {
  return (await (await fixture.get(`/api/v1/${path}`)).json()) as Page;
}
async function ids(path: string): Promise<string[]> {
  return (await page(path)).items.map(({ product_id }) => product_id);
}

const order = (restock_urgency: string, days_until_stockout: number | null, restock_quantity: number) => ({
  restock_urgency,
  days_until_stockout,
  restock_quantity,
  stock_status: restock_urgency === 'soon' ? 'low' : 'out_of_stock',
});

/** 30 products, ids 1 to 30: every third to be ordered, every fifth dead. */
async function fill(): Promise<void> {
  await putMarkers(fixture);
  for (let n = 1; n <= 30; n++)
    await putProduct(fixture, String(n), {
      dead_stock: n % 5 === 0,
      ...(n % 3 === 0 && order(n % 2 === 0 ? 'soon' : 'immediate', n % 4 === 0 ? null : n / 10, n)),
    });
  await fixture.until200('/api/v1/inventory');
}

describe('the list of products', () => {
  beforeEach(fill);

  it('is by id, without what is the service’s own', async () => {
    expect(await ids('inventory')).toEqual(Array.from({ length: 30 }, (_, n) => String(n + 1)));
    expect((await page('inventory')).items[0]).not.toHaveProperty('state');
    expect((await page('inventory')).complete).toBe(true);
  });

  it('can be filtered by status and dead stock', async () => {
    expect(await ids('inventory?status=low')).toEqual(['6', '12', '18', '24', '30']);
    expect(await ids('inventory?dead_stock=true')).toEqual(['5', '10', '15', '20', '25', '30']);
    expect(await ids('inventory?status=low&dead_stock=true')).toEqual(['30']);
    expect(await ids('inventory?status=unknown')).toEqual([]);
    expect(await ids('inventory?status=healthy&dead_stock=false')).toHaveLength(16);
  });

  it('goes page by page, without repeats or holes while products change, come and go', async () => {
    const seen: string[] = [];
    for (let cursor = '', n = 0; ; n++) {
      const { items, next_cursor } = await page(`inventory?limit=4${cursor}`);
      seen.push(...items.map(({ product_id }) => product_id));
      await putProduct(fixture, String(30 - n), { stock_quantity: 1, ...order('soon', 1, 9) });
      await putProduct(fixture, `0${n}`);
      await until(async () => (await ids('inventory?limit=1000')).includes(`0${n}`));
      if (next_cursor === undefined) break;
      cursor = `&cursor=${next_cursor}`;
    }
    expect(seen.filter((id) => !id.startsWith('0'))).toEqual(Array.from({ length: 30 }, (_, n) => String(n + 1)));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('refuses what it cannot use', async () => {
    for (const query of [
      'status=gone',
      'status=LOW',
      'dead_stock=yes',
      'limit=0',
      'cursor=MjAyNDA2MDFUMDAwMDAwWg',
      'q=1',
    ])
      for (const path of ['inventory', 'inventory/restock', 'inventory/summary', 'products/7'])
        expect([path, query, (await fixture.get(`/api/v1/${path}?${query}`)).status]).toEqual([path, query, 400]);
  });
});

describe('what to order', () => {
  it('comes by urgency, then days until stockout, null first, then quantity, in pages', async () => {
    await putMarkers(fixture);
    await putProduct(fixture, 'soon', order('soon', 4, 10));
    await putProduct(fixture, 'planned', order('planned', 0.5, 99));
    await putProduct(fixture, 'later', order('immediate', 2.9, 5));
    await putProduct(fixture, 'much', order('immediate', 0, 50));
    await putProduct(fixture, 'little', order('immediate', 0, 5));
    await putProduct(fixture, 'never', order('immediate', null, 1));
    await putProduct(fixture, 'fine');
    await fixture.until200('/api/v1/inventory/restock');
    const wanted = ['never', 'much', 'little', 'later', 'soon', 'planned'];
    expect(await ids('inventory/restock')).toEqual(wanted);
    expect(await ids('inventory/restock?urgency=soon')).toEqual(['soon']);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { items, next_cursor } = await page(`inventory/restock?limit=1${cursor}`);
      seen.push(...items.map(({ product_id }) => product_id));
      if (next_cursor === undefined) break;
      cursor = `&cursor=${next_cursor}`;
    }
    expect(seen).toEqual(wanted);
    expect((await fixture.get('/api/v1/inventory/restock?urgency=none')).status).toBe(400);
  });
});

describe('one product', () => {
  it('is exactly the one that was asked for, whatever its id is made of', async () => {
    const odd = ['a/b', 'a.b', '*', '>', '..%2f', '%', 'ключ', '🦆', '=', 'restock', 'summary', '../7'];
    for (const id of odd) await putProduct(fixture, id, { name: `It is ${id}` });
    for (const id of odd) {
      const { state: _, ...shown } = productOf(id, { name: `It is ${id}` });
      expect(await page(`products/${encodeURIComponent(id)}`)).toEqual(shown);
    }
    expect((await fixture.get('/api/v1/products/b')).status).toBe(404);
    expect((await fixture.get(`/api/v1/products/${'x'.repeat(600)}`)).status).toBe(400);
  });

  it('is not there when it was deleted', async () => {
    await putProduct(fixture, '7');
    await purge(fixture.log, 'inventory', `${ownPartition('7')}.product.7`);
    expect((await fixture.get('/api/v1/products/7')).status).toBe(404);
  });
});

describe('the summary', () => {
  it('is what inventory wrote', async () => {
    expect(await (await fixture.get('/api/v1/inventory/summary')).text()).toContain('inventory service running');
    await fixture.put('inventory', 'all.summary', SUMMARY);
    expect(await page('inventory/summary')).toEqual(SUMMARY);
  });
});

it('a mesh without inventory says so on every route', async () => {
  await using none = await openFixture(logWithout(new MemoryLog().client(), ['inventory']));
  for (const path of ['inventory', 'inventory/restock', 'inventory/summary', 'products/7']) {
    const response = await none.get(`/api/v1/${path}`);
    expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '2']);
  }
  await until(async () =>
    /inventory service has not been started/.test(await (await none.get('/api/v1/inventory')).text()),
  );
});
