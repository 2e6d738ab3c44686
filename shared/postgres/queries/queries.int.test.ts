/** Every list on 100,000 rows a table: its plan, its pages, and the form of its rows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../../testing/servers.ts';
import { planOf } from '../_plan.ts';
import { testSettings } from '../_test-settings.ts';
import { Database } from '../database.ts';
import { migrateDatabase } from '../migrate.ts';
import { type ResultsReader, resultsReader } from '../results-reader.ts';
import { SAMPLE_QUERIES } from './_sample-queries.ts';
import { fillTables } from './_sample-rows.ts';
import { BadCursorError, type Page, type PageQuery } from './page.ts';

const ROWS = 100_000;
let server: TestPostgres;
let database: Database;
let reader: ResultsReader;

beforeAll(async () => {
  server = await startTestPostgres({ settings: { fsync: 'off', autovacuum: 'off' } });
  const settings = testSettings(server.address, { statementTimeoutMs: 300_000 });
  await migrateDatabase(settings);
  database = await Database.open(settings, 'queries');
  await fillTables(database, ROWS);
  reader = resultsReader(database);
}, 300_000);
afterAll(async () => {
  await database?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

describe('plans', () => {
  for (const { name, index, sorts, ask } of SAMPLE_QUERIES)
    test(`${name}: by index ${index}`, async () => {
      const { statement, parameters } = ask(1);
      const plan = await planOf(database, statement, parameters);
      expect(plan.scanned).toEqual([]);
      expect(plan.indexes).toContain(index);
      if (!sorts) expect(plan.nodes.filter((node) => node.includes('Sort'))).toEqual([]);
      expect((await database.run(statement, parameters)).length).toBeGreaterThan(0);
    });
});

describe('pages', () => {
  const cases: [string, (query: PageQuery) => Promise<Page<object>>, string, string[]][] = [
    [
      'customers of a segment',
      (query) => reader.customers({ ...query, segment: 'VIP' }),
      `SELECT customer_id AS id FROM customer_segments WHERE segment = 'VIP' ORDER BY monetary_value DESC, customer_id DESC`,
      ['customer_id'],
    ],
    [
      'alerts',
      (query) => reader.alerts({ ...query, severity: 'high', type: 'type_3' }),
      `SELECT alert_id AS id FROM alerts WHERE severity = 'high' AND anomaly_type = 'type_3' ORDER BY timestamp DESC`,
      ['alert_id'],
    ],
    [
      'restock',
      (query) => reader.restock(query),
      `SELECT product_id AS id FROM inventory_insights WHERE restock_urgency <> 'none'
       ORDER BY array_position(ARRAY['immediate','soon','planned'], restock_urgency), days_until_stockout NULLS FIRST,
         restock_quantity DESC, product_id::int`,
      ['product_id'],
    ],
    [
      'restock of an urgency',
      (query) => reader.restock({ ...query, urgency: 'soon' }),
      `SELECT product_id AS id FROM inventory_insights WHERE restock_urgency = 'soon'
       ORDER BY days_until_stockout NULLS FIRST, restock_quantity DESC, product_id::int`,
      ['product_id'],
    ],
    [
      'users of a segment',
      (query) => reader.users({ ...query, segment: 'segment-4' }),
      `SELECT user_id AS id FROM user_segments WHERE segment_id = 'segment-4' AND qualified ORDER BY user_id`,
      ['user_id'],
    ],
  ];
  for (const [name, read, sql, [id = '']] of cases)
    test(`${name}: one after the other they are the whole list, in its order`, async () => {
      const wanted = (await database.run<{ id: string }>(sql, [])).map((row) => row.id);
      expect(wanted.length).toBeGreaterThan(500);
      const found: unknown[] = [];
      let after: readonly string[] | undefined;
      do {
        const page = await read({ limit: 1_999, after });
        found.push(...page.items.map((item) => Object.entries(item).find(([key]) => key === id)?.[1]));
        after = page.next;
      } while (after);
      expect(found).toEqual(wanted);
    });

  test('numbers stand in their order', async () => {
    const page = await reader.products({ limit: 12 });
    expect(page.items.map(({ product_id }) => product_id)).toEqual(Array.from({ length: 12 }, (_, n) => String(n)));
  });

  test.each([[['x']], [['abc', '5']], [['1', 'a\0b']], [[]], [['1', '2', '3']]])(
    'cursor %j is refused',
    async (after) => {
      await expect(reader.customers({ segment: 'VIP', limit: 5, after })).rejects.toBeInstanceOf(BadCursorError);
    },
  );
});

describe('rows', () => {
  test('have the members and forms of the gateway', async () => {
    const from = new Date('2024-05-31T23:00:00Z');
    const { items } = await reader.salesWindows({ limit: 1, from });
    expect(items).toEqual([
      {
        ...{ window_start: '2024-05-31T23:55:00Z', window_end: '2024-06-01T00:55:00Z' },
        ...{ revenue: '29148.19', order_count: 283, avg_order_value: '103.00', unique_customers: 182 },
        ...{ revision: 0, final: true },
      },
    ]);
    const hours = await reader.salesHours({ limit: 1 });
    expect(hours.items[0]).toMatchObject({ total_sales: '29148.19', average_order_value: '103.00' });
    expect(hours.items[0]).not.toHaveProperty('revenue');
    const [product] = (await reader.products({ limit: 1 })).items;
    expect(product).toMatchObject({
      price: '9.99',
      days_until_stockout: null,
      last_sale: '2024-05-31',
      dead_stock: true,
    });
    const [alert] = (await reader.alerts({ limit: 1, region: 'region-2' })).items;
    expect(alert).toMatchObject({ region: 'region-2', details: { orders: 5 } });
    expect(alert).not.toHaveProperty('customer_id');
    expect(alert).not.toHaveProperty('resolved');
    const [minute] = (await reader.regionMinutes({ limit: 1, region: 'region-3' })).items;
    expect(minute).toMatchObject({ success_rate: 0.9512, avg_speed_mbps: 48.125 });
    const [window] = (await reader.activity({ limit: 1, customer: 'cust-9' })).items;
    expect(window).toMatchObject({ total_amount: '19.75', event_counts: { 'maip.order.created': 2 } });
    expect(await reader.segments('user_7')).toHaveLength(10);
    expect(await reader.segments('nobody')).toEqual([]);
  });

  test('sums are those of the minutes', async () => {
    const [from, to] = [new Date('2024-05-31T23:50:00Z'), new Date('2024-05-31T23:55:00Z')];
    const [first] = await reader.topContents({ by: 'downloads', from, to, limit: 1 });
    const [wanted] = await database.run(
      `SELECT content_id, sum(downloads)::int AS downloads, sum(successes)::int AS successes, sum(failures)::int AS failures
       FROM content_stats WHERE window_start >= $1 AND window_start < $2 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1`,
      [from, to],
    );
    expect(first).toEqual(wanted);
    const byFailures = await reader.topRegions({ by: 'failures', from, to, limit: 20 });
    const failures = byFailures.map((row) => row.failures);
    expect(failures).toEqual(failures.toSorted((a, b) => b - a));
    expect(byFailures).toHaveLength(20);
  });
});
