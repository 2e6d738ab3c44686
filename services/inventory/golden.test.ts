/**
 * A week of a small shop, as Debezium wrote it: through the bridge's decoders and the stage, to what KV shows.
 * Out of order, late, sent twice, updated, deleted and returned; the figures were worked out by hand (beside each case).
 */
import { describe, expect, test } from 'vitest';
import { recordDecoder } from '../../bridge/decode/decoder.ts';
import { type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import type { Step } from '../../shared/testing/stage-harness.ts';
import { at, ITEMS, productIn, PRODUCTS, until } from './_shop.ts';
import { inventory, type InventoryEvent } from './inventory.ts';
import { inventorySummary, type InventorySummaryValue } from './summary.ts';

const ITEM_ROUTE: EventRoute<'orderItem'> = { ...routeDefaults('orderItem', 'debezium-json'), topic: ITEMS };
const PRODUCT_ROUTE: EventRoute<'product'> = { ...routeDefaults('product', 'debezium-json'), topic: PRODUCTS };

/** Records of one Kafka partition, in the order of their offsets; each has a place in the database's log. */
function topicOf(route: EventRoute) {
  const decoder = recordDecoder(route, route.topic, { partition: 0 });
  let offset = 0;
  const read = (record: object): Step<InventoryEvent> => {
    const value = Buffer.from(JSON.stringify(record));
    const decoded = decoder.decode({ offset: offset++, timestampMs: at(70), key: null, value }, at(70));
    expect(decoded.dead).toBeUndefined();
    const events = decoded.events.map((event) => JSON.parse(decoder.line(event)) as InventoryEvent);
    return { topic: route.topic, kafkaPartition: 0, events };
  };
  return (op: 'c' | 'u' | 'd' | 'r', before: object | null, after: object | null, days = 0) =>
    read({ op, before, after, source: { ts_ms: at(days) }, ts_ms: at(days) });
}

function line(id: number, product_id: number, quantity: number, days: number) {
  const created_at = new Date(at(days)).toISOString();
  return { order_item_id: id, order_id: 1000 + id, product_id, quantity, unit_price: '19.99', created_at };
}

function lamp(stock_quantity: number, days: number) {
  const updated_at = new Date(at(days)).toISOString();
  return { product_id: 1, name: 'Lamp, "blue"', price: '19.99', stock_quantity, updated_at };
}

function rug(stock_quantity: number, days: number) {
  return { ...lamp(stock_quantity, days), product_id: 2, name: 'Rug', price: '120.00' };
}

describe('a week of a shop', () => {
  const items = topicOf(ITEM_ROUTE);
  const products = topicOf(PRODUCT_ROUTE);
  const steps: Step<InventoryEvent>[] = [
    products('r', null, lamp(60, -200)),
    products('r', null, rug(8, -45)),
    ...until(63),
    items('c', null, line(1, 1, 5, 63.2)),
    products('u', lamp(60, -200), lamp(55, 63.2)),
    items('c', null, line(2, 1, 10, 64.9)),
    items('c', null, line(3, 1, 2, 64.1)), // out of order
    items('u', line(2, 1, 10, 64.9), line(2, 1, 8, 64.9)), // the customer wanted two less
    products('u', lamp(55, 63.2), lamp(43, 64.9)),
    products('u', lamp(55, 63.2), lamp(43, 64.9)), // sent twice
    ...until(66),
    items('c', null, line(4, 1, -3, 66.5)), // three come back
    items('c', null, line(5, 1, 7, 66.6)),
    items('d', line(5, 1, 7, 66.6), null), // cancelled
    items('c', null, line(6, 1, 30, 59)), // days late, and of a day that is over
    items('c', null, line(7, 1, 9, 2)), // later than anything that is kept
    items('c', null, line(8, 3, 4, 66.7)), // a product that nobody told of
    products('u', lamp(43, 64.9), lamp(9, 66.8)),
    ...until(67.5),
  ];
  const outcome = checkLaw([inventory(), inventorySummary], steps);

  test('the lamp: 5 + 8 + 2 - 3 = 12 in 7 days, and 30 of a day before', () => {
    const { state, ...figures } = productIn(outcome, '1') ?? {};
    expect(figures).toEqual({
      product_id: '1',
      name: 'Lamp, "blue"',
      stock_quantity: 9,
      price: '19.99',
      units_sold_7d: 12,
      velocity_units_per_day: 1.71, // 12 / 7
      days_until_stockout: 5.2, // 9 * 7 / 12 = 5.25
      stock_status: 'low',
      dead_stock: false,
      last_sale: '2024-08-04', // day 64: day 66 has a return and a cancelled sale
      restock_quantity: 43, // 30 * 12 / 7 - 9 = 42.4
      restock_urgency: 'soon',
      as_of: '2024-08-07',
    });
    expect(state).toMatchObject({
      days: [expect.arrayContaining([30]), [19938, 5, 1], [19939, 10, 2], [19941, 0, 0, 3, 1]],
    });
  });

  test('the rug was never sold and is dead, the third product is unknown', () => {
    expect(productIn(outcome, '2')).toMatchObject({ dead_stock: true, last_sale: null, restock_urgency: 'none' });
    expect(productIn(outcome, '3')).toMatchObject({
      units_sold_7d: 4,
      velocity_units_per_day: 2,
      stock_status: 'unknown',
    });
  });

  test('one line was too late', () => {
    expect(outcome.late).toHaveLength(1);
    expect(outcome.late[0]).toContain('"id":"7"');
  });

  test('the summary', () => {
    expect(JSON.parse(outcome.results.get('all.summary') ?? 'null') as InventorySummaryValue).toEqual({
      products: 3,
      by_status: { out_of_stock: 0, critical: 0, low: 1, healthy: 1, unknown: 1 },
      dead_stock: { products: 1, value: '960.00' },
      restock: { products: 1, immediate: 0, soon: 1, planned: 0 },
      as_of: '2024-08-07T11:59:00Z',
    });
  });

  test('a product whose row is deleted is gone, and back with its sales', () => {
    const gone = [...steps, products('d', rug(8, -45), null, 67.6), products('d', lamp(9, 66.8), null, 67.6)];
    const without = checkLaw([inventory()], gone);
    expect([productIn(without, '1'), productIn(without, '2')]).toEqual([undefined, undefined]);
    const back = checkLaw([inventory()], [...gone, products('c', null, lamp(90, 67.7))]);
    expect(productIn(back, '1')).toMatchObject({ stock_quantity: 90, units_sold_7d: 12, stock_status: 'healthy' });
  });
});
