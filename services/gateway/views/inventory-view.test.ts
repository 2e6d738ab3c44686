import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { ownPartition, productOf, purge, putMarkers, putProduct, storesOf, until } from '../_services.ts';
import type { Product } from '../schemas/inventory.ts';
import { InventoryView } from './inventory-view.ts';

const logger = createLogger('view', 'debug', () => {});
const ALL = { limit: 1000, accept: () => true };
const SOON = { restock_urgency: 'soon', stock_status: 'low', restock_quantity: 5 };

function ids(list: { readonly items: readonly Product[] }): string[] {
  return list.items.map(({ product_id }) => product_id);
}

describe('InventoryView', () => {
  it('follows products: what changes moves, what is deleted goes (invariant 1)', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    await putProduct(stores, '7');
    await putProduct(stores, '8', SOON);
    await stores.put('inventory', 'p00.hidden.9', { product_id: '9', state: {} });
    await using view = new InventoryView({ log, logger });
    await until(() => view.state === 'current');
    expect([ids(view.products(ALL)), ids(view.restock(ALL))]).toEqual([['7', '8'], ['8']]);
    expect(view.products(ALL).items[0]).not.toHaveProperty('state');
    await putProduct(stores, '7', SOON);
    await putProduct(stores, '8');
    await until(() => ids(view.restock(ALL))[0] === '7');
    await until(() => ids(view.restock(ALL)).length === 1);
    await purge(log, 'inventory', `${ownPartition('7')}.product.7`);
    await until(() => ids(view.products(ALL)).join() === '8');
    expect(ids(view.restock(ALL))).toEqual([]);
  });

  it('is current on a mesh without products, as soon as somebody owns a partition', async () => {
    const log = new MemoryLog().client();
    await using view = new InventoryView({ log, logger });
    expect(view.state).toBe('waiting');
    await putMarkers(storesOf(log));
    await until(() => view.state === 'current');
    expect(view.products(ALL)).toEqual({ items: [], complete: true });
  });

  it('has room for what is to be ordered, however many others there are, and says what is not here (invariants 1 and 2)', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    for (let n = 0; n < 5; n++) await putProduct(stores, `plain-${n}`);
    for (let n = 0; n < 3; n++) await putProduct(stores, `order-${n}`, SOON);
    await using view = new InventoryView({ log, logger, capacity: 3 });
    await until(() => view.state === 'current');
    expect([view.restock(ALL).complete, view.products(ALL).complete]).toEqual([true, false]);
    expect(ids(view.restock(ALL))).toEqual(['order-0', 'order-1', 'order-2']);
    expect(view.products(ALL).items).toHaveLength(6);
    // After something was left out, what comes is still taken where there is room.
    await putProduct(stores, 'plain-0', { name: 'Renamed' });
    await until(() => view.products(ALL).items.some(({ name }) => name === 'Renamed'));
    await purge(log, 'inventory', `${ownPartition('plain-0')}.product.plain-0`);
    await putProduct(stores, 'plain-9');
    await until(() => ids(view.products(ALL)).includes('plain-9'));
    await putProduct(stores, 'order-9', SOON);
    await until(() => !view.restock(ALL).complete);
    await purge(log, 'inventory', `${ownPartition('order-0')}.product.order-0`);
    await putProduct(stores, 'order-8', SOON);
    await until(() => ids(view.restock(ALL)).includes('order-8'));
  });

  it('orders products by id, numbers first and by value (invariant 3)', async () => {
    const log = new MemoryLog().client();
    for (const id of ['b', '10', 'a', '9', '007', '7', '-1', 'ключ']) await putProduct(storesOf(log), id);
    await using view = new InventoryView({ log, logger });
    await until(() => view.state === 'current');
    expect(ids(view.products(ALL))).toEqual(['007', '7', '9', '10', '-1', 'ключ', 'a', 'b']);
  });

  it('orders what is to be ordered by urgency, days and quantity (invariant 3)', async () => {
    const product = fc.record({
      restock_urgency: fc.constantFrom('immediate', 'soon', 'planned'),
      days_until_stockout: fc.option(
        fc.integer({ min: 0, max: 40 }).map((n) => n / 10),
        { nil: null },
      ),
      restock_quantity: fc.constantFrom(0, 1, 5, 9, 10, 1_000_000_000),
    });
    const rank = ['immediate', 'soon', 'planned'];
    await fc.assert(
      fc.asyncProperty(fc.array(product, { maxLength: 12 }), async (values) => {
        const log = new MemoryLog().client();
        await putMarkers(storesOf(log));
        const products = values.map((value, n) => ({ ...productOf(String(n)), ...value, product_id: String(n) }));
        for (const each of products) await putProduct(storesOf(log), each.product_id, each);
        await using view = new InventoryView({ log, logger });
        await until(() => view.state === 'current');
        const wanted = [...products].sort(
          (a, b) =>
            rank.indexOf(a.restock_urgency) - rank.indexOf(b.restock_urgency) ||
            (a.days_until_stockout ?? -1) - (b.days_until_stockout ?? -1) ||
            b.restock_quantity - a.restock_quantity ||
            Number(a.product_id) - Number(b.product_id),
        );
        expect(ids(view.restock(ALL))).toEqual(wanted.map(({ product_id }) => product_id));
      }),
      { numRuns: 50 },
    );
  });
});
