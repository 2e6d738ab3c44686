import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeId } from '../../shared/events/id.ts';
import { formatMoney } from '../../shared/events/money.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { advanceAll, generateOrders, shuffleWithin, TOPIC, toSteps } from '../../shared/testing/orders.ts';
import { type Outcome, runStages, type Step } from '../../shared/testing/stage-harness.ts';
import { type CustomerValue, rfm, segmentOf } from './rfm.ts';
import { rfmSummary, type SummaryValue } from './summary.ts';

const STAGES = [rfm, rfmSummary];
const START = Date.parse('2024-06-01T10:00:00Z');
const DAY = 86_400_000;

function order(days: number, k: string, amount: number, rest: Partial<OrderEvent> = {}): OrderEvent {
  return { t: START + days * DAY, k, id: `${k}-${days}-${amount}`, amount, ...rest };
}

function data(...events: OrderEvent[]): Step<OrderEvent> {
  return { topic: TOPIC, kafkaPartition: 0, events };
}

function progress(days: number): Step<OrderEvent> {
  return { topic: TOPIC, kafkaPartition: 0, progress: { watermark: START + days * DAY } };
}

function customerIn(outcome: Outcome, id: string): CustomerValue | undefined {
  const text = outcome.results.get(`${partitionName(partitionOf(id))}.customer.${encodeId(id)}`);
  return text === undefined ? undefined : (JSON.parse(text) as CustomerValue);
}

function summaryIn(outcome: Outcome): SummaryValue {
  return JSON.parse(outcome.results.get('all.summary') ?? 'null') as SummaryValue;
}

describe('segments', () => {
  test.each([
    [0, 1, 10_00, 'New'],
    [29, 2, 900_00, 'New'],
    [0, 3, 10_00, 'Regular'],
    [0, 4, 900_00, 'Regular'],
    [0, 5, 499_99, 'Regular'],
    [0, 5, 500_00, 'VIP'],
    [29, 50, 500_00, 'VIP'],
    [30, 50, 500_00, 'At-Risk'],
    [89, 1, 1_00, 'At-Risk'],
    [90, 50, 5000_00, 'Churned'],
    [4000, 1, 1_00, 'Churned'],
  ] as const)('%i days since the last order, %i orders, %i cents: %s', (recency, orders, spent, segment) => {
    expect(segmentOf(recency, orders, spent)).toBe(segment);
  });
});

describe('customers', () => {
  test('frequency, spend, first and last order', () => {
    const outcome = checkLaw(STAGES, [
      data(order(0, '42', 1250), order(2, '42', 300), order(1, 'é.>', 99)),
      progress(3.5),
    ]);
    expect(customerIn(outcome, '42')).toMatchObject({
      customer_id: '42',
      segment: 'New',
      recency_days: 1,
      frequency: 2,
      monetary_value: '15.50',
      first_order: '2024-06-01T10:00:00Z',
      last_order: '2024-06-03T10:00:00Z',
    });
    expect(customerIn(outcome, 'é.>')).toMatchObject({ customer_id: 'é.>', recency_days: 2 });
  });

  test('recency moves with event time alone, through At-Risk and Churned, until the customer is forgotten', () => {
    const at = (days: number) => customerIn(checkLaw(STAGES, [data(order(0, '1', 100)), progress(days)]), '1');
    expect(at(0.99)).toMatchObject({ recency_days: 0, segment: 'New' });
    expect(at(1)).toMatchObject({ recency_days: 1, segment: 'New' });
    expect(at(29.9)).toMatchObject({ recency_days: 29, segment: 'New' });
    expect(at(30)).toMatchObject({ recency_days: 30, segment: 'At-Risk' });
    expect(at(90)).toMatchObject({ recency_days: 90, segment: 'Churned' });
    expect(at(730)).toBeUndefined();
  });

  test('a new order brings a churned customer back', () => {
    const outcome = checkLaw(STAGES, [
      data(order(0, '1', 100)),
      progress(100),
      data(order(100, '1', 100)),
      progress(100.5),
    ]);
    expect(customerIn(outcome, '1')).toMatchObject({ recency_days: 0, segment: 'New', frequency: 2 });
  });

  test('an update counts once at its latest values, a delete not at all', () => {
    const outcome = checkLaw(STAGES, [
      data(order(0, '1', 100), order(5, '1', 700), order(1, '2', 100)),
      data(order(5, '1', 700, { retract: true }), order(5, '1', 800)),
      data(order(1, '2', 100, { retract: true })),
      progress(6),
    ]);
    expect(customerIn(outcome, '1')).toMatchObject({ frequency: 2, monetary_value: '9.00', recency_days: 1 });
    expect(customerIn(outcome, '2')).toBeUndefined();
  });

  test('deleting the newest order brings the former last order back', () => {
    const outcome = checkLaw(STAGES, [
      data(order(0, '1', 100), order(40, '1', 100), order(40, '1', 100, { retract: true })),
      progress(41),
    ]);
    expect(customerIn(outcome, '1')).toMatchObject({ recency_days: 41, segment: 'At-Risk', frequency: 1 });
  });

  test('of many orders the two oldest and three newest times are kept, also when most of them are deleted', () => {
    const orders = Array.from({ length: 8 }, (_, day) => order(day, '1', 100));
    const retract = (days: number) => order(days, '1', 100, { retract: true });
    const deleted = [7, 6, 5, 0, 1].map(retract);
    const times = (...deletions: OrderEvent[]) => {
      const outcome = checkLaw(STAGES, [
        data(...orders),
        data(...deletions),
        progress(9),
        data(order(8, '1', 100)),
        progress(10),
      ]);
      const { first_order, last_order, frequency } = customerIn(outcome, '1') ?? {};
      return [first_order?.slice(8, 10), last_order?.slice(8, 10), frequency];
    };
    expect(times()).toEqual(['01', '09', 9]);
    expect(times(...deleted.slice(0, 2))).toEqual(['01', '09', 7]);
    expect(times(...deleted)).toEqual(['02', '09', 4]); // the orders left are of times no longer remembered: an old one stands in
  });

  test('a retraction of an unknown customer goes to LATE', () => {
    const outcome = checkLaw(STAGES, [data(order(0, '1', 100, { retract: true })), progress(1)]);
    expect(outcome.late).toHaveLength(1);
    expect(customerIn(outcome, '1')).toBeUndefined();
  });
});

