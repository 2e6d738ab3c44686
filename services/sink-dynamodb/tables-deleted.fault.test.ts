/** Tables, or buckets, that are deleted while the sink runs or rests are written from the beginning. */
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { type FaultWorld, startFaultWorld } from './_fault-world.ts';
import { RESULT_TABLES } from './tables.ts';

async function deleteTables(world: FaultWorld): Promise<void> {
  const { client, settings } = world.store;
  for (const { name } of RESULT_TABLES)
    await client.send(new DeleteTableCommand({ TableName: `${settings.tablePrefix}-${name}` }));
}

test('tables are deleted under load', async () => {
  await using world = await startFaultWorld(11);
  world.sink();
  await world.load.write(400);
  await world.untilEqual();
  await deleteTables(world);
  await world.load.write(200);
  await world.untilEqual();
});

test('tables are deleted while no sink runs', async () => {
  await using world = await startFaultWorld(12);
  const first = world.sink();
  await world.load.write(400);
  await world.untilEqual();
  expect(await first.stop()).toBe(0);
  await deleteTables(world);
  world.sink();
  await world.untilEqual();
});

test('a bucket is deleted and made anew: its revisions begin at 1 again', async () => {
  await using world = await startFaultWorld(13);
  world.sink();
  await world.load.write(400);
  await world.untilEqual();
  await world.load.deleteBucket('rfm');
  await world.load.write(400);
  await world.untilEqual();
});
