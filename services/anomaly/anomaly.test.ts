import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../shared/alerts/alert.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { advanceAll, generateOrders, shuffleWithin, TOPIC, toSteps } from '../../shared/testing/orders.ts';
import { type Outcome, runStages, type Step } from '../../shared/testing/stage-harness.ts';
import { anomaly } from './anomaly.ts';
import { DEFAULT_ORDERS, type OrderOptions, type OrderRules } from './rules.ts';

const STAGES = [anomaly()];
const START = Date.parse('2024-06-01T10:00:00Z');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const BOUND = 5 * SECOND;

function order(seconds: number, id: string, dollars: number, rest: Partial<OrderEvent> = {}): OrderEvent {
  return { t: START + seconds * SECOND, k: '42', id, amount: Math.round(dollars * 100), ...rest };
}

function data(...events: OrderEvent[]): Step<OrderEvent> {
  return { topic: TOPIC, kafkaPartition: 0, events };
}

function progress(seconds: number): Step<OrderEvent> {
  return { topic: TOPIC, kafkaPartition: 0, progress: { watermark: START + seconds * SECOND - 1 } };
}

function alertsOf(outcome: Outcome, type?: string): Alert[] {
  return [...outcome.results]
    .filter(([key]) => key.includes('.alert.') && (type === undefined || key.includes(`.${type}.`)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => JSON.parse(text) as Alert);
}

function only(...names: (keyof OrderRules)[]): OrderOptions {
  const rules = Object.entries(DEFAULT_ORDERS.rules).map(([name, rule]) => [
    name,
    { ...rule, enabled: names.some((other) => other === name) },
  ]);
  return { ...DEFAULT_ORDERS, rules: Object.fromEntries(rules) };
}

function lateOf(outcome: Outcome): { reason: string; event: OrderEvent }[] {
  return outcome.late.map((text) => JSON.parse(text));
}

describe('rules about one order', () => {
  test('act at once, before the watermark moves', () => {
    const outcome = checkLaw(STAGES, [data(order(0, 'o1', 1000), order(1, 'o2', 1000.01), order(2, 'o3', 5000))]);
    const [large, ...rest] = alertsOf(outcome, 'large_order');
    expect(rest).toEqual([]);
    expect(large).toEqual({
      alert_id: '42-large_order-20240601T100000Z',
      anomaly_type: 'large_order',
      severity: 'high',
      customer_id: '42',
      description: 'Order o3 of customer 42 is large: $5000.00 is over $1000.00',
      timestamp: '2024-06-01T10:00:02Z',
      count: 2,
      first: '2024-06-01T10:00:01Z',
      last: '2024-06-01T10:00:02Z',
      details: { order_id: 'o3', amount: '5000.00', over: '1000.00' },
      occurrences: [
        [START + SECOND, 'o2'],
        [START + 2 * SECOND, 'o3'],
      ],
    });
    expect(alertsOf(outcome, 'fraud_alert')).toMatchObject([
      {
        severity: 'high',
        count: 2,
        description: 'Possible fraud by customer 42: Order amount $1000.01 exceeds $1000.00',
        details: {
          reason: 'Order amount $1000.01 exceeds $1000.00',
          order_id: 'o2',
          amount: '1000.01',
          over: '1000.00',
        },
      },
    ]);
  });

  test('hear of late orders too; counts and statistics do not, and LATE says so', () => {
    const outcome = checkLaw(STAGES, [data(order(0, 'o1', 10)), progress(60), data(order(30, 'o2', 2000))]);
    expect(alertsOf(outcome).map(({ anomaly_type }) => anomaly_type)).toEqual(['fraud_alert', 'large_order']);
    expect(lateOf(outcome)).toMatchObject([{ reason: 'too late for counts and statistics', event: { id: 'o2' } }]);
  });

  test('an update raises nothing twice, and what is worse than before is shown', () => {
    const update = (was: number, is: number) => data(order(0, 'o1', was, { retract: true }), order(0, 'o1', is));
    const steps = [data(order(0, 'o1', 2000)), update(2000, 2500), update(2500, 6000), update(6000, 1500)];
    const outcome = checkLaw([anomaly(only('largeOrder'))], steps);
    expect(alertsOf(outcome)).toMatchObject([{ severity: 'high', count: 1, details: { amount: '6000.00' } }]);
    expect([...outcome.state.keys()].filter((key) => key.includes('.taken-back.'))).toEqual([]);
  });

  test('an update long after the alert was released raises nothing again, unless it is worse', () => {
    const large = [anomaly(only('largeOrder'))];
    const before = [data(order(0, 'o1', 2000), order(1, 'o2', 3000)), progress(3 * 3600)];
    const same = checkLaw(large, [...before, data(order(0, 'o1', 2000, { retract: true }), order(0, 'o1', 2100))]);
    expect(alertsOf(same)).toMatchObject([{ count: 2 }]);
    const worse = checkLaw(large, [...before, data(order(0, 'o1', 2000, { retract: true }), order(0, 'o1', 9000))]);
    expect(alertsOf(worse)).toMatchObject([
      { alert_id: '42-large_order-20240601T100000Z', severity: 'medium', count: 2 },
      { alert_id: '42-large_order-20240601T100000Z-o1', severity: 'high', count: 1 },
    ]);
  });
});

describe('counts', () => {
  const spread = (count: number, everySeconds: number, from = 0) =>
    Array.from({ length: count }, (_, n) => order(from + n * everySeconds, `o${from}-${n}`, 10));

  test('5 orders within an hour are a spike, 10 a severe one', () => {
    const stages = [anomaly(only('orderSpike'))];
    const spike = (count: number, every: number) =>
      alertsOf(checkLaw(stages, [data(...spread(count, every)), progress(9000)]));
    expect(spike(4, 600)).toEqual([]);
    expect(spike(5, 900)).toEqual([]); // the fifth comes a whole hour after the first
    expect(spike(5, 899)).toMatchObject([
      {
        anomaly_type: 'order_spike',
        severity: 'medium',
        description: 'Order spike: customer 42 placed 5 orders within 1 h',
        timestamp: '2024-06-01T10:59:56Z',
        details: {
          orders: 5,
          within_seconds: 3600,
          from: 5,
          order_ids: ['o0-0', 'o0-1', 'o0-2', 'o0-3', 'o0-4'],
        },
      },
    ]);
    expect(spike(10, 300)).toMatchObject([{ severity: 'high', count: 6, details: { orders: 10 } }]);
  });

  test('2 orders within 5 minutes are rapid, 4 more so', () => {
    const stages = [anomaly(only('rapidOrders'))];
    const rapid = (count: number, every: number) =>
      alertsOf(checkLaw(stages, [data(...spread(count, every)), progress(9000)]));
    expect(rapid(2, 300)).toEqual([]);
    expect(rapid(2, 299)).toMatchObject([{ anomaly_type: 'rapid_orders', severity: 'low', details: { orders: 2 } }]);
    expect(rapid(4, 99)).toMatchObject([{ severity: 'medium', count: 3, details: { orders: 4 } }]);
  });

  test('more than 5 orders within a minute are a fraud alert, beside the one by amount', () => {
    const stages = [anomaly(only('fraudVelocity', 'fraudAmount'))];
    const outcome = checkLaw(stages, [data(...spread(5, 10), order(50, 'o6', 1500)), progress(9000)]);
    expect(alertsOf(outcome)).toMatchObject([
      {
        anomaly_type: 'fraud_alert',
        severity: 'high',
        count: 2,
        details: { reason: 'More than 5 orders within 1 min: 6 orders of one customer' },
        occurrences: [
          [START + 50 * SECOND, 'o6'],
          [START + 50 * SECOND, 'o6:velocity'],
        ],
      },
    ]);
    expect(alertsOf(checkLaw(stages, [data(...spread(5, 11), ...spread(1, 1, 60)), progress(9000)]))).toEqual([]);
  });

  test('wait for the watermark, or act at once when told so', () => {
    const steps = [data(...spread(5, 60))];
    expect(alertsOf(checkLaw([anomaly(only('orderSpike'))], steps))).toEqual([]);
    const atOnce = [anomaly({ ...only('orderSpike'), order: 'arrival' })];
    expect(alertsOf(checkLaw(atOnce, steps))).toMatchObject([{ details: { orders: 5 } }]);
    const disorder = [data(...spread(5, 60).reverse()), progress(9000), data(order(61, 'o-late', 10))];
    const outcome = checkLaw(atOnce, disorder);
    expect(alertsOf(outcome)).toMatchObject([{ count: 1 }, { details: { orders: 6 } }]);
    expect(outcome.late).toEqual([]);
  });

  test('an order that comes twice counts once', () => {
    const outcome = checkLaw(
      [anomaly(only('orderSpike'))],
      [data(...spread(4, 60), ...spread(4, 60)), progress(300), data(order(301, 'o0-3', 10)), progress(900)],
    );
    expect(alertsOf(outcome)).toEqual([]);
  });

  test('a deleted order counts no more, also when its deletion is late', () => {
    const gone = order(60, 'o0-1', 10, { retract: true });
    const stages = [anomaly(only('orderSpike'))];
    const more = [data(...spread(1, 1, 1000)), progress(9000)];
    expect(alertsOf(checkLaw(stages, [data(...spread(4, 60), gone), progress(300), ...more]))).toEqual([]);
    expect(alertsOf(checkLaw(stages, [data(...spread(4, 60)), progress(300), data(gone), ...more]))).toEqual([]);
    expect(alertsOf(checkLaw(stages, [data(...spread(4, 60)), progress(300), ...more]))).toHaveLength(1);
  });

  test('an updated order counts once, whenever the update comes', () => {
    const update = [order(60, 'o0-1', 10, { retract: true }), order(60, 'o0-1', 12)];
    const stages = [anomaly(only('orderSpike'))];
    const more = [data(...spread(1, 1, 1000)), progress(9000)];
    for (const steps of [
      [data(...spread(4, 60), ...update), progress(300), ...more],
      [data(...spread(4, 60)), progress(300), data(...update), ...more],
    ]) {
      const outcome = checkLaw(stages, steps);
      expect(alertsOf(outcome)).toMatchObject([{ count: 1, details: { orders: 5 } }]);
      expect(outcome.late).toEqual([]);
      expect([...outcome.state.keys()].filter((key) => key.includes('.taken-back.'))).toEqual([]);
    }
  });

  test('in a storm, too, a repeated or updated order is heard of once (invariant 2)', () => {
    const stages = [anomaly(only('rapidOrders'))];
    const storm = spread(40, 1);
    const at35 = order(35, 'o0-35', 10);
    const update = [
      { ...at35, retract: true as const },
      { ...at35, amount: 1200 },
    ];
    expect(alertsOf(checkLaw(stages, [data(...storm), progress(60)]))).toMatchObject([{ count: 39 }]);
    expect(alertsOf(checkLaw(stages, [data(...storm, at35), progress(60)]))).toMatchObject([{ count: 39 }]);
    expect(alertsOf(checkLaw(stages, [data(...storm, ...update), progress(60)]))).toMatchObject([{ count: 39 }]);
  });

  test('a retraction of an order that was never counted changes nothing and is reported', () => {
    const outcome = checkLaw(STAGES, [
      data(order(0, 'o1', 10), order(5, 'o2', 10, { retract: true })),
      progress(60),
      data(order(3, 'o3', 10, { retract: true }), order(3, 'x', 10, { k: '43', retract: true })),
    ]);
    const late = lateOf(outcome);
    expect(new Set(late.map(({ reason }) => reason))).toEqual(
      new Set(['retraction of an order that was never counted']),
    );
    expect(late.map(({ event }) => event.id).sort()).toEqual(['o2', 'o3', 'x']);
    const remembered = (state: Outcome['state']) => [...state.keys()].filter((key) => key.includes('.taken-back.'));
    expect(remembered(outcome.state)).toHaveLength(3);
    const later = runStages(STAGES, [data(order(5, 'o2', 10, { retract: true })), progress(66)]);
    expect(remembered(later.state)).toEqual([]); // a minute of event time is over
  });
});

describe('statistical outliers', () => {
  const stages = [anomaly(only('statisticalOutlier'))];
  const usual = [10, 12, 8, 11, 9].map((dollars, n) => order(n * 3600, `o${n}`, dollars)); // mean 10, deviation 1.58

  test('an amount over 3 deviations above the mean of at least 5 earlier orders', () => {
    const outcome = checkLaw(stages, [data(...usual, order(20_000, 'x', 14.75)), progress(30_000)]);
    expect(alertsOf(outcome)).toMatchObject([
      {
        anomaly_type: 'statistical_outlier',
        severity: 'medium',
        description: 'Unusual order x: $14.75 is 3 standard deviations above the mean of $10.00 of customer 42',
        details: {
          order_id: 'x',
          amount: '14.75',
          mean: '10.00',
          deviation: '1.58',
          deviations: 3,
          over_deviations: 3,
          orders: 5,
        },
      },
    ]);
    const quiet = (...events: OrderEvent[]) => alertsOf(checkLaw(stages, [data(...events), progress(30_000)]));
    expect(quiet(...usual, order(20_000, 'x', 14.74))).toEqual([]);
    expect(quiet(...usual.slice(1), order(20_000, 'x', 99))).toEqual([]);
    expect(quiet(...usual, order(20_000, 'x', 0.01))).toEqual([]);
    expect(quiet(...usual, order(20_000, 'x', 20))).toMatchObject([{ severity: 'high' }]);
  });

  test('a customer who always spends the same has none, unless a least deviation is set', () => {
    const same = Array.from({ length: 6 }, (_, n) => order(n * 60, `o${n}`, 10));
    const steps = [data(...same, order(600, 'x', 13.01)), progress(900)];
    expect(alertsOf(checkLaw(stages, steps))).toEqual([]);
    const { statisticalOutlier } = DEFAULT_ORDERS.rules;
    const rules = {
      ...only('statisticalOutlier').rules,
      statisticalOutlier: { ...statisticalOutlier, minDeviation: 100 },
    };
    expect(alertsOf(checkLaw([anomaly({ ...DEFAULT_ORDERS, rules: { ...rules } })], steps))).toMatchObject([
      { details: { deviation: '1.00', deviations: 3.01 } },
    ]);
  });

  test('what was taken back leaves no trace, even if it was a million times as much', () => {
    const typo = order(14_500, 'typo', 10_000_000);
    const steps = [
      data(...usual, typo),
      progress(15_000),
      data({ ...typo, retract: true }, { ...typo, amount: 1000 }),
      data(order(20_000, 'x', 14.5)),
      progress(30_000),
    ];
    const outcome = checkLaw(stages, steps);
    expect(alertsOf(outcome)).toMatchObject([
      { details: { order_id: 'typo' } },
      { details: { order_id: 'x', mean: '10.00', deviation: '1.41', orders: 6 } },
    ]);
  });
});

/** The rules, read literally, over a list of orders in event-time order: what fires at which order. */
function recount(orders: readonly OrderEvent[]): Map<string, number> {
  const fired = new Map<string, number>();
  const fire = (type: string, { k }: OrderEvent) => fired.set(`${type} ${k}`, (fired.get(`${type} ${k}`) ?? 0) + 1);
  for (const [at, each] of orders.entries()) {
    const before = orders.slice(0, at).filter(({ k }) => k === each.k);
    const within = (ms: number) => before.filter(({ t }) => t > each.t - ms).length + 1;
    if (within(HOUR) >= 5) fire('order_spike', each);
    if (within(5 * MINUTE) >= 2) fire('rapid_orders', each);
    if (within(MINUTE) > 5) fire('fraud_alert', each);
    if (each.amount > 100_000) fire('fraud_alert', each);
    if (each.amount > 100_000) fire('large_order', each);
    if (before.length < 5) continue;
    const mean = before.reduce((sum, { amount }) => sum + amount, 0) / before.length;
    const variance = before.reduce((sum, { amount }) => sum + (amount - mean) ** 2, 0) / (before.length - 1);
    if (variance > 0 && each.amount > mean + 3 * Math.sqrt(variance)) fire('statistical_outlier', each);
  }
  return fired;
}

/** Alerts of each type and customer: how often in all. */
function counted(outcome: Outcome): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { anomaly_type, customer_id, count } of alertsOf(outcome)) {
    const key = `${anomaly_type} ${customer_id}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return counts;
}

const anyStream = fc.record({
  seed: fc.integer(),
  kafkaPartitions: fc.integer({ min: 1, max: 4 }),
  batch: fc.integer({ min: 1, max: 30 }),
  spanMs: fc.constantFrom(2 * MINUTE, 20 * MINUTE, 3 * HOUR),
});

describe('properties', () => {
  test('what fires equals a naive recount, whatever the disorder within the bound, cuts and crashes (invariant 1)', () => {
    fc.assert(
      fc.property(anyStream, ({ seed, kafkaPartitions, batch, spanMs }) => {
        const stream = { seed, orders: 60, customers: 5, startMs: START, spanMs };
        const events = generateOrders(stream).map((each, n) => (n % 17 === 0 ? { ...each, amount: 150_000 } : each));
        const end = advanceAll(kafkaPartitions, START + 4 * HOUR);
        const run = (list: OrderEvent[]) => [...toSteps(list, { kafkaPartitions, batch, boundMs: BOUND }), ...end];
        const outcome = checkLaw(STAGES, run(shuffleWithin(events, BOUND, seed)));
        expect(counted(outcome)).toEqual(recount(events));
        expect(outcome.late).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });

  test('alerts do not depend on how Kafka partitions interleave, with corrections too (invariants 1 and 2)', () => {
    fc.assert(
      fc.property(anyStream, fc.integer(), ({ seed, spanMs, batch }, other) => {
        const stream = { seed, orders: 60, customers: 5, startMs: START, spanMs, changed: 0.3 };
        const events = generateOrders(stream);
        const run = (list: OrderEvent[]) =>
          runStages(STAGES, [
            ...toSteps(list, { kafkaPartitions: 4, batch, boundMs: BOUND }),
            ...advanceAll(4, START + 4 * HOUR),
          ]);
        const [one, two] = [seed, other].map((shuffle) => run(shuffleWithin(events, BOUND, shuffle)));
        expect(alertsOf(one!)).toEqual(alertsOf(two!));
        expect(one!.late).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('the law, with late, changed and deleted orders', () => {
    fc.assert(
      fc.property(anyStream, ({ seed, kafkaPartitions, batch, spanMs }) => {
        const stream = { seed, orders: 60, customers: 5, startMs: START, spanMs, changed: 0.3 };
        const events = shuffleWithin(generateOrders(stream), 60 * BOUND, seed);
        const steps = toSteps(events, { kafkaPartitions, batch, boundMs: BOUND });
        checkLaw(STAGES, [...steps, ...advanceAll(kafkaPartitions, START + 4 * HOUR)]);
        checkLaw([anomaly({ ...DEFAULT_ORDERS, order: 'arrival', foldMs: 10 * MINUTE })], steps);
      }),
      { numRuns: 8 },
    );
  });
});

describe('state', () => {
  test('is bounded: a customer is forgotten after the given time, and all that was held', () => {
    const steps = [
      data(...generateOrders({ seed: 7, orders: 300, customers: 20, startMs: START, spanMs: HOUR, changed: 0.2 })),
    ];
    const forgetMs = 2 * 24 * HOUR;
    const kept = runStages([anomaly({ ...DEFAULT_ORDERS, forgetMs })], [...steps, progress(47 * 3600)]);
    expect([...kept.state.keys()].some((key) => key.includes('.customer.'))).toBe(true);
    const forgotten = checkLaw([anomaly({ ...DEFAULT_ORDERS, forgetMs })], [...steps, progress(50 * 3600)]);
    expect([...forgotten.state.keys()].filter((key) => !key.includes('.held.'))).toEqual([]);
    const waiting = [...forgotten.state.values()].map((text) => JSON.parse(text).events.length);
    expect(Math.max(...waiting)).toBeLessThanOrEqual(64);
  });

  test('names in keys are encoded', () => {
    const outcome = runStages(STAGES, [data(order(0, 'o.1', 2000, { k: 'a b.c' })), progress(60)]);
    expect([...outcome.results.keys()].some((key) => key.includes(`.alert.${encodeId('a b.c')}.large_order.`))).toBe(
      true,
    );
  });
});
