/**
 * PostgreSQL is killed, cut off, silent, read-only, slow, full: afterwards the tables hold what the buckets hold, row by
 * row, and nothing was thrown away.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../../infra/faults/until.ts';
import type { MeshProcess } from '../../infra/faults/mesh-process.ts';
import { type FaultWorld, startFaultWorld } from './_fault-world.ts';

let world: FaultWorld;
let sink: MeshProcess;

beforeAll(async () => {
  world = await startFaultWorld(7);
  await world.load.write(1_000);
  sink = world.sink();
  await world.untilEqual();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  sink.forgetLines();
});

/** Of the error that the sink gives as its reason. */
const notRefused = () => expect(sink.lines.filter((line) => /refus/i.test(line))).toEqual([]);

test('killed with SIGKILL under load, twice', async () => {
  for (let round = 0; round < 2; round++) {
    const loading = world.load.write(2_000);
    await world.untilWriting();
    await world.server.kill9();
    await loading;
    await world.server.restart();
  }
  await world.untilEqual();
  notRefused();
});

test('connections are cut again and again', async () => {
  for (let round = 0; round < 10; round++) {
    await world.load.write(300);
    world.proxy.cut();
  }
  await world.untilEqual();
  notRefused();
});

test('nothing comes through and nobody says so, until the sink gives its connections up', async () => {
  world.proxy.isSilent = true;
  await world.load.write(500);
  const before = world.proxy.accepted;
  const hasGivenUp = async () => world.proxy.accepted > before;
  await until(() => 'the sink gives its connections up', hasGivenUp, 60_000);
  world.proxy.isSilent = false;
  await world.load.write(500);
  await world.untilEqual();
  notRefused();
});

test('read-only, until somebody ends that', async () => {
  const { database } = world.server.address;
  const setReadOnly = async (value: 'on' | 'off') => {
    await world.database.run('SET default_transaction_read_only = off', []);
    await world.database.run(`ALTER DATABASE ${database} SET default_transaction_read_only = ${value}`, []);
  };
  await setReadOnly('on');
  world.proxy.cut(); // new sessions begin read-only
  await world.load.write(500);
  const differences = await world.load.differences(world.database);
  expect(differences.length).toBeGreaterThan(0);
  await setReadOnly('off');
  world.proxy.cut();
  await world.untilEqual();
  notRefused();
});

test('slow: a table is locked for longer than a statement may take', async () => {
  await world.database.run(
    `CREATE OR REPLACE FUNCTION hold() RETURNS void LANGUAGE plpgsql AS $$
     BEGIN LOCK TABLE customer_segments, content_stats IN EXCLUSIVE MODE; PERFORM pg_sleep(5); END $$`,
    [],
  );
  const held = world.database.run('SELECT hold()', []);
  await world.load.write(1_000);
  await held;
  await world.untilEqual();
  notRefused();
});

test('the disk is full for a while, as the server says it', async () => {
  const on = async (table: string) => {
    await world.database.run(
      `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON ${table} EXECUTE FUNCTION full_disk()`,
      [],
    );
  };
  await world.database.run(
    `CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`,
    [],
  );
  await on('customer_segments');
  await on('alerts');
  await world.load.write(1_000);
  expect((await world.load.differences(world.database)).length).toBeGreaterThan(0);
  await world.database.run('DROP FUNCTION full_disk() CASCADE', []);
  await world.untilEqual();
  notRefused();
});

test('a drain at the end leaves nothing unwritten', async () => {
  await world.load.write(1_000);
  expect(await sink.stop()).toBe(0);
  const size = await world.load.size();
  expect(size).toBeGreaterThan(1_000);
  expect(await world.load.differences(world.database)).toEqual([]);
});
