/** `check` on a real Kafka, as a function and as the command that people run. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventRoute, MAX_RECORD_BYTES, type Route, routeDefaults } from '../../shared/config/routes.ts';
import { withKafkaAdmin } from '../../shared/testing/kafka-admin.ts';
import { sharedServers } from '../../shared/testing/servers.ts';
import { BridgeBench, order } from '../_bridge-bench.ts';
import { check, hasProblems } from './check.ts';

let bench: BridgeBench;
let folder: string;

beforeAll(async () => {
  bench = await BridgeBench.start();
  folder = await mkdtemp(join(tmpdir(), 'weir-check-'));
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function run(routes: readonly Route[], samples = 5, topic?: string) {
  const signal = new AbortController().signal;
  return check({ kafka: bench.kafka, routes, registry: undefined, samples, signal, topic });
}

describe('check', () => {
  it('shows what the newest records of each partition would become, and commits nothing', async () => {
    const { topic, route, send } = await bench.orders(2);
    await send(0, ...Array.from({ length: 20 }, (_, n) => order(n)));
    await send(1, order(100, { customerId: null }), null);
    const report = await run([route], 3);
    expect(report.topics).toMatchObject([
      {
        topic,
        kind: 'order',
        partitions: 2,
        inKafka: 22,
        outcomes: { counted: 3, dead: 1, tombstone: 1 },
        deadShare: 0.2,
      },
    ]);
    const previews = report.topics[0]?.previews ?? [];
    expect(previews.map(({ partition, offset }) => `${partition}/${offset}`)).toEqual([
      '0/17',
      '0/18',
      '0/19',
      '1/0',
      '1/1',
    ]);
    expect(JSON.parse(previews[0]?.events[0]?.line ?? '')).toMatchObject({ id: 'o17', k: 'c8' });
    expect(previews[0]?.events[0]?.lane).toMatch(/^p\d\d$/);
    expect(previews[3]?.dead).toMatchObject({ reason: 'missing-key' });
    expect(report.topics[0]?.problems).toEqual(['1 of 5 records would be dead letters']);
    expect(hasProblems(report)).toBe(true);
    const groups = await withKafkaAdmin(bench.kafka, (admin) => admin.listGroups());
    expect(groups.groups.filter(({ groupId }) => groupId.startsWith('weir-cli-'))).toEqual([]);
  });

  it('tells when events are more out of order than the route allows', async () => {
    const { route, send } = await bench.orders(1);
    const now = Date.now();
    await send(0, ...[0, -8_000, -1_000].map((ago, n) => order(n, { timestamp: now + ago })));
    const { topics } = await run([route]);
    expect(topics[0]?.times).toMatchObject({ outOfOrderMs: 8_000, suggestedMs: 20_000 });
    expect(topics[0]?.problems.join()).toContain('set outOfOrdernessMs to 20000 or more');
  });

  it('names routes without topics, topics without routes, and names that are alike', async () => {
    const { topic, route, send } = await bench.orders(1);
    await send(0, order(1));
    const typo: EventRoute = { ...route, topic: topic.replace('orders', 'order_s') };
    const report = await run([typo]);
    expect(report.topics).toEqual([]);
    expect(report.routes[0]?.problems.join()).toContain(`it does not take "${topic}"`);
    expect(report.unrouted).toContainEqual({ topic, near: typo.topic });
  });

  it('samples a mirror too, and says that Avro needs a registry', async () => {
    const { topic, route, send } = await bench.orders(1);
    await send(0, order(1), null);
    const mirror = await run([{ topic, decoder: 'raw', maxRecordBytes: MAX_RECORD_BYTES }]);
    expect(mirror.topics).toMatchObject([{ kind: 'mirror', outcomes: { mirrored: 1, tombstone: 1 }, problems: [] }]);
    const avro = await run([{ ...routeDefaults('order', 'avro'), topic: route.topic }]);
    expect(hasProblems(avro)).toBe(true);
  });
});

describe('npm run bridge -- check', () => {
  const runCommand = async (...args: string[]) => {
    const env = {
      ...process.env,
      KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(','),
      NATS_URL: bench.nats.url,
    };
    const command = ['infra/launcher/bootstrap.mjs', 'bridge', ...args];
    const run = promisify(execFile)(process.execPath, command, { env });
    return run.then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  };

  it('ends with 0, 1 and 2, in words and as JSON', async () => {
    const { topic, send } = await bench.orders(1);
    await send(0, order(1));
    const file = join(folder, 'routes.yaml');
    await writeFile(file, `routes:\n  - { topic: ${topic}, decoder: json, kind: order }\n`);
    const fine = await runCommand('check', '--routes', file, '--topic', topic);
    expect(fine).toMatchObject({ code: 0, stdout: expect.stringContaining('counted 1') });
    await send(0, 'no JSON');
    const json = await runCommand('check', '--routes', file, '--topic', topic, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).topics[0].outcomes).toEqual({ counted: 1, dead: 1 });
    await writeFile(file, 'routes:\n  - { topic: x, decoder: xml }\n');
    expect(await runCommand('check', '--routes', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('decoder'),
    });
    expect(await runCommand('check', '--samples', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--samples'),
    });
    expect((await runCommand('verify', '--help')).stdout).toContain('npm run bridge -- verify');
  });
});
