/** What is particular to PostgreSQL: rows that are refused, documents of several rows, rule sets, and its failures. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../infra/faults/until.ts';
import { Database } from '../../shared/postgres/database.ts';
import type { PostgresSettings } from '../../shared/postgres/settings.ts';
import { SAMPLE_KINDS, type SampleKind } from '../../shared/sink/sample-values.ts';
import type { RefusedEntry, SinkEntry } from '../../shared/sink/sink-target.ts';
import { startTestPostgres, type TestPostgres } from '../../shared/testing/servers.ts';
import { migrated, readRows } from './_test-target.ts';
import { PostgresTarget } from './postgres-target.ts';

const LIFE = 1_717_200_000_000;
const { signal } = new AbortController();

let server: TestPostgres;
let settings: PostgresSettings;
let database: Database;
let target: PostgresTarget;
let revision = 0;

beforeAll(async () => {
  server = await startTestPostgres();
  settings = await migrated(server.address);
  database = await Database.open(settings, 'test');
  target = new PostgresTarget(database);
  for (const { bucket } of target.sources) await target.claim(bucket, LIFE);
});
afterAll(async () => {
  await database?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

function kind(bucket: string, name: string): SampleKind {
  const found = SAMPLE_KINDS.find((one) => one.bucket === bucket && one.name === name);
  if (!found) throw new Error(`No sample "${name}" of "${bucket}"`);
  return found;
}

const rfm = kind('rfm', 'customer');

function entryOf(key: string, value: unknown): SinkEntry {
  return { key, revision: ++revision, storedAtMs: Date.now(), value };
}

function customer(id: number, change: Readonly<Record<string, unknown>> = {}, key = rfm.key(id)): SinkEntry {
  return entryOf(key, { ...rfm.value(id, 1), ...change });
}

const write = (bucket: string, ...entries: SinkEntry[]) => target.write(bucket, entries, signal);
const reasonsOf = (refused: readonly RefusedEntry[]) => refused.map(({ reason }) => reason);

describe('a row that PostgreSQL cannot take', () => {
  const cases: [string, (id: number) => SinkEntry, RegExp][] = [
    ['has a character that no text may have', (id) => customer(id, { segment: 'a\0b' }), /22P05/],
    ['has half a character', (id) => customer(id, { segment: 'a\ud800' }), /22P0[25]/],
    ['lacks a member', (id) => customer(id, { segment: undefined }), /segment.*23502/],
    ['has a count that is none', (id) => customer(id, { frequency: 1.5 }), /1\.5.*22P02/],
    ['has a time that is none', (id) => customer(id, { last_order: 'yesterday evening' }), /22007/],
    ['has a number that is too large', (id) => customer(id, { frequency: 1e30 }), /22P02|22003/],
    [
      'has a key that no index holds',
      (id) => customer(id, {}, `p00.customer.${'=F0'.repeat(2_000)}x${random(9_000)}`),
      /54000/,
    ],
  ];
  test.each(cases)('%s: it alone is refused, of 500', async (_name, bad, reason) => {
    const first = 10_000 * (revision + 1);
    const entries = Array.from({ length: 500 }, (_, n) => (n === 321 ? bad(first + n) : customer(first + n)));
    const refused = await write('rfm', ...entries);
    expect(refused.map(({ key }) => key)).toEqual([entries[321]?.key]);
    expect(refused[0]?.reason).toMatch(reason);
    const [row] = await database.run<{ count: number }>(
      'SELECT count(*)::int AS count FROM customer_segments WHERE kv_revision > $1::int',
      [revision - 500],
    );
    expect(row?.count).toBe(499);
  });

  test('a trigger of the owner refuses it, and says why', async () => {
    await raise('P0001', `IF NEW.segment = 'bad' THEN`, 'we keep no such customers');
    const refused = await write('rfm', customer(1), customer(2, { segment: 'bad' }), customer(3));
    await noMoreRaising();
    expect(reasonsOf(refused)).toEqual([expect.stringMatching(/we keep no such customers.*P0001/)]);
  });
});

describe('numbers', () => {
  test('money and measures keep every digit', async () => {
    const one = customer(77, { monetary_value: '90071992547409931234.50', frequency: 9_007_199_254_740_991 });
    await write('rfm', one);
    const [row] = await database.run('SELECT monetary_value, frequency FROM customer_segments WHERE kv_key = $1', [
      one.key,
    ]);
    expect(row).toEqual({ monetary_value: '90071992547409931234.50', frequency: '9007199254740991' });
  });
});

describe('the document of a user', () => {
  const user = kind('segments', 'user');
  const inSegments = (id: number, ...names: string[]) => {
    const [result] = Object.values(Object(user.value(id, 2).segments));
    const segments = Object.fromEntries(names.map((name) => [name, result]));
    return entryOf(user.key(id), { ...user.value(id, 2), segments });
  };
  const segmentsOf = async (id: number) => {
    const rows = await readRows(database, 'segments', user.key(id));
    return Array.isArray(rows) ? rows.map((row: { segment_id: string }) => row.segment_id).toSorted() : [];
  };

  test('is replaced as one: segments that it has not any more are gone', async () => {
    await write('segments', inSegments(1, 'a', 'b', 'c'), inSegments(2, 'a'));
    await write('segments', inSegments(1, 'b', 'd'));
    expect(await segmentsOf(1)).toEqual(['b', 'd']);
    expect(await segmentsOf(2)).toEqual(['a']);
    await write('segments', inSegments(1));
    expect(await segmentsOf(1)).toEqual([]);
  });

  test('an older one adds no segment and takes none away', async () => {
    const older = inSegments(3, 'a', 'b', 'c');
    await write('segments', inSegments(3, 'b', 'd'));
    await write('segments', older);
    expect(await segmentsOf(3)).toEqual(['b', 'd']);
  });

  test('one reader sees the former document or the new one, never parts of both', async () => {
    await write('segments', inSegments(4, 'a', 'b', 'c'));
    const seen = new Set<string>();
    let isDone = false;
    const writing = (async () => {
      for (let n = 0; n < 100; n++)
        await write('segments', n % 2 ? inSegments(4, 'a', 'b', 'c') : inSegments(4, 'd', 'e'));
      isDone = true;
    })();
    while (!isDone) seen.add((await segmentsOf(4)).join(' '));
    await writing;
    expect([...seen].filter((segments) => segments !== 'a b c' && segments !== 'd e')).toEqual([]);
  });
});

describe('rule sets', () => {
  const rules = kind('segments', 'rules');
  const versioned = (partition: string, version: number, id: number) =>
    entryOf(`${partition}.rules`, { ...rules.value(id, version), version });
  const shown = async () => {
    const found = await database.run<{ segment_id: string; version: string; threshold: string }>(
      `SELECT segment_id, rule_set_version AS version, threshold FROM segments JOIN segment_rules USING (segment_id)`,
      [],
    );
    return found.map(({ segment_id, version, threshold }) => `${segment_id} ${version} ${threshold}`);
  };

  test('the newest version of any partition is shown, whichever came last', async () => {
    await write('segments', versioned('p03', 7, 7));
    await write('segments', versioned('p09', 9, 9));
    await write('segments', versioned('p04', 8, 8));
    expect(await shown()).toEqual(['buyers-9 9 10']);
    await write('segments', entryOf('p09.rules', undefined));
    expect(await shown()).toEqual(['buyers-8 8 9']);
  });

  test('what is no rule set is refused with what is wrong', async () => {
    const refused = await write('segments', entryOf('p05.rules', { version: 10, segments: [{ id: 'x y' }] }));
    expect(reasonsOf(refused)).toEqual([expect.stringMatching(/no rule set: .*"name"/)]);
  });
});

describe('stored keys', () => {
  test('are found behind pages of rows that are older than the bucket', async () => {
    await database.run(
      `INSERT INTO customer_segments (customer_id, segment, recency_days, frequency, monetary_value, first_order,
         last_order, kv_key, kv_life, kv_revision)
       SELECT n, 'VIP', 1, 1, 1, now(), now(), 'p00.customer.former' || n, 1, n FROM generate_series(1, 12000) AS n`,
      [],
    );
    const own = ['p00.customer.a', 'p00.customer.g', 'p01.customer.b'];
    await write('rfm', ...own.map((key) => customer(1, {}, key)));
    const stored = await Array.fromAsync(target.storedKeys('rfm', signal));
    expect(stored.filter((key) => key.includes('former'))).toEqual([]);
    expect(stored).toEqual(expect.arrayContaining(own));
  });
});

describe('failures of the server', () => {
  test.each([
    ['53100', 'full', /disk of the server is full/],
    ['53200', 'full', /memory/],
    ['25006', 'full', /standby/],
    ['53300', 'throttled', /PG_POOL/],
    ['40001', 'throttled', /40001/],
    ['40P01', 'throttled', /40P01/],
    ['55P03', 'throttled', /55P03/],
    ['58030', 'away', /its log/],
  ])('%s: the store is %s, and nothing is refused', async (code, kind, advice) => {
    await raise(code);
    const failure = await write('rfm', customer(1), customer(2)).catch((error: unknown) => error);
    await noMoreRaising();
    expect(failure).toMatchObject({ code: 'sink-unavailable', kind });
    expect(String(failure)).toMatch(advice);
    expect(await write('rfm', customer(1))).toEqual([]);
  });

  test('a table that is missing is for people, and says which', async () => {
    await database.run('ALTER TABLE customer_segments RENAME TO elsewhere', []);
    const failure = await write('rfm', customer(1)).catch((error: unknown) => error);
    await database.run('ALTER TABLE elsewhere RENAME TO customer_segments', []);
    expect(failure).not.toMatchObject({ code: 'sink-unavailable' });
    expect(String(failure)).toMatch(/Cannot write to bucket "rfm".*customer_segments.*42P01/);
  });

  test('a column that was added meanwhile disturbs no prepared statement', async () => {
    await write('rfm', customer(1));
    await database.run('ALTER TABLE customer_segments ADD COLUMN note text', []);
    expect(await write('rfm', customer(1))).toEqual([]);
    await database.run('ALTER TABLE customer_segments DROP COLUMN note', []);
    expect(await write('rfm', customer(1))).toEqual([]);
  });

  test('a right that is missing is for people, and says so', async () => {
    await database.run(`CREATE ROLE reader LOGIN PASSWORD 'only-a-test'`, []);
    await database.run('GRANT SELECT, INSERT, UPDATE ON weir_sink_positions TO reader', []);
    await using poor = await Database.open({ ...settings, user: 'reader', password: 'only-a-test' }, 'poor');
    const other = new PostgresTarget(poor);
    await other.claim('sales', LIFE);
    const window = kind('sales', 'window');
    const failure = await other.write('sales', [entryOf(window.key(1), window.value(1, 1))], signal).catch(String);
    await target.claim('sales', LIFE);
    expect(failure).toMatch(/permission denied for table sales_windows.*grant/);
  });

  test('a wrong password is for people, and in no message', async () => {
    await using wrong = await Database.open({ ...settings, password: 'not-the-one' }, 'wrong');
    const failure = await new PostgresTarget(wrong).claim('rfm', LIFE).catch((error: unknown) => error);
    expect(failure).not.toMatchObject({ code: 'sink-unavailable' });
    expect(String(failure)).toMatch(/28P01.*PG_PASSWORD/);
    expect(String(failure)).not.toContain('not-the-one');
  });

  test('a statement that takes too long is given up, and throttles', async () => {
    await using hasty = await Database.open({ ...settings, statementTimeoutMs: 200 }, 'hasty');
    const other = new PostgresTarget(hasty);
    await other.claim('inventory', LIFE);
    await raise(undefined, 'PERFORM pg_sleep(5); IF false THEN', 'never', 'inventory_insights');
    const product = kind('inventory', 'product');
    const failure = await other
      .write('inventory', [entryOf(product.key(1), product.value(1, 1))], signal)
      .catch((error: unknown) => error);
    await noMoreRaising('inventory_insights');
    expect(failure).toMatchObject({ kind: 'throttled' });
    expect(String(failure)).toMatch(/PG_STATEMENT_TIMEOUT_SECONDS/);
  });

  test('who is told to stop cancels what runs', async () => {
    await raise(undefined, 'PERFORM pg_sleep(600); IF false THEN', 'never');
    await using patient = await Database.open({ ...settings, statementTimeoutMs: 600_000 }, 'patient');
    const other = new PostgresTarget(patient);
    await other.claim('rfm', LIFE);
    const stop = new AbortController();
    const writing = other.write('rfm', [customer(5)], stop.signal).catch((error: unknown) => error);
    const running = async () => {
      const rows = await database.run(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`, []);
      return rows.length;
    };
    await until(
      () => 'it runs',
      async () => (await running()) === 1,
      10_000,
    );
    stop.abort(new Error('we stop'));
    expect(String(await writing)).toMatch(/we stop/);
    expect(await running()).toBe(0);
    await noMoreRaising();
  }, 20_000);
});

/** Every write to the table runs into it. */
async function raise(
  code = 'P0001',
  condition = 'IF true THEN',
  message = 'the test raises it',
  table = 'customer_segments',
) {
  await database.run(
    `CREATE OR REPLACE FUNCTION raise_it() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN ${condition} RAISE EXCEPTION '${message}' USING ERRCODE = '${code}'; END IF; RETURN NEW; END $$`,
    [],
  );
  await database.run(`CREATE TRIGGER raise_it BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION raise_it()`, []);
}

async function noMoreRaising(table = 'customer_segments') {
  await database.run(`DROP TRIGGER raise_it ON ${table}`, []);
}

/** That does not compress. */
function random(length: number): string {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('');
}
