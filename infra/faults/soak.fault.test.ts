/**
 * The bridge under everything that befalls its neighbours, while producers write every format: afterwards each record is
 * in the log once, in the order of its key, and DLQ holds exactly the bad ones.
 */
import { expect, test } from 'vitest';
import { ALL_TOPICS, readDead, readEvents, readKafka, readMirror } from './soak/soak-check.ts';
import { SoakMesh } from './soak/soak-mesh.ts';
import { SoakProducers } from './soak/soak-producers.ts';
import { SOAK_MIRROR, SOAK_TOPICS } from './soak/soak-topics.ts';

test('every record once, in order, through restarts and kills of everything', async () => {
  await using mesh = await SoakMesh.create();
  mesh.startRegistry();
  const schemaIds = await mesh.registerSchemas();
  await using producers = await SoakProducers.start(mesh.kafka.brokers, schemaIds);

  mesh.startBridge('one');
  await mesh.catchUp('at the start');

  await mesh.kafka.restart();
  await mesh.catchUp('after a restart of Kafka');

  await mesh.nats.kill9();
  await mesh.nats.restart();
  await mesh.catchUp('after a kill of nats-server');

  await mesh.killRegistry();
  await mesh.catchUp('without a registry, from what is cached');

  mesh.startBridge('two');
  mesh.startBridge('three');
  await mesh.killBridge('one');
  mesh.startRegistry(); // the new ones could not read Avro until now
  await mesh.catchUp('with two more bridges, one of three killed');

  await mesh.kafka.kill9();
  await mesh.kafka.restart();
  await mesh.catchUp('after a kill of Kafka');

  await mesh.stopBridge('two');
  await mesh.catchUp('with one bridge again');

  await producers.finish();
  await mesh.catchUp('at the end');
  await mesh.stopBridge('three');

  const { code, text } = await mesh.verify();
  expect(code, text).toBe(0);

  const kafka = await readKafka(mesh.kafka.brokers, ALL_TOPICS);
  for (const topic of SOAK_TOPICS) {
    const held = kafka.get(topic.topic);
    expect(await readEvents(mesh.log, topic), topic.topic).toEqual(held?.ids);
    expect(await readDead(mesh.log, topic.topic), topic.topic).toEqual([...(held?.bad ?? [])].sort());
    expect(held?.bad.length).toBeGreaterThan(0);
  }
  expect(await readMirror(mesh.log)).toEqual(kafka.get(SOAK_MIRROR)?.offsets);
  expect(producers.sent).toBeGreaterThan(10_000);
});
