/** Who has lost a bucket, or does not know what became of a statement, writes nothing: on a real PostgreSQL. */
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../infra/faults/until.ts';
import { testSettings } from '../../shared/postgres/_test-settings.ts';
import { clientOptions, Database } from '../../shared/postgres/database.ts';
import type { PostgresSettings } from '../../shared/postgres/settings.ts';
import { firstLife } from '../../shared/sink/life.ts';
import { SAMPLE_KINDS } from '../../shared/sink/sample-values.ts';
import { type SinkEntry, SinkFencedError, SinkUnavailableError } from '../../shared/sink/sink-target.ts';
import { startTestPostgres, type TestPostgres } from '../../shared/testing/servers.ts';
import { TcpProxy } from './_tcp-proxy.ts';
import { migrated, readRows } from './_test-target.ts';
import { PostgresTarget } from './postgres-target.ts';

const LIFE = 1_717_200_000_000;
const BUCKET = 'rfm';
const { signal } = new AbortController();
const customer = SAMPLE_KINDS.find(({ bucket, name }) => bucket === BUCKET && name === 'customer');

let server: TestPostgres;
let settings: PostgresSettings;
let database: Database;
/** Another session, in the way of writes. */
let blocker: postgres.Sql;
let stack: AsyncDisposableStack;
let id = 0;

beforeAll(async () => {
  server = await startTestPostgres();
  settings = await migrated(server.address);
  database = await Database.open(settings, 'look');
  blocker = postgres(await clientOptions({ ...settings, pool: 1, statementTimeoutMs: 60_000 }, 'blocker'));
});
afterAll(async () => {
  await blocker?.end();
  await database?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  id++;
  stack = new AsyncDisposableStack();
  return () => stack.disposeAsync();
});

async function openTarget(more: Partial<PostgresSettings> = {}): Promise<PostgresTarget> {
  return new PostgresTarget(stack.use(await Database.open({ ...testSettings(server.address), ...more }, 'sink')));
}

function entry(revision: number, isDelete = false): SinkEntry {
  if (!customer) throw new Error('No such sample');
  const value = isDelete ? undefined : customer.value(id, revision);
  return { key: customer.key(id), revision, storedAtMs: Date.now(), value };
}

const stored = () => readRows(database, BUCKET, entry(1).key);

