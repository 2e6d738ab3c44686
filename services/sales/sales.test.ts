import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import { encodeId } from '../../shared/events/id.ts';
import { averageMoney, formatMoney } from '../../shared/events/money.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { advanceAll, generateOrders, shuffleWithin, TOPIC, toSteps } from '../../shared/testing/orders.ts';
import { type Outcome, runStages, type Step } from '../../shared/testing/stage-harness.ts';
import { combineSales, type WindowValue } from './combine.ts';
import { HOUR_MS, PANE_MS } from './panes.ts';
import { sales } from './sales.ts';

const STAGES = [sales(), combineSales()];
const START = Date.parse('2024-06-01T10:00:00Z');
const MINUTE = 60_000;
const BOUND = 5_000;

function order(minutes: number, k: string, amount: number, rest: Partial<OrderEvent> = {}): OrderEvent {
  return { t: START + minutes * MINUTE, k, id: `${k}-${minutes}`, amount, ...rest };
}

function data(...events: OrderEvent[]): Step<OrderEvent> {
  return { topic: TOPIC, kafkaPartition: 0, events };
}

function progress(minutes: number): Step<OrderEvent> {
  return { topic: TOPIC, kafkaPartition: 0, progress: { watermark: START + minutes * MINUTE - 1 } };
}

function windowAt(outcome: Outcome, minutes: number): WindowValue | undefined {
  const text = outcome.results.get(`all.window.1h.${compactTime(START + minutes * MINUTE)}`);
  return text === undefined ? undefined : (JSON.parse(text) as WindowValue);
}

/** The definition, read literally: every window over a list of orders, from scratch. */
function recount(events: readonly OrderEvent[]): Map<string, string> {
  const standing: OrderEvent[] = [];
  for (const event of events) {
    if (!event.retract) standing.push(event);
    else
      standing.splice(
        standing.findIndex(({ id, t, amount }) => id === event.id && t === event.t && amount === event.amount),
        1,
      );
  }
  const ends = new Set(
    events.flatMap(({ t }) => {
      const pane = Math.floor(t / PANE_MS) * PANE_MS;
      return Array.from({ length: 12 }, (_, at) => pane + (at + 1) * PANE_MS);
    }),
  );
  const windows = new Map<string, string>();
  for (const end of ends) {
    const start = end - HOUR_MS;
    const held = standing.filter(({ t }) => t >= start && t < end);
    const revenue = held.reduce((sum, { amount }) => sum + amount, 0);
    const average = formatMoney(averageMoney(revenue, held.length));
    const bounds = { window_start: formatTime(start), window_end: formatTime(end) };
    const rest = { revision: 0, final: true };
    const customers = new Set(held.map(({ k }) => k)).size;
    windows.set(
      `all.window.1h.${compactTime(start)}`,
      JSON.stringify({
        ...bounds,
        revenue: formatMoney(revenue),
        order_count: held.length,
        avg_order_value: average,
        unique_customers: customers,
        ...rest,
      }),
    );
    if (start % HOUR_MS === 0)
      windows.set(
        `all.hourly.${compactTime(start)}`,
        JSON.stringify({
          ...bounds,
          total_sales: formatMoney(revenue),
          average_order_value: average,
          order_count: held.length,
          ...rest,
        }),
      );
  }
  return windows;
}

function finalWindows(outcome: Outcome): Map<string, string> {
  return new Map([...outcome.results].filter(([key, text]) => key.startsWith('all.') && text.includes('"final":true')));
}

