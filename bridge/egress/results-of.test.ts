/** The messages, byte for byte, from commit frames of the real stages. */
import { describe, expect, test } from 'vitest';
import { activity } from '../../services/activity/activity.ts';
import { anomaly } from '../../services/anomaly/anomaly.ts';
import { globalPatterns } from '../../services/anomaly/global-patterns.ts';
import { anomalyMaip } from '../../services/anomaly/maip.ts';
import { combineSales } from '../../services/sales/combine.ts';
import { sales } from '../../services/sales/sales.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { StageDefinition } from '../../shared/events/stage.ts';
import type { Step } from '../../shared/testing/stage-harness.ts';
import { commitsOf } from './_commits.ts';
import { identityOf, RESULTS_OF } from './results-of.ts';

const START = Date.parse('2024-06-01T00:00:00Z');
const MINUTE = 60_000;
const TOPIC = 'test';

function order(minute: number, k: string, id: string, cents: number, rest: Partial<OrderEvent> = {}): OrderEvent {
  return { t: START + minute * MINUTE, k, id, amount: cents, ...rest };
}

function events<E extends { readonly k: string }>(...all: E[]): Step<E> {
  return { topic: TOPIC, kafkaPartition: 0, events: all };
}

function watermark(minute: number): Step<never> {
  return { topic: TOPIC, kafkaPartition: 0, progress: { watermark: START + minute * MINUTE } };
}

/** In the order of the log. */
function resultsOf<E extends { readonly k: string }>(stages: readonly StageDefinition<never>[], ...steps: Step<E>[]) {
  const read = RESULTS_OF.get(stages[0]?.service ?? '');
  return commitsOf(stages, steps).flatMap(({ payload, partition }) => read?.(payload, partition) ?? []);
}

const SALES = [sales(), combineSales()];

describe('sales', () => {
  const orders = events(
    order(1, '42', '1', 15_000),
    order(2, '42', '2', 15_000),
    order(3, '42', '3', 15_075),
    order(4, 'a-7', '4', 79_975),
  );

  test('hourly_sales and customer_stats, once the hour is over, as the original writes them', () => {
    const results = resultsOf(SALES, orders, watermark(30), watermark(60));
    expect(results.map(({ value }) => value).sort()).toEqual([
      '{"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":"a-7","orders":1,"total_spent":799.75}',
      '{"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":42,"orders":3,"total_spent":450.75}',
      '{"type":"hourly_sales","window_start":"2024-06-01T00:00:00","total_sales":1250.5,"average_order_value":312.63}',
    ]);
    expect(results.map(({ key, topic }) => `${topic} ${key}`).sort()).toEqual([
      'analytics 2024-06-01T00:00:00',
      'analytics 42',
      'analytics a-7',
    ]);
  });

  test('nothing before the hour is over, and again with its new values when a late order comes', () => {
    expect(resultsOf(SALES, orders, watermark(30))).toEqual([]);
    const results = resultsOf(SALES, orders, watermark(60), events(order(5, '42', '5', 25)), watermark(61));
    expect(results.slice(3).map(({ value }) => value)).toEqual([
      '{"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":42,"orders":4,"total_spent":451.0}',
      '{"type":"hourly_sales","window_start":"2024-06-01T00:00:00","total_sales":1250.75,"average_order_value":250.15}',
    ]);
  });

  test('an order that counts in windows that end later only repeats the hour: the same identity and content', () => {
    const late = events(order(59, '42', '6', 100)); // its hour is closed at 120, windows to 179 + 60 take it
    const results = resultsOf(SALES, orders, watermark(60), watermark(130), late);
    const [first, repeated] = results.filter(({ value }) => value.includes('"customer_id":42'));
    expect(repeated?.identity).toEqual(first?.identity);
    expect(repeated?.identity).toMatchObject({ start: '2024-06-01T00:00:00', isNothing: false });
  });

  test('an hour without an order in it says nothing', () => {
    const late = events(order(59, 'new', '6', 100));
    const [only] = resultsOf(SALES, watermark(130), late).filter(({ value }) => value.includes('"new"'));
    expect(only?.identity?.isNothing).toBe(true);
  });

  test('what was sent says of itself which result it is', () => {
    const results = resultsOf(SALES, orders, watermark(60));
    for (const { value, identity } of results) expect(identityOf(value)).toEqual(identity);
    expect(identityOf('{"type":"fraud_alert","customer_id":42}')).toBeUndefined();
  });

  test('an id with all that JSON and keys escape is the same again', () => {
    const odd = 'a"\\}:,"orders":1 \n=é';
    const [message] = resultsOf(SALES, events(order(1, odd, '1', 100)), watermark(60));
    expect(JSON.parse(message?.value ?? '')).toMatchObject({ customer_id: odd, orders: 1, total_spent: 1 });
    expect(message?.key).toBe(odd);
    expect(identityOf(message?.value ?? '')).toEqual(message?.identity);
  });
});