/** Resolves when so many statements of sinks wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  await until(
    () => `${count} statements wait for a lock`,
    async () => {
      const [row] = await database.run<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'sink' AND wait_event_type = 'Lock'`,
        [],
      );
      return row?.count === count;
    },
    10_000,
  );
}

/** Resolves when no statement of a sink is under way. */
async function untilNothingRuns(): Promise<void> {
  await until(
    () => 'no statement of a sink runs',
    async () => {
      const [row] = await database.run<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'sink' AND state = 'active'`,
        [],
      );
      return row?.count === 0;
    },
    10_000,
  );
}

describe('another process claims', () => {
  test('a write that is under way is waited for: it is before the claim, not after it', async () => {
    const [former, owner] = [await openTarget(), await openTarget()];
    await former.claim(BUCKET, LIFE);
    await former.write(BUCKET, [entry(1)], signal);
    let writing: Promise<unknown> | undefined;
    let claiming: Promise<unknown> | undefined;
    let isClaimed = false;
    await blocker.begin(async (sql) => {
      await sql`SELECT FROM customer_segments WHERE kv_key = ${entry(1).key} FOR UPDATE`;
      writing = former.write(BUCKET, [entry(2)], signal);
      await untilWaiting(1);
      claiming = owner.claim(BUCKET, LIFE).then(() => {
        isClaimed = true;
      });
      await untilWaiting(2);
      expect(isClaimed).toBe(false);
    });
    await Promise.all([writing, claiming]);
    expect(await stored()).toMatchObject([{ kv_revision: 2 }]);
    await expect(former.write(BUCKET, [entry(3)], signal)).rejects.toBeInstanceOf(SinkFencedError);
  });

  test('a write that the server only begins afterwards changes nothing', async () => {
    const [former, owner] = [await openTarget(), await openTarget()];
    await former.claim(BUCKET, LIFE);
    let writing: Promise<unknown> = Promise.resolve();
    await blocker.begin(async (sql) => {
      await sql`LOCK TABLE customer_segments IN EXCLUSIVE MODE`;
      writing = former.write(BUCKET, [entry(1)], signal);
      writing.catch(() => undefined);
      await untilWaiting(1);
      await owner.claim(BUCKET, LIFE);
    });
    await expect(writing).rejects.toBeInstanceOf(SinkFencedError);
    expect(await stored()).toBeUndefined();
  });

  test('the former owner can save no position, and the claim tells the last one', async () => {
    const [former, owner] = [await openTarget(), await openTarget()];
    const life = LIFE + 1;
    await former.claim('sales', life);
    await former.save('sales', { life, seq: 7, savedAtMs: 1_717_200_000_123 });
    expect(await owner.claim('sales', life)).toEqual({ life, seq: 7, savedAtMs: 1_717_200_000_123 });
    await expect(former.save('sales', { life, seq: 99, savedAtMs: 1 })).rejects.toBeInstanceOf(SinkFencedError);
    expect((await owner.claim('sales', life))?.seq).toBe(7);
  });

  test('writes of several lanes and saves do not wait for one another', async () => {
    const owner = await openTarget();
    await owner.claim(BUCKET, LIFE);
    await owner.write(BUCKET, [entry(1)], signal);
    let blocked: Promise<unknown> | undefined;
    await blocker.begin(async (sql) => {
      await sql`SELECT FROM customer_segments WHERE kv_key = ${entry(1).key} FOR UPDATE`;
      blocked = owner.write(BUCKET, [entry(2)], signal);
      await untilWaiting(1);
      await owner.save(BUCKET, { life: LIFE, seq: 1, savedAtMs: 1 });
      await owner.write(BUCKET, [{ ...entry(1), key: 'p00.customer.other' }], signal);
    });
    await blocked;
  });
});

describe('a statement is in doubt', () => {
  test('what the server still works off cannot bring a deleted row back', async () => {
    await using proxy = await TcpProxy.start(server.address.port);
    const owner = await openTarget({ port: proxy.port });
    await owner.claim(BUCKET, LIFE);
    const session = await blocker.reserve();
    await session`BEGIN`;
    // A row of that key that is not committed: whoever inserts it waits for us.
    await session`INSERT INTO customer_segments (customer_id, segment, recency_days, frequency, monetary_value,
      first_order, last_order, kv_key, kv_life, kv_revision)
      VALUES ('x', 'x', 1, 1, 1, now(), now(), ${entry(1).key}, 1, 1)`;
    const writing = owner.write(BUCKET, [entry(5)], signal);
    writing.catch(() => undefined);
    await untilWaiting(1);
    proxy.cut();
    await expect(writing).rejects.toMatchObject({ code: 'sink-unavailable', kind: 'away' });
    const deleting = owner.write(BUCKET, [entry(10, true)], signal);
    deleting.catch(() => undefined);
    await Promise.race([untilWaiting(2), deleting]);
    await session`ROLLBACK`;
    session.release();
    await deleting;
    await untilNothingRuns();
    expect(await stored()).toBeUndefined();
  });

  test('all lanes go on under the new number', async () => {
    await using proxy = await TcpProxy.start(server.address.port);
    const owner = await openTarget({ port: proxy.port });
    await owner.claim(BUCKET, LIFE);
    await owner.write(BUCKET, [entry(1)], signal);
    let writing: Promise<unknown> = Promise.resolve();
    await blocker.begin(async (sql) => {
      await sql`SELECT FROM customer_segments WHERE kv_key = ${entry(1).key} FOR UPDATE`;
      writing = owner.write(BUCKET, [entry(2)], signal);
      writing.catch(() => undefined);
      await untilWaiting(1);
      proxy.cut();
      await expect(writing).rejects.toBeInstanceOf(SinkUnavailableError);
    });
    const lanes = Array.from({ length: 8 }, (_, lane) => ({ ...entry(3), key: `p0${lane}.customer.lane` }));
    await Promise.all([...lanes, entry(3)].map((one) => owner.write(BUCKET, [one], signal)));
    expect(await stored()).toMatchObject([{ kv_revision: 3 }]);
  });

  test('a bucket that another process took meanwhile stays its own', async () => {
    await using proxy = await TcpProxy.start(server.address.port);
    const [former, owner] = [await openTarget({ port: proxy.port }), await openTarget()];
    await former.claim(BUCKET, LIFE);
    const writing = blocker.begin(async (sql) => {
      await sql`LOCK TABLE customer_segments IN EXCLUSIVE MODE`;
      const lost = former.write(BUCKET, [entry(1)], signal);
      lost.catch(() => undefined);
      await untilWaiting(1);
      proxy.cut();
      await expect(lost).rejects.toBeInstanceOf(SinkUnavailableError);
      await owner.claim(BUCKET, LIFE);
    });
    await writing;
    await expect(former.write(BUCKET, [entry(2)], signal)).rejects.toBeInstanceOf(SinkFencedError);
    expect(await stored()).toBeUndefined();
  });
});

describe('one process', () => {
  test('a write that began before its own next claim is not finished under that', async () => {
    const owner = await openTarget();
    await owner.claim(BUCKET, LIFE);
    let writing: Promise<unknown> = Promise.resolve();
    await blocker.begin(async (sql) => {
      await sql`LOCK TABLE customer_segments IN EXCLUSIVE MODE`;
      writing = owner.write(BUCKET, [entry(1)], signal);
      writing.catch(() => undefined);
      await untilWaiting(1);
      await owner.claim(BUCKET, LIFE);
    });
    await expect(writing).rejects.toBeInstanceOf(SinkFencedError);
    expect(await stored()).toBeUndefined();
  });

  test('results of an older bucket do not mix with those of a newer one', async () => {
    const owner = await openTarget();
    const [older, newer] = [firstLife(Date.UTC(2024, 5, 1)), firstLife(Date.UTC(2024, 5, 2))];
    await owner.claim('inventory', newer);
    await owner.save('inventory', { life: newer, seq: 1, savedAtMs: 1 });
    await expect(owner.claim('inventory', older)).rejects.toThrow(/database of its own/);
  });
});