describe('sales windows', () => {
  test('one window by hand: revenue, orders, average, distinct customers', () => {
    const outcome = runStages(STAGES, [
      data(order(0, 'a', 1000), order(10, 'b', 2500), order(20, 'a', 1)),
      progress(60),
    ]);
    expect(windowAt(outcome, 0)).toEqual({
      window_start: '2024-06-01T10:00:00Z',
      window_end: '2024-06-01T11:00:00Z',
      revenue: '35.01',
      order_count: 3,
      avg_order_value: '11.67',
      unique_customers: 2,
      revision: 0,
      final: true,
    });
    expect(JSON.parse(outcome.results.get('all.hourly.20240601T100000Z') ?? '')).toEqual({
      window_start: '2024-06-01T10:00:00Z',
      window_end: '2024-06-01T11:00:00Z',
      total_sales: '35.01',
      average_order_value: '11.67',
      order_count: 3,
      revision: 0,
      final: true,
    });
  });

  test('a window is live until the watermark passes its end, in every partition', () => {
    const live = runStages(STAGES, [data(order(0, 'a', 1000)), progress(59)]);
    expect(windowAt(live, 0)).toMatchObject({ order_count: 1, final: false });
    expect(windowAt(live, -55)).toMatchObject({ order_count: 1, final: true }); // [9:05, 10:05)
  });

  test('a customer in two panes counts once in windows that hold both', () => {
    const outcome = runStages(STAGES, [data(order(2, 'a', 100), order(32, 'a', 100)), progress(200)]);
    const customers = [-55, -30, -25, 0, 5, 30].map((minutes) => windowAt(outcome, minutes)?.unique_customers);
    expect(customers).toEqual([1, 1, 1, 1, 1, 1]);
    expect(windowAt(outcome, 35)).toBeUndefined();
  });

  test('an update retracts the former values and a delete the order', () => {
    const outcome = runStages(STAGES, [
      data(order(0, 'a', 1000), order(1, 'b', 700)),
      data(order(0, 'a', 1000, { retract: true }), order(0, 'a', 1200)),
      data(order(1, 'b', 700, { retract: true })),
      progress(120),
    ]);
    expect(windowAt(outcome, 0)).toMatchObject({ revenue: '12.00', order_count: 1, unique_customers: 1 });
  });

  test('customer hours: live, then final, with orders and spend', () => {
    const key = `${partitionName(partitionOf('a'))}.customer-hour.${encodeId('a')}.20240601T100000Z`;
    const steps = [data(order(3, 'a', 1000), order(50, 'a', 234))];
    expect(JSON.parse(runStages(STAGES, steps).results.get(key) ?? '')).toMatchObject({
      customer_id: 'a',
      window_start: '2024-06-01T10:00:00Z',
      orders: 2,
      total_spent: '12.34',
      final: false,
    });
    const done = runStages(STAGES, [...steps, progress(60)]).results.get(key);
    expect(JSON.parse(done ?? '')).toMatchObject({ orders: 2, total_spent: '12.34', final: true });
  });

  test('final windows equal a recount, for any orders, changes, disorder within the bound and crash', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 30 }),
        (seed, kafkaPartitions, batch) => {
          const stream = { seed, orders: 50, customers: 8, startMs: START, spanMs: 2 * HOUR_MS, changed: 0.2 };
          const events = generateOrders(stream);
          const end = advanceAll(kafkaPartitions, START + 8 * HOUR_MS);
          const steps = (list: OrderEvent[]) => [...toSteps(list, { kafkaPartitions, batch, boundMs: BOUND }), ...end];
          const expected = recount(events);
          const ordered = checkLaw(STAGES, steps(events));
          expect(finalWindows(ordered)).toEqual(expected);
          expect(finalWindows(runStages(STAGES, steps(shuffleWithin(events, BOUND, seed))))).toEqual(expected);
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('late orders', () => {
  test('within the lateness a window fires again with a higher revision', () => {
    const outcome = checkLaw(STAGES, [
      data(order(0, 'a', 1000)),
      progress(62),
      data(order(1, 'b', 500), order(2, 'c', 500)),
    ]);
    expect(windowAt(outcome, 0)).toMatchObject({ revenue: '20.00', unique_customers: 3, revision: 2, final: true });
    expect(windowAt(outcome, -55)).toMatchObject({ revenue: '20.00', revision: 2 });
    expect(outcome.late).toEqual([]);
  });

  test('an order too late for some windows counts in the others and is reported once', () => {
    const outcome = checkLaw(STAGES, [
      data(order(0, 'a', 1000)),
      progress(75), // windows that end at or before 10:15 take no more
      data(order(1, 'b', 500)),
      progress(240),
    ]);
    expect(windowAt(outcome, -50)).toMatchObject({ revenue: '10.00', revision: 0 }); // [9:10, 10:10)
    expect(windowAt(outcome, -40)).toMatchObject({ revenue: '15.00', revision: 1 }); // [9:20, 10:20)
    expect(outcome.late).toHaveLength(1);
    expect(JSON.parse(outcome.late[0] ?? '')).toMatchObject({
      reason: 'too late for 3 of its 12 windows',
      event: { id: 'b-1' },
      watermark: START + 75 * MINUTE - 1,
    });
  });

  test('an order too late for every window goes to LATE with the last of them', () => {
    const outcome = checkLaw(STAGES, [
      data(order(0, 'a', 1000)),
      progress(240),
      data(order(1, 'b', 500)),
      progress(300),
    ]);
    expect(windowAt(outcome, 0)).toMatchObject({ order_count: 1, revision: 0 });
    expect(outcome.late.map((text) => JSON.parse(text))).toMatchObject([
      { reason: 'too late for every window', window: { start: START, end: START + HOUR_MS } },
    ]);
  });

  test('a retraction of an order that was never counted changes nothing and is reported', () => {
    const outcome = checkLaw(STAGES, [data(order(0, 'a', 1000), order(3, 'b', 5, { retract: true })), progress(240)]);
    expect(windowAt(outcome, 0)).toMatchObject({ order_count: 1 });
    expect(outcome.late).toHaveLength(1);
  });
});

describe('state', () => {
  test('is bounded by event time: everything private is dropped when no window can need it', () => {
    const outcome = runStages(STAGES, [
      data(...generateOrders({ seed: 7, orders: 500, customers: 50, startMs: START, spanMs: 8 * HOUR_MS })),
      progress(20 * 60),
    ]);
    expect([...outcome.state.keys()]).toEqual([]);
  });
});