describe('anomaly', () => {
  test('fraud_alert: each order, however its alerts fold, as the original writes it', () => {
    const results = resultsOf(
      [anomaly()],
      events(order(0, '42', '7', 150_000), order(1, '42', '8', 100_000), order(2, '42', 'x', 200_001)),
      watermark(10),
    );
    expect(results).toEqual([
      {
        topic: 'analytics',
        key: '42',
        value: '{"type":"fraud_alert","customer_id":42,"reason":"Order amount > $1000","order_id":7,"amount":1500.0}',
      },
      {
        topic: 'analytics',
        key: '42',
        value:
          '{"type":"fraud_alert","customer_id":42,"reason":"Order amount > $1000","order_id":"x","amount":2000.01}',
      },
    ]);
  });

  test('more than 5 orders in a minute, each from the sixth on', () => {
    const burst = Array.from({ length: 7 }, (_, n) => ({ ...order(0, '42', `${n + 1}`, 100), t: START + n * 1000 }));
    expect(resultsOf([anomaly()], events(...burst), watermark(5)).map(({ value }) => value)).toEqual([
      '{"type":"fraud_alert","customer_id":42,"reason":"More than 5 orders in 1 minute","order_id":6,"amount":1.0}',
      '{"type":"fraud_alert","customer_id":42,"reason":"More than 5 orders in 1 minute","order_id":7,"amount":1.0}',
    ]);
  });

  test('the same record again, or an update that is no worse, is sent no second time', () => {
    const large = order(0, '42', '7', 150_000);
    const update = [
      { ...large, retract: true as const },
      { ...large, amount: 160_000 },
    ];
    expect(resultsOf([anomaly()], events(large), events(large), events(...update), watermark(5))).toHaveLength(1);
  });
});

const MAIP = [anomalyMaip(), globalPatterns()];

test('maip.anomaly.detected: the alert without what is its folding own', () => {
  const created = Array.from({ length: 10 }, (_, n): MaipEvent => {
    return { t: START + n * 1000, k: `c${n}`, id: `e${n}`, type: 'maip.order.created', payload: {} };
  });
  const results = resultsOf(MAIP, events(...created), watermark(10), watermark(11));
  expect(results.map(({ topic, key }) => `${topic} ${key}`)).toEqual(['anomalies HIGH_ORDER_VOLUME']);
  const alert: unknown = JSON.parse(results[0]?.value ?? '');
  expect(alert).toMatchObject({ anomaly_type: 'HIGH_ORDER_VOLUME', severity: 'high', count: 1 });
  expect(alert).not.toHaveProperty('occurrences');
});

test('maip.analytics.aggregations: the final window without what is the stage own', () => {
  const seen = [1, 2, 3].map((minute): MaipEvent => {
    return { t: START + minute * MINUTE, k: 'cust-7', id: `${minute}`, type: 'maip.product.viewed', payload: {} };
  });
  const results = resultsOf([activity()], events(...seen), watermark(2), watermark(5));
  expect(results).toEqual([
    {
      topic: 'aggregations',
      key: 'cust-7',
      value:
        '{"customer_id":"cust-7","window_start":"2024-06-01T00:00:00Z","window_end":"2024-06-01T00:05:00Z","total_events":3,' +
        '"event_counts":{"maip.product.viewed":3},"total_amount":null,"amounts":{},"first_event":"2024-06-01T00:01:00Z",' +
        '"last_event":"2024-06-01T00:03:00Z","revision":0,"final":true}',
    },
  ]);
});
