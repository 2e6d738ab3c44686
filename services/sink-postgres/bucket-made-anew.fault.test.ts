/**
 * A bucket is deleted and made anew, as after the mesh's own data was lost: the tables hold what it holds, and what only
 * they have stays until somebody deletes it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MeshProcess } from '../../infra/faults/mesh-process.ts';
import { type FaultWorld, startFaultWorld } from './_fault-world.ts';

const BUCKET = 'rfm';
/** As in README.md. */
const DELETE_HISTORY = `DELETE FROM customer_segments AS r USING weir_sink_positions AS p
  WHERE p.bucket = 'rfm' AND r.kv_life < p.life / 1000 * 1000`;

let world: FaultWorld;
let sink: MeshProcess;
let history: string[];

beforeAll(async () => {
  world = await startFaultWorld(23);
  sink = world.sink();
  await world.load.write(1_500);
  await world.untilEqual();
});
afterAll(() => world[Symbol.asyncDispose]());

test('under load: its revisions begin at 1 again', async () => {
  await world.load.makeAnew(BUCKET);
  await world.load.write(500);
  await world.untilEqual();
  history = await world.load.history(world.database, BUCKET);
  expect(history.length).toBeGreaterThan(5);
});

test('after a long absence its keys are compared: of what it has not any more, only its own rows go', async () => {
  expect(await sink.stop()).toBe(0);
  const [gone = ''] = await world.load.keys(BUCKET);
  await world.load.forget(BUCKET, gone);
  expect(await world.load.differences(world.database)).toEqual([`${BUCKET} ${gone} should not be there`]);
  await world.database.run('UPDATE weir_sink_positions SET saved_at = to_timestamp(0) WHERE bucket = $1::text', [
    BUCKET,
  ]);
  sink = world.sink('next');
  await world.untilEqual();
  expect(await world.load.history(world.database, BUCKET)).toEqual(history);
});

test('who does not want them deletes them by their life, and nothing else', async () => {
  const count = async () => {
    const [row] = await world.database.run<{ rows: number }>('SELECT count(*)::int AS rows FROM customer_segments', []);
    return row?.rows ?? 0;
  };
  const before = await count();
  await world.database.run(DELETE_HISTORY, []);
  expect(await count()).toBe(before - history.length);
  expect(await world.load.history(world.database, BUCKET)).toEqual([]);
  await world.untilEqual();
});
