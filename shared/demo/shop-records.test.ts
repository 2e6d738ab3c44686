import { describe, expect, it } from 'vitest';
import { recordDecoder } from '../../bridge/decode/decoder.ts';
import { type EventRoute, DEFAULT_ROUTES, routeOf } from '../config/routes.ts';
import type { OrderEvent } from '../events/order.ts';
import type { OrderItemEvent } from '../events/order-item.ts';
import type { ProductEvent } from '../events/product.ts';
import type { DemoRecord } from './demo-record.ts';
import { OrderSource } from './orders.ts';
import { PRODUCTS } from './shop-items.ts';
import { RESTOCK_UNITS, SHOP_TOPICS, ShopRecords } from './shop-records.ts';
import { ShopTraffic } from './shop-traffic.ts';

const NOW = Date.UTC(2026, 0, 1);
const CHANGES = 12_000;

function history(seed: number): DemoRecord[] {
  const traffic = new ShopTraffic(seed, { customers: 5_000, late: 0.01, bursts: true });
  const source = new OrderSource(seed, 1_000, { traffic, hasPlaces: true });
  const shop = new ShopRecords(NOW, { hasPlaces: true });
  const changes = Array.from({ length: CHANGES }, (_, at) => shop.of(source.next(NOW + at * 100)));
  return [...new ShopRecords(NOW).snapshot(NOW), ...changes.flat()];
}

/** The events that the built-in routes make of the records of a topic, later ones of retracted ids in their place. */
function eventsOf<E>(records: readonly DemoRecord[], topic: string): E[] {
  const decoder = recordDecoder(routeOf(DEFAULT_ROUTES, topic) as EventRoute, topic);
  return records
    .filter((record) => record.topic === topic)
    .flatMap(({ key, value }, offset) => {
      const record = {
        offset,
        timestampMs: NOW + 1e7,
        key: Buffer.from(key),
        value: Buffer.from(JSON.stringify(value)),
      };
      const { events, dead } = decoder.decode(record, NOW + 1e7);
      expect(dead).toBeUndefined();
      return events as E[];
    });
}

/** What counts at the end: each id at its latest values, unless taken back. */
function standing<E extends { readonly id: string; readonly retract?: true }>(events: readonly E[]): Map<string, E> {
  const now = new Map<string, E>();
  for (const event of events)
    if (event.retract) {
      expect({ ...now.get(event.id), retract: true }).toEqual(event);
      now.delete(event.id);
    } else {
      expect(now.has(event.id)).toBe(false);
      now.set(event.id, event);
    }
  return now;
}

describe('the tables of the shop', () => {
  const records = history(1);
  const orders = standing(eventsOf<OrderEvent>(records, SHOP_TOPICS.orders));
  const items = standing(eventsOf<OrderItemEvent>(records, SHOP_TOPICS.items));

  it('are the same for the same seed and times', () => {
    expect(history(1)).toEqual(records);
    expect(history(2)).not.toEqual(records);
  });

  it('have lines that add up to the amount of their order, and were sold when it was placed (invariant 1)', () => {
    expect(orders.size).toBeGreaterThan(8_000);
    const lines = Map.groupBy(items.values(), ({ order }) => order);
    expect(lines.size).toBe(orders.size);
    for (const { id, amount, t } of orders.values()) {
      const own = lines.get(id) ?? [];
      expect(own.reduce((sum, { quantity, price }) => sum + quantity * price, 0)).toBe(amount);
      expect(own.every((line) => line.t === t)).toBe(true);
    }
  });

  it('have stock that falls by what is sold, and is restocked (invariant 2)', () => {
    const stock = new Map<string, number[]>();
    for (const product of eventsOf<ProductEvent>(records, SHOP_TOPICS.products))
      if (!('deleted' in product)) stock.set(product.k, [...(stock.get(product.k) ?? []), product.stock]);
    const sold = new Map<string, number>();
    for (const { k, quantity } of items.values()) sold.set(k, (sold.get(k) ?? 0) + quantity);
    for (const { product_id } of PRODUCTS) {
      const levels = stock.get(String(product_id)) ?? [];
      const restocked = levels.filter((level, at) => level - (levels[at - 1] ?? level) === RESTOCK_UNITS).length;
      expect(levels.at(-1)).toBe((levels[0] ?? 0) + restocked * RESTOCK_UNITS - (sold.get(String(product_id)) ?? 0));
    }
    const all = [...stock.values()].flat();
    expect(all.some((level) => level <= 0)).toBe(true); // sold out, until a slow supplier comes
    expect(Math.min(...all)).toBeGreaterThan(-500);
    expect(stock.get('52')).toEqual([300]); // nobody buys it
  });

  it('have every before as it was left (invariant 3), and places that rise', () => {
    const rows = new Map<string, unknown>();
    const places = new Map<string, number>();
    for (const { topic, key, value } of records) {
      const { before, after, op, source } = value as {
        before: unknown;
        after: unknown;
        op: string;
        source: { lsn: number; sequence: string };
      };
      if (op !== 'r') {
        expect(before ?? undefined).toEqual(rows.get(topic + key));
        const [commit, lsn] = JSON.parse(source.sequence) as [string, string];
        expect([Number(commit), Number(lsn)]).toEqual([source.lsn - 1, source.lsn]);
        expect(source.lsn).toBeGreaterThan(places.get(topic) ?? 0);
        places.set(topic, source.lsn);
      }
      rows.set(topic + key, after ?? undefined);
    }
  });
});
