/** The published JSON Schemas: current, and held by every message; checked by a validator that is not zod's. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { activity } from '../../services/activity/activity.ts';
import { anomaly } from '../../services/anomaly/anomaly.ts';
import { globalPatterns } from '../../services/anomaly/global-patterns.ts';
import { anomalyMaip } from '../../services/anomaly/maip.ts';
import { combineSales } from '../../services/sales/combine.ts';
import { sales } from '../../services/sales/sales.ts';
import { accepts, type Schema } from '../../shared/cep/json/_json-schema.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { StageDefinition } from '../../shared/events/stage.ts';
import { advanceAll, generateOrders, toSteps } from '../../shared/testing/orders.ts';
import type { Step } from '../../shared/testing/stage-harness.ts';
import { commitsOf } from './_commits.ts';
import {
  MESSAGE_SCHEMAS,
  MESSAGE_TOPICS,
  type MessageTopic,
  messageJsonSchema,
  schemaFile,
} from './message-schemas.ts';
import { RESULTS_OF } from './results-of.ts';

const START = Date.parse('2024-06-01T10:00:00Z');
const HOUR = 3_600_000;

function published(topic: MessageTopic): Schema {
  return JSON.parse(readFileSync(schemaFile(topic), 'utf8'));
}

/** What zod says; that JSON Schema says the same is expected. */
function isValid(topic: MessageTopic, message: string): boolean {
  const value: unknown = JSON.parse(message);
  const isAccepted = MESSAGE_SCHEMAS[topic].safeParse(value).success;
  expect(accepts(published(topic), value), message).toBe(isAccepted);
  return isAccepted;
}

test.each(MESSAGE_TOPICS)('%s: the published schema is that of the code', (topic) => {
  const advice = 'Stale: run "node bridge/egress/message-schemas.ts" and commit bridge/egress/schemas';
  expect(published(topic), advice).toEqual(JSON.parse(JSON.stringify(messageJsonSchema(topic))));
});

describe('analytics', () => {
  test.each([
    '{"type":"hourly_sales","window_start":"2024-06-01T00:00:00","total_sales":1250.5,"average_order_value":312.63}',
    '{"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":42,"orders":3,"total_spent":450.75}',
    '{"type":"fraud_alert","customer_id":42,"reason":"Order amount > $1000","order_id":7,"amount":1500.0}',
  ])('the original %s', (message) => {
    expect(isValid('analytics', message)).toBe(true);
  });

  test.each([
    '{"type":"hourly_sales","window_start":"2024-06-01T00:00:00Z","total_sales":1250.5,"average_order_value":312.63}',
    '{"type":"hourly_sales","window_start":"2024-06-01T00:00:00","total_sales":"1250.50","average_order_value":312.63}',
    '{"type":"hourly_sales","window_start":"2024-06-01T00:00:00","total_sales":1250.5}',
    '{"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":4.2,"orders":3,"total_spent":450.75}',
    '{"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":42,"orders":-1,"total_spent":450.75}',
    '{"type":"fraud_alert","customer_id":42,"reason":"","order_id":7,"amount":1500.0,"more":1}',
    '{"type":"other"}',
    '[]',
  ])('refuses %s', (message) => {
    expect(isValid('analytics', message)).toBe(false);
  });
});

describe('every message of the stages', () => {
  const orders = generateOrders({
    seed: 7,
    orders: 400,
    customers: 12,
    startMs: START,
    spanMs: 3 * HOUR,
    changed: 0.2,
  });
  const steps = [
    ...toSteps(orders, { kafkaPartitions: 2, batch: 10, boundMs: 5_000 }),
    ...advanceAll(2, START + 8 * HOUR),
  ];
  const fraud = [
    { topic: 'test', kafkaPartition: 0, events: orders.slice(0, 9).map((o) => ({ ...o, amount: 120_000 })) },
  ];
  const maip: MaipEvent[] = Array.from({ length: 60 }, (_, n) => {
    const payload = { amount: n === 59 ? '9999.99' : n % 3 === 0 ? 'many' : `10.${10 + n}` };
    return { t: START + n * 1000, k: `c${n % 2}`, id: `${n}`, type: 'maip.order.created', payload };
  });
  const events: Step<MaipEvent>[] = [
    { topic: 'test', kafkaPartition: 0, events: maip },
    { topic: 'test', kafkaPartition: 0, progress: { watermark: START + HOUR } },
    { topic: 'test', kafkaPartition: 0, progress: { watermark: START + 2 * HOUR } },
  ];

  function check<E extends { readonly k: string }>(
    topic: MessageTopic,
    stages: readonly StageDefinition<never>[],
    input: readonly Step<E>[],
  ): number {
    const read = RESULTS_OF.get(stages[0]?.service ?? '');
    const results = commitsOf(stages, input).flatMap(({ payload, partition }) => read?.(payload, partition) ?? []);
    for (const { value } of results) expect(isValid(topic, value), value).toBe(true);
    return results.length;
  }

  test('is valid', () => {
    expect(check('analytics', [sales(), combineSales()], steps)).toBeGreaterThan(30);
    expect(check('analytics', [anomaly()], fraud)).toBeGreaterThan(5);
    expect(check('maip.analytics.aggregations', [activity()], events)).toBe(2);
    expect(check('maip.anomaly.detected', [anomalyMaip(), globalPatterns()], events)).toBeGreaterThan(1);
  });
});
