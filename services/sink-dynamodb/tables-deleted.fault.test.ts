/** Tables, or buckets, that are deleted while the sink runs or rests: all is written from the beginning, no history lost. */
import { DeleteTableCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { type FaultWorld, startFaultWorld } from './_fault-world.ts';
import { POSITIONS, RESULT_TABLES } from './tables.ts';

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

test('a bucket is deleted and made anew: its revisions begin at 1 again, and what only the table has stays', async () => {
  await using world = await startFaultWorld(13);
  const first = world.sink();
  await world.load.write(400);
  await world.untilEqual();
  await world.load.deleteBucket('rfm');
  await world.load.write(300);
  await world.untilEqual();
  const history = await world.load.history(world.store, 'rfm');
  expect(history.length).toBeGreaterThan(5);

  // After a long absence keys are compared: those of this bucket that it has not any more go, and no others.
  expect(await first.stop()).toBe(0);
  const [gone = ''] = await world.load.keys('rfm');
  await world.load.forget('rfm', gone);
  expect((await world.store.all('rfm')).has(gone)).toBe(true);
  await setSavedAt(world, 'rfm', 0);
  world.sink();
  await world.untilEqual();
  expect((await world.store.all('rfm')).has(gone)).toBe(false);
  expect(await world.load.history(world.store, 'rfm')).toEqual(history);
});

/** When nobody has missed anything, as the position of the bucket says. */
async function setSavedAt({ store }: FaultWorld, bucket: string, ms: number): Promise<void> {
  await store.client.send(
    new UpdateItemCommand({
      TableName: `${store.settings.tablePrefix}-${POSITIONS.name}`,
      Key: { bucket: { S: bucket } },
      UpdateExpression: 'SET saved_at_ms = :at',
      ExpressionAttributeValues: { ':at': { N: String(ms) } },
    }),
  );
}
