/** Records for tests of the bridge: a deterministic history of orders with all that can happen to them. */
import { type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';

export const START_MS = Date.UTC(2026, 0, 1);
export const TEST_ROUTE: EventRoute<'order'> = {
  topic: 'dbserver1.public.orders',
  ...routeDefaults('order', 'debezium-json'),
};

export function record(offset: number, value: unknown): KafkaRecord {
  const bytes = value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { offset, timestampMs: START_MS + offset * 10, key: Buffer.from(`{"order_id":${offset}}`), value: bytes };
}

/** Creates, updates that move an order to another customer, deletes, tombstones and records that cannot be read. */
export function history(count: number): KafkaRecord[] {
  return Array.from({ length: count }, (_, n) => {
    if (n % 11 === 10) return record(n, n % 2 === 0 ? 'no JSON' : create(n, 'abc'));
    if (n % 7 === 6) return record(n, { before: row(n - 1), after: { ...row(n - 1), customer_id: n }, ...rest('u') });
    if (n % 13 === 12) return record(n, null);
    return record(n, create(n, n + 0.25));
  });
}

export function create(n: number, amount: unknown = 10): object {
  return { before: null, after: { ...row(n), total_amount: amount }, ...rest('c') };
}

function row(n: number): object {
  return { order_id: n, customer_id: n % 5, total_amount: n + 0.25, order_date: (START_MS + n * 10) * 1000 };
}

function rest(op: string): object {
  return { source: { db: 'shop' }, op };
}
