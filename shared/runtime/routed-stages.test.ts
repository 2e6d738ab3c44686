import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rfm } from '../../services/rfm/rfm.ts';
import { type Route, routeDefaults } from '../config/routes.ts';
import { PARTITIONS, partitionOf } from '../events/partition.ts';
import { encodeFrame } from '../log/frame.ts';
import { type MemoryClient, MemoryLog } from '../log/memory-log.ts';
import { bucketStream, dataSubject, progressSubject } from '../log/names.ts';
import { createLogger } from '../telemetry/logger.ts';
import { memberRecord } from './_test-member.ts';
import { Membership } from './membership.ts';
import { RoutedStages } from './routed-stages.ts';

const NOW = Date.UTC(2026, 0, 1);
const ORDERS: Route = { topic: 'orders', ...routeDefaults('order', 'json') };
const SHOP: Route = { topic: 'shop.orders', ...routeDefaults('order', 'json') };
const VIEWS: Route = { topic: 'views', ...routeDefaults('userEvent', 'json') };

let log: MemoryLog;
let client: MemoryClient;
let membership: Membership;
let stages: RoutedStages;

beforeEach(async () => {
  log = new MemoryLog();
  client = log.client();
  membership = new Membership(client, () => memberRecord('one', ['rfm']));
  const logger = createLogger('test', 'error');
  const pace = { applyIntervalMs: 5, positionDelayMs: 1, watermarkDelayMs: 1, restPerResultMs: 0, restPerMs: 0 };
  stages = new RoutedStages({ log: client, logger, membership, instance: 'one', stages: [rfm], pace }, [ORDERS]);
  await membership.start(() => stages.round());
  await until(() => stages.status().length === PARTITIONS.length && stages.status().every(isRunning));
});

afterEach(async () => {
  await stages.close();
  await membership[Symbol.asyncDispose]();
});

const isRunning = ({ state }: { state: string }) => state === 'running';

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** One order, as a bridge would bring it. */
async function bring(topic: string, customer: string): Promise<void> {
  const partition = PARTITIONS[partitionOf(customer)] ?? '';
  const frame = encodeFrame([{ t: NOW, k: customer, id: `o-${customer}`, amount: 100 }]);
  await client.append(dataSubject(topic, partition, 0), frame);
  await client.append(progressSubject(topic, 0), JSON.stringify({ offset: 0, watermark: NOW }));
}

function customers(): string[] {
  return log
    .stream(bucketStream('rfm'))
    .messages.map(({ subject }) => /\.customer\.(.+)$/.exec(subject)?.[1] ?? '')
    .filter((customer) => customer !== '');
}

describe('changed routes', () => {
  it('bring what is stored from then on, behind what was read before (invariant 1)', async () => {
    expect(stages.reads()).toEqual([{ kind: 'order', topics: ['orders'] }]);
    await bring('orders', 'a');
    await until(() => customers().includes('a'));
    const changing = stages.changeRoutes([ORDERS, SHOP, VIEWS]);
    expect(stages.reads()).toEqual([{ kind: 'order', topics: ['orders'] }]);
    await changing;
    expect(stages.reads()).toEqual([{ kind: 'order', topics: ['orders', 'shop.orders'] }]);
    await bring('shop.orders', 'b');
    await bring('orders', 'c');
    await until(() => customers().includes('b') && customers().includes('c'));
    const counts = stages.status().reduce((sum, { events }) => sum + events, 0);
    expect(counts).toBe(2); // `a` is not folded again
  });

  it('of other kinds leave the stages alone (invariant 2)', async () => {
    const before = stages.status().map(({ epoch }) => epoch);
    await stages.changeRoutes([{ ...ORDERS, maxAheadMs: 1 }, VIEWS]);
    expect(stages.status().map(({ epoch }) => epoch)).toEqual(before);
  });
});
