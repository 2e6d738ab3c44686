/** Fills every table with rows made by the server: for tests that look at plans, and for the benchmark. */
import type { Database } from '../database.ts';

export const SAMPLE_END = new Date('2024-06-01T00:00:00Z');
export const SAMPLE_CONTENTS = 500;

const AT = (step: string, each: number) =>
  `timestamptz '${SAMPLE_END.toISOString()}' - (n / ${each} + 1) * interval '${step}'`;
const VERSION = `1717200000000, n, now() + interval '30 days', now()`;
const VERSION_NAMES = 'kv_key, kv_life, kv_revision, expires_at, updated_at';
const OUTCOMES = 'n % 90 + 1, n % 7, 0, true';
const BOUNDS = (step: string, each: number, size = step) => `${AT(step, each)}, ${AT(step, each)} + interval '${size}'`;

const FILLS: Readonly<Record<string, string>> = {
  content_stats: `SELECT 'content-' || n % ${SAMPLE_CONTENTS}, ${BOUNDS('1 minute', SAMPLE_CONTENTS)}, n % 90 + n % 7 + 1, ${OUTCOMES}, 'c' || n`,
  region_health: `SELECT 'region-' || n % 200, ${BOUNDS('1 minute', 200)}, n % 97 + 1, 0.9512, 48.125, 12.5, ${OUTCOMES}, 'r' || n`,
  device_stats: `SELECT 'phone', 'android', 'v' || n % 50, ${BOUNDS('1 minute', 50)}, n % 97 + 1, 0.9512, 48.125, ${OUTCOMES}, 'd' || n`,
  sales_windows: `SELECT CASE n % 13 WHEN 12 THEN 'hourly' ELSE 'sliding' END,
    ${BOUNDS('5 minutes', 1, '1 hour')}, 29148.19, 283, 103.00, 182, 0, true, 's' || n`,
  customer_segments: `SELECT n::text, (ARRAY['VIP','Regular','New','At-Risk','Churned'])[n % 5 + 1], n % 100, n % 30,
    (n::bigint * 7919 % 1000003)::numeric / 100, now(), now(), 'k' || n`,
  inventory_insights: `SELECT n::text, 'Product ' || n, n % 50, 9.99, n % 40, 2.29, NULLIF(n % 300, 0)::numeric / 10,
    CASE WHEN n % 100 = 0 THEN 'out_of_stock' WHEN n % 100 < 4 THEN 'critical' WHEN n % 100 < 11 THEN 'low' ELSE 'healthy' END, n % 9 = 0, date '2024-05-31', n % 80,
    (ARRAY['immediate','soon','planned','none'])[n % 4 + 1], date '2024-06-01', 'p' || n`,
  user_segments: `SELECT 'user_' || n / 10, 'segment-' || n % 10, n % 3 > 0, n % 100, now(), now(), now(), 'r1', NULL, 'u' || n / 10`,
  activity_windows: `SELECT 'cust-' || n % 5000, ${BOUNDS('5 minutes', 5000)}, 3, '{"maip.order.created":2}', 19.75,
    '{"maip.order.created":{"count":2,"sum":"19.75"}}', NULL, now(), now(), 0, true, 'a' || n`,
};
const ALERTS = `SELECT (ARRAY['anomaly','anomaly-maip','region-health'])[n % 3 + 1], 'id' || n, 'type_' || n % 8,
  (ARRAY['low','medium','high','critical'])[n / 8 % 4 + 1], CASE WHEN n % 3 < 2 THEN (n % 20011)::text END,
  CASE WHEN n % 3 = 2 THEN 'region-' || n % 20 END, 'An alert', timestamptz '${SAMPLE_END.toISOString()}' - n * interval '2 seconds',
  1, now(), now(), NULL, '{"orders":5}', 'x' || n, ${VERSION} FROM generate_series(0, $1::int - 1) AS n`;

export async function fillTables(database: Database, rows: number, onTable: (table: string) => void = () => undefined) {
  for (const [table, select] of Object.entries(FILLS)) {
    onTable(table);
    const names = (await columnsOf(database, table)).filter((name) => !VERSION_NAMES.split(', ').includes(name));
    await database.run(
      `INSERT INTO ${table} (${names.join(', ')}, ${VERSION_NAMES})
       ${select}, ${VERSION} FROM generate_series(0, $1::int - 1) AS n`,
      [rows],
    );
  }
  onTable('alerts');
  await database.run(`INSERT INTO alerts ${ALERTS}`, [rows]);
  for (const table of [...Object.keys(FILLS), 'alerts']) await database.run(`VACUUM ANALYZE ${table}`, []);
}

async function columnsOf(database: Database, table: string): Promise<string[]> {
  const rows = await database.run<{ name: string }>(
    `SELECT quote_ident(attname) AS name FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 ORDER BY attnum`,
    [table],
  );
  return rows.map(({ name }) => name);
}