describe('summary', () => {
  test('adds up the segments of all partitions', () => {
    const outcome = checkLaw(STAGES, [
      data(...Array.from({ length: 6 }, () => order(0, 'vip', 100_00)), order(0, 'new', 500), order(0, 'other', 600)),
      progress(1),
    ]);
    expect(summaryIn(outcome)).toMatchObject({
      customers: 3,
      segments: { VIP: { customers: 1, monetary_value: '600.00' }, New: { customers: 2, monetary_value: '11.00' } },
    });
  });

  test('equals a recount from scratch, for any orders, changes, disorder and crash', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, kafkaPartitions) => {
        const events = generateOrders({
          seed,
          orders: 120,
          customers: 15,
          startMs: START,
          spanMs: 150 * DAY,
          changed: 0.2,
        });
        const endAt = START + 160 * DAY;
        const end = advanceAll(kafkaPartitions, endAt);
        const steps = (list: OrderEvent[]) => [
          ...toSteps(list, { kafkaPartitions, batch: 20, boundMs: 5_000 }),
          ...end,
        ];
        const expected = recount(events, endAt);
        const ordered = checkLaw(STAGES, steps(events));
        expect(shown(ordered)).toEqual(expected);
        expect(shown(runStages(STAGES, steps(shuffleWithin(events, 5_000, seed))))).toEqual(expected);
        const { customers, segments } = summaryIn(ordered);
        expect(customers).toBe(expected.size);
        for (const [segment, total] of Object.entries(segments))
          expect(total.customers).toBe([...expected.values()].filter((text) => text.startsWith(`${segment} `)).length);
      }),
      { numRuns: 15 },
    );
  });
});

function shown(outcome: Outcome): Map<string, string> {
  const customers = [...outcome.results].filter(([key]) => key.includes('.customer.'));
  return new Map(
    customers.map(([, text]) => {
      const { customer_id, segment, recency_days, frequency, monetary_value, first_order, last_order } = JSON.parse(
        text,
      ) as CustomerValue;
      return [customer_id, [segment, recency_days, frequency, monetary_value, first_order, last_order].join(' ')];
    }),
  );
}

/** The rules, read literally, over the orders that stand at the end. */
function recount(events: readonly OrderEvent[], now: number): Map<string, string> {
  const standing = new Map<string, OrderEvent>();
  for (const event of events) {
    if (event.retract) standing.delete(event.id);
    else standing.set(event.id, event);
  }
  const customers = new Map<string, string>();
  for (const [id, orders] of Map.groupBy(standing.values(), ({ k }) => k)) {
    const times = orders.map(({ t }) => t);
    const spent = orders.reduce((sum, { amount }) => sum + amount, 0);
    const recency = Math.floor((now - Math.max(...times)) / DAY);
    const segment = segmentOf(recency, orders.length, spent);
    const iso = (t: number) => new Date(t).toISOString().replace('.000Z', 'Z');
    const text = [
      segment,
      recency,
      orders.length,
      formatMoney(spent),
      iso(Math.min(...times)),
      iso(Math.max(...times)),
    ];
    customers.set(id, text.join(' '));
  }
  return customers;
}
