/** DynamoDB killed, throttling, slow, unreachable; the sink killed: afterwards the tables are equal to the buckets. */
import { expect, test } from 'vitest';
import { until } from '../../infra/faults/until.ts';
import { type Fault, PASS, THROTTLED } from './_fault-proxy.ts';
import { type FaultWorld, startFaultWorld } from './_fault-world.ts';

async function withWorld(seed: number, work: (world: FaultWorld) => Promise<void>): Promise<void> {
  await using world = await startFaultWorld(seed);
  await work(world);
}

/** Until the sink has met with it so many times. */
async function untilMet(world: FaultWorld, times: number, fault: Fault): Promise<void> {
  let met = 0;
  world.proxy.fault = (action) => {
    if (action !== 'BatchExecuteStatement') return PASS;
    met++;
    return fault;
  };
  await Promise.all([world.load.write(400), until(`the fault was met ${times} times`, () => met >= times)]);
  world.proxy.fault = () => PASS;
}

test('the server is killed under load, and started again', () =>
  withWorld(1, async (world) => {
    world.sink();
    await world.load.write(400);
    await world.server.kill9();
    await world.load.write(400);
    await world.server.restart();
    await world.load.write(400);
    await world.untilEqual();
  }));

test('the sink is killed under load, and started again', () =>
  withWorld(2, async (world) => {
    const first = world.sink();
    await world.load.write(400);
    await until('something is written', () => world.proxy.requests > 40);
    const killed = first.kill9();
    await world.load.write(400);
    await killed;
    const second = world.sink();
    await world.load.write(400);
    await world.untilEqual();
    expect(await second.stop()).toBe(0);
  }));

test('whole requests are throttled', () =>
  withWorld(3, async (world) => {
    world.sink();
    await untilMet(world, 30, THROTTLED);
    await world.untilEqual();
  }));

test('some statements of every batch are throttled', () =>
  withWorld(4, async (world) => {
    world.sink();
    await untilMet(world, 30, { kind: 'statements', code: 'ThrottlingError', takes: (index) => index % 3 === 0 });
    await world.untilEqual();
  }));

test('answers are slow, and answers are lost', () =>
  withWorld(5, async (world) => {
    world.sink();
    await untilMet(world, 30, { kind: 'slow', ms: 300 });
    await untilMet(world, 30, { kind: 'lost-answer' });
    await world.untilEqual();
  }));

test('credentials are refused for a while', () =>
  withWorld(6, async (world) => {
    world.sink();
    const message = 'The security token included in the request is invalid.';
    await untilMet(world, 5, { kind: 'error', status: 400, name: 'UnrecognizedClientException', message });
    await world.untilEqual();
  }));
