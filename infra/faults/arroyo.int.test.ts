/**
 * A real capture of Debezium (830 changes of one table, with a golden outcome; bridge/decode/fixtures/README.md), through
 * Kafka, the bridge and services. The table holds order lines, so it is read once as orders of a product, once as lines.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CustomerValue } from '../../services/rfm/rfm.ts';
import type { HourlyValue } from '../../services/sales/combine.ts';
import { formatMoney, moneyFromNumber, parseMoney } from '../../shared/events/money.ts';
import { ROOT } from '../launcher/checkout.ts';
import type { ServiceName } from './mesh-process.ts';
import { readBucket, readDeadLetters } from './read-back.ts';
import { TestMesh } from './test-mesh.ts';

const DAY = 86_400_000;
const BOUND = 5_000;
const CLOSING = 'Closing';

interface Row {
  readonly id: number;
  readonly product_name: string;
  readonly price: number;
  readonly order_date: number;
}

interface Golden {
  readonly golden_agg: {
    readonly rows: readonly { readonly product: string; readonly count: number }[];
    readonly sum_quantity_per_product: Readonly<Record<string, number>>;
  };
}

const { golden_agg: golden } = JSON.parse(read('arroyo.expected.json')) as Golden;
const records = read('aggregate_updates.jsonl').split('\n').filter(Boolean);
/** Event times of all rows, ms. */
const times = records.flatMap((record) => {
  const { before, after } = JSON.parse(record) as Record<'before' | 'after', Row | null>;
  return [before, after].flatMap((row) => (row ? [row.order_date / 1000] : []));
});
const closeAt = Math.ceil(Math.max(...times)) + DAY;

describe('the capture of Arroyo through the mesh', () => {
  it('as orders, gives the golden orders of each product, and their revenue', async () => {
    await using mesh = await replay(
      'order',
      { id: ['id'], key: ['product_name'], amount: ['price'], time: ['order_date'] },
      ['rfm', 'sales'],
    );
    const customers = [...(await readBucket(mesh.log, 'rfm'))]
      .filter(([key]) => key.includes('.customer.'))
      .map(([, text]) => JSON.parse(text) as CustomerValue)
      .filter(({ customer_id }) => customer_id !== CLOSING);
    expect(sorted(customers.map(({ customer_id, frequency }) => [customer_id, frequency]))).toEqual(
      sorted(golden.rows.map(({ product, count }) => [product, count])),
    );
    const expected = new Map<string, number>();
    for (const { product_name, price } of goldenRows())
      expected.set(product_name, (expected.get(product_name) ?? 0) + moneyFromNumber(price));
    expect(sorted(customers.map(({ customer_id, monetary_value }) => [customer_id, monetary_value]))).toEqual(
      sorted([...expected].map(([product, spent]) => [product, formatMoney(spent)])),
    );
    const hours = [...(await readBucket(mesh.log, 'sales'))]
      .filter(([key]) => key.startsWith('all.hourly.'))
      .map(([, text]) => JSON.parse(text) as HourlyValue)
      .filter(({ final }) => final);
    const revenue = hours.reduce((sum, { total_sales }) => sum + parseMoney(total_sales), 0);
    expect(revenue).toBe([...expected.values()].reduce((sum, spent) => sum + spent, 0));
  });

  it('as lines, gives the golden units of each product', async () => {
    await using mesh = await replay(
      'orderItem',
      {
        id: ['id'],
        key: ['product_name'],
        order: ['id'],
        quantity: ['quantity'],
        price: ['price'],
        time: ['order_date'],
      },
      ['inventory'],
    );
    const units = [...(await readBucket(mesh.log, 'inventory'))]
      .filter(([key]) => key.includes('.product.'))
      .map(([, text]) => JSON.parse(text) as { readonly product_id: string; readonly units_sold_7d: number })
      .filter(({ product_id }) => product_id !== CLOSING);
    expect(sorted(units.map(({ product_id, units_sold_7d }) => [product_id, units_sold_7d]))).toEqual(
      sorted(Object.entries(golden.sum_quantity_per_product)),
    );
  });
});

/** Everything in Kafka, in one partition as captured, bridged and folded. */
async function replay(kind: string, fields: object, services: readonly ServiceName[]): Promise<TestMesh> {
  const route = {
    decoder: 'debezium-json',
    kind,
    fields,
    outOfOrdernessMs: BOUND,
    idle: { policy: 'hold', afterMs: 3_600_000 },
  };
  const mesh = await TestMesh.create({ label: 'arroyo', kafkaPartitions: 1, route, services });
  for (const role of ['bridge', ...services] as const) mesh.start(role, role);
  await mesh.topic.send([...records, closing()].map((value) => ({ partition: 0, value })));
  await mesh.reach(closeAt - BOUND - 1);
  await mesh.stop();
  expect(await readDeadLetters(mesh.log, mesh.topic.name)).toEqual([]);
  return mesh;
}

/** A row a day later: behind it the watermark is known. */
function closing(): string {
  const row = { id: 1, customer_name: CLOSING, product_name: CLOSING, quantity: 1, price: 1, status: 'Shipped' };
  const after = { ...row, order_date: closeAt * 1000 };
  const last = JSON.parse(records.at(-1) ?? '') as { readonly source: Readonly<Record<string, unknown>> };
  const lsn = Number(last.source.lsn) + 1_000_000;
  const source = { ...last.source, sequence: JSON.stringify([String(lsn), String(lsn)]), lsn };
  return JSON.stringify({ before: null, after, source, op: 'c', ts_ms: closeAt });
}

/** The rows that the golden changelog ends with. */
function goldenRows(): Iterable<Row> {
  const rows = new Map<number, Row>();
  for (const line of read('debezium_pass_through.golden.jsonl').split('\n').filter(Boolean)) {
    const { before, after } = JSON.parse(line) as Record<'before' | 'after', Row | null>;
    if (before) rows.delete(before.id);
    if (after) rows.set(after.id, after);
  }
  return rows.values();
}

function sorted<T>(entries: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function read(name: string): string {
  return readFileSync(join(ROOT, 'bridge/decode/fixtures', name), 'utf8');
}
