import { describe, expect, it } from 'vitest';
import { OrderBursts } from './order-bursts.ts';
import { OrderSource } from './orders.ts';
import { PlainOrderSource } from './plain-orders.ts';
import { LATE_ORDER_MS, ShopTraffic, type ShopTrafficOptions } from './shop-traffic.ts';

const NOW = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const CALM: ShopTrafficOptions = { customers: 50_000, late: 0, bursts: false };

interface Order {
  readonly customer: number;
  readonly cents: number;
  readonly t: number;
}

/** The new orders of half an hour, at ten changes a second, as the demo makes them. */
function orders(options: ShopTrafficOptions, seed = 1): Order[] {
  const source = new OrderSource(seed, 1_000, { traffic: new ShopTraffic(seed, options) });
  const made = Array.from({ length: 18_000 }, (_, at) => source.next(NOW + at * 100));
  return made.flatMap(({ envelope: { before, after } }) => {
    if (before || !after) return [];
    const { customer_id: customer, total_amount, order_date } = after;
    return [{ customer, cents: Math.round(Number(total_amount) * 100), t: order_date / 1000 }];
  });
}

function byCustomer(some: readonly Order[]): Order[][] {
  return [...Map.groupBy(some, ({ customer }) => customer).values()].map((own) => own.sort((a, b) => a.t - b.t));
}

/** How many customers ordered so often within so many ms. */
function howMany(some: readonly Order[], count: number, withinMs: number): number {
  const isOne = (own: readonly Order[]) =>
    own.some(({ t }, at) => (own[at + count - 1]?.t ?? Number.POSITIVE_INFINITY) - t < withinMs);
  return byCustomer(some).filter(isOne).length;
}

/** Orders over so many deviations above what their customer spent before, at least five times. */
function outliers(some: readonly Order[], deviations: number): Order[] {
  return byCustomer(some).flatMap((own) =>
    own.filter(({ cents }, at) => {
      if (at < 5) return false;
      const former = own.slice(0, at).map((order) => order.cents);
      const mean = former.reduce((sum, one) => sum + one, 0) / at;
      const variance = former.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (at - 1);
      return cents > mean + deviations * Math.sqrt(variance);
    }),
  );
}

describe('with bursts', () => {
  const all = orders({ ...CALM, bursts: true });
  const calm = orders(CALM);

  it('some customers order five and ten times within an hour (order spike)', () => {
    expect(howMany(all, 5, 60 * MINUTE_MS)).toBeGreaterThan(howMany(calm, 5, 60 * MINUTE_MS) + 10);
    expect(
      howMany(
        all.filter(({ customer }) => customer > 50),
        10,
        60 * MINUTE_MS,
      ),
    ).toBeGreaterThanOrEqual(5);
    expect(
      howMany(
        calm.filter(({ customer }) => customer > 50),
        10,
        60 * MINUTE_MS,
      ),
    ).toBe(0);
  });

  it('some order twice and four times within five minutes (rapid orders)', () => {
    const alone = new OrderBursts(() => 0.5, 1_000);
    const planned = Array.from({ length: 600 }, (_, at) => alone.due(NOW + at * 1_000)).flatMap((plan) => plan ?? []);
    const due = planned.map(({ placedMs }) => placedMs - NOW);
    expect(due.filter((ms) => ms === 40_000 || ms === 70_000)).toEqual([40_000, 70_000]); // two, 30 s apart: no other burst has one then
    const others = (some: readonly Order[]) => some.filter(({ customer }) => customer > 50);
    expect(howMany(others(all), 4, 5 * MINUTE_MS)).toBeGreaterThan(howMany(others(calm), 4, 5 * MINUTE_MS) + 10);
  });

  it('some order more than five times within a minute (fraud_alert), and else nobody does', () => {
    expect(howMany(all, 6, MINUTE_MS)).toBeGreaterThanOrEqual(10);
    expect(howMany(calm, 6, MINUTE_MS)).toBe(0);
  });

  it('some orders are large, over $1,000 and from $5,000, and else none is', () => {
    expect(all.filter(({ cents }) => cents > 100_000 && cents < 500_000).length).toBeGreaterThanOrEqual(5);
    expect(all.filter(({ cents }) => cents >= 500_000).length).toBeGreaterThanOrEqual(5);
    expect(calm.filter(({ cents }) => cents > 100_000)).toEqual([]);
  });

  it('some orders of regulars are 3 and 6 deviations above what they spend, and not large', () => {
    const regulars = all.filter(({ customer }) => customer <= 50);
    expect(regulars.every(({ cents }) => cents <= 100_000)).toBe(true);
    const found = (deviations: number) => outliers(regulars, deviations).length;
    expect(found(3)).toBeGreaterThanOrEqual(8);
    expect(found(6)).toBeGreaterThanOrEqual(3);
    expect(found(6)).toBeLessThan(found(3));
    expect(
      outliers(
        calm.filter(({ customer }) => customer <= 50),
        6,
      ),
    ).toEqual([]);
  });
});

describe('customers', () => {
  it('are skewed: regulars a tenth, and the more active tenth of the others a third', () => {
    const some = orders(CALM);
    const share = (low: number, high: number) =>
      some.filter(({ customer }) => customer >= low && customer <= high).length / some.length;
    expect(share(1, 50)).toBeGreaterThan(0.08);
    expect(share(1, 50)).toBeLessThan(0.12);
    expect(share(51, 5_050)).toBeGreaterThan(0.28);
    expect(share(51, 5_050)).toBeLessThan(0.38);
    expect(share(1, 50_050)).toBe(1);
  });

  it('are all of the regulars once at first', () => {
    const first = orders(CALM).slice(0, 50);
    expect(first.map(({ customer }) => customer)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
  });
});

it('a share of the orders is late, by 10 to 120 s, and the rest is not', () => {
  const source = new OrderSource(1, 1, { traffic: new ShopTraffic(1, { ...CALM, late: 0.05 }) });
  const late: number[] = [];
  let count = 0;
  for (let at = 0; at < 20_000; at++) {
    const { before, after } = source.next(NOW + at * 100).envelope;
    if (before || !after) continue;
    count++;
    const behind = NOW + at * 100 - Math.floor(after.order_date / 1000);
    if (behind > 0) late.push(behind);
  }
  expect(late.length / count).toBeGreaterThan(0.04);
  expect(late.length / count).toBeLessThan(0.06);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(LATE_ORDER_MS.least);
  expect(Math.max(...late)).toBeLessThanOrEqual(LATE_ORDER_MS.most);
});

it('plain orders have lines that add up to their amount', () => {
  const source = new PlainOrderSource(new ShopTraffic(1, CALM), 1_000);
  for (let at = 0; at < 1_000; at++) {
    const { key, value } = source.next(NOW + at);
    const { customerId, amount, items } = value as {
      customerId: string;
      amount: number;
      items: { quantity: number; price: number }[];
    };
    expect(customerId).toBe(key);
    expect(value.orderId).toBe(`web-${1_000 + at}`);
    const cents = items.reduce((sum, { quantity, price }) => sum + quantity * Math.round(price * 100), 0);
    expect(cents).toBe(Math.round(amount * 100));
  }
});
