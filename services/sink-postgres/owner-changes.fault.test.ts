/** Sinks are killed, frozen and woken while they write: afterwards the tables hold what the buckets hold, row by row. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FaultWorld, startFaultWorld } from './_fault-world.ts';

let world: FaultWorld;
beforeAll(async () => {
  world = await startFaultWorld(11);
});
afterAll(() => world[Symbol.asyncDispose]());

test('killed in the middle of its writing, and started again', async () => {
  for (let round = 0; round < 3; round++) {
    const sink = world.sink(`killed-${round}`);
    const loading = world.load.write(1_500);
    await world.untilWriting();
    await sink.kill9();
    await loading;
  }
  const last = world.sink('last');
  await world.load.write(500); // that only it can write: who is stopped before it runs has no drain
  await world.untilEqual();
  expect(await last.stop()).toBe(0);
});

test('frozen with writes under way, while another takes its buckets, and woken again', async () => {
  const frozen = world.sink('frozen');
  const loading = world.load.write(3_000);
  await world.untilWriting();
  frozen.freeze();
  await loading;
  const owner = world.sink('owner');
  await world.untilEqual(); // it owns what the frozen one had
  await world.load.write(1_500);
  frozen.thaw();
  await world.load.write(1_500);
  await world.untilEqual();
  await world.load.write(500);
  await world.untilEqual();
  expect(await owner.stop()).toBe(0);
  expect(await frozen.stop()).toBe(0);
  expect(await world.load.differences(world.database)).toEqual([]);
});
