/** An independent check of the whole way, from Kafka to PostgreSQL: what was sent, recounted by SQL, is what is there. */
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl } from '../../shared/config/database-address.ts';
import { DownloadSource } from '../../shared/demo/downloads.ts';
import { bucketStream, keySubject } from '../../shared/log/names.ts';
import { startTestPostgres, type TestPostgres } from '../../shared/testing/servers.ts';
import { Feeder } from './feeder.ts';
import type { ServiceName } from './mesh-process.ts';
import { debeziumValue, makeLoad, routeOf } from './order-load.ts';
import { DOWNLOADS_VIEW, downloadsRecounts, ORDERS_VIEW, ordersRecounts, RAW_TABLE, type Recount } from './recount.ts';
import { TestMesh } from './test-mesh.ts';
import { until } from './until.ts';

const START = Date.UTC(2024, 5, 1, 8);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BOUND = 5_000;
/** What the sink reads of each bucket, and its keys come last of all. */
const RESULTS: Readonly<Record<string, readonly string[]>> = {
  sales: ['all.window.>', 'all.hourly.>'],
  rfm: ['*.customer.>'],
  'region-health': ['*.content.>', 'all.region.1m.>', 'all.device.>'],
};

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('what is in PostgreSQL is what SQL counts over the records that were sent', () => {
  it('orders: created, changed, moved to another customer, taken back, out of order, unreadable', async () => {
    const load = makeLoad({
      ...{ seed: 6, orders: 3_000, customers: 200, kafkaPartitions: 4 },
      ...{ startMs: START, spanMs: 9 * HOUR, boundMs: BOUND, gapMs: 40 * DAY },
    });
    await using mesh = await TestMesh.create({ label: 'recount', kafkaPartitions: 4, route: routeOf(load) });
    const values = load.changes.map(debeziumValue);
    await using sql = await openResults(mesh, 'orders', ['rfm', 'sales'], values, ORDERS_VIEW, async () => {
      await new Feeder(mesh, load).sendUpTo(load.changes.length);
      await mesh.reach(load.finalWatermark);
    });
    await expectEqual(sql.query, ordersRecounts(new Date(load.finalWatermark).toISOString()));
  });

  it('downloads, with what a record does not say of itself', async () => {
    const source = new DownloadSource(3, 1, { incidents: true });
    const records = Array.from({ length: 6_000 }, (_, at) => source.next(START + at * 100));
    const values = records.map((record) => JSON.stringify(record));
    const closeAt = START + HOUR;
    const closing = { ...records.at(-1), event_id: 'closing', timestamp: closeAt };
    const route = {
      ...{ decoder: 'json', kind: 'download', outOfOrdernessMs: BOUND },
      idle: { policy: 'hold', afterMs: HOUR },
    };
    const services = ['region-health'] as const;
    await using mesh = await TestMesh.create({ label: 'recount', kafkaPartitions: 1, route, services });
    await using sql = await openResults(mesh, 'downloads', services, values, DOWNLOADS_VIEW, async () => {
      const sent = [...values, JSON.stringify(closing)].map((value) => ({ partition: 0, value }));
      while (sent.length > 0) await mesh.topic.send(sent.splice(0, 1_000));
      await mesh.reach(closeAt - BOUND - 1);
    });
    await expectEqual(sql.query, downloadsRecounts(new Date(closeAt - BOUND - 1).toISOString()));
  });
});

interface Results extends AsyncDisposable {
  query(text: string): Promise<readonly object[]>;
}

/** Lets the mesh run until everything is in a database of its own, with the raw records beside it. */
async function openResults(
  mesh: TestMesh,
  name: string,
  services: readonly ServiceName[],
  values: readonly string[],
  view: string,
  run: () => Promise<void>,
): Promise<Results> {
  const address = await server.createDatabase(name);
  const env = { DATABASE_URL: databaseUrl(address), PG_PASSWORD: address.password };
  const sink = mesh.start('sink-postgres', 'sink', undefined, env);
  const workers = (['bridge', ...services] as const).map((role) => mesh.start(role, role));
  await run();
  for (const worker of workers) expect(await worker.stop()).toBe(0);
  await untilWritten(mesh, services);
  expect(await sink.stop()).toBe(0);
  const sql = postgres({ ...address, username: address.user, max: 1, onnotice: () => undefined });
  await sql.unsafe(RAW_TABLE);
  for (let from = 0; from < values.length; from += 1_000)
    await sql`INSERT INTO raw ${sql(values.slice(from, from + 1_000).map((value) => ({ value })))}`;
  await sql.unsafe(view);
  return { query: (text) => sql.unsafe(text), [Symbol.asyncDispose]: () => sql.end() };
}

async function untilWritten(mesh: TestMesh, services: readonly ServiceName[]): Promise<void> {
  for (const bucket of services) {
    const keys = (RESULTS[bucket] ?? []).map((pattern) => keySubject(bucket, pattern));
    const last = Math.max(...(await mesh.log.lastOfEach(bucketStream(bucket), keys)).map(({ seq }) => seq));
    let seen: number | undefined;
    await until(
      () => `the sink has written ${bucket} up to ${last}; it is at ${seen}`,
      async () => {
        const sinks = (await mesh.members()).flatMap(({ sinks = [] }) => sinks);
        seen = sinks.find((sink) => sink.bucket === bucket)?.position;
        return seen !== undefined && seen >= last;
      },
    );
  }
}

async function expectEqual(query: Results['query'], recounts: readonly Recount[]): Promise<void> {
  for (const { what, results, recount } of recounts) {
    const expected = await query(recount);
    expect(expected.length, what).toBeGreaterThan(5);
    expect(await query(results), what).toEqual(expected);
  }
}
