/** Records put back by gateways, on a real Kafka and a real nats-server, with a bridge before. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, BridgeBench, order } from '../../bridge/_bridge-bench.ts';
import { recordsOf, sendMessages } from '../../bridge/cli/_redrive-bench.ts';
import { DLQ, topicTokens } from '../../shared/log/names.ts';
import { sharedServers } from '../../shared/testing/servers.ts';
import { type GatewayProcess, startGateway } from './_process.ts';

const resources = new AsyncDisposableStack();
let bench: BridgeBench;
let orders: Bench;
let gateways: readonly GatewayProcess[];
let seqs: readonly number[];

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function post({ url }: GatewayProcess, path: string, body?: object): Promise<Answer> {
  const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${url}/api/v1/dead-letters${path}`, { method: 'POST', ...(body && json) });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Kafka answers a commit before readers of what is committed see it. */
async function untilRecords(count: number): Promise<Awaited<ReturnType<typeof recordsOf>>> {
  for (;;) {
    const records = await recordsOf(bench, orders.topic);
    if (records.length >= count) return records;
  }
}

beforeAll(async () => {
  bench = resources.use(await BridgeBench.start());
  orders = await bench.orders(1);
  const bridge = orders.start();
  const value = (n: number) => order(n, { amount: -1 });
  const messages = [0, 1, 2, 3].map((n) => ({
    key: `kéy-${n}`,
    value: value(n),
    headers: { trace: `t${n}` },
    partition: 0,
  }));
  await sendMessages(bench, orders.topic, messages);
  await sendMessages(bench, orders.topic, [{ key: 'bad', value: 'no JSON', partition: 0 }]);
  await bench.reached(orders.topic, 0, 4);
  await bridge.stop();
  seqs = (await bench.messages(DLQ, `dlq.${topicTokens(orders.topic)}.*`)).map(({ seq }) => seq);
  const folder = await mkdtemp(join(tmpdir(), 'weir-gateway-redrive-'));
  resources.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'routes.json');
  const route = { topic: orders.topic, decoder: 'json', kind: 'order', allowNegativeAmounts: true };
  await writeFile(file, JSON.stringify({ routes: [route] }));
  const env = {
    NATS_URL: bench.nats.url,
    KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(','),
    WEIR_ROUTES: file,
    WEIR_KAFKA_GROUP: orders.topic,
  };
  gateways = [
    resources.use(await startGateway(env)),
    resources.use(await startGateway({ ...env, WEIR_INSTANCE: 'gateway-2' })),
  ];
  for (const { url } of gateways)
    while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 25));
});
afterAll(() => resources.disposeAsync());

describe('a redrive over HTTP', () => {
  it('says in a dry run what would become of each, and changes nothing', async () => {
    const [gateway] = gateways as [GatewayProcess];
    const { status, body } = await post(gateway, '/redrive?dryRun', { topic: orders.topic });
    expect([status, body]).toMatchObject([200, { dry_run: true, sent: 4, kept: 1 }]);
    expect(body.results).toMatchObject([
      ...[0, 1, 2, 3].map((n) => ({
        seq: seqs[n],
        status: 'would-send',
        lines: [expect.stringContaining(`"id":"o${n}"`)],
      })),
      { seq: seqs[4], status: 'kept', why: expect.stringContaining('dead letter again (malformed)') },
    ]);
    expect(await recordsOf(bench, orders.topic)).toHaveLength(5);
    expect((await bench.deadOf(orders.topic)).length).toBe(5);
  });

  it('puts one record back with its key and headers, and takes its letter out', async () => {
    const [gateway] = gateways as [GatewayProcess];
    const { status, body } = await post(gateway, `/${seqs[1]}/redrive`);
    expect([status, body]).toMatchObject([200, { sent: 1, kept: 0, results: [{ seq: seqs[1], status: 'sent' }] }]);
    const records = await untilRecords(6);
    const record = records[5];
    expect([record?.key?.toString(), record?.value]).toEqual(['kéy-1', records[1]?.value]);
    expect(record?.headers).toEqual({ trace: Buffer.from('t1'), 'weir-redrive': Buffer.from(String(seqs[1])) });
    expect((await post(gateway, `/${seqs[1]}/redrive`)).status).toBe(404);
    expect(await post(gateway, `/${seqs[4]}/redrive`)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await bench.deadOf(orders.topic)).map(({ offset }) => offset)).toEqual(['0', '2', '3', '4']);
  });

  it('by two gateways at once puts each record back once', async () => {
    const answers = await Promise.all(gateways.map((gateway) => post(gateway, '/redrive', { topic: orders.topic })));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    const sent = answers.flatMap(({ body }) => (typeof body.sent === 'number' ? [body.sent] : []));
    expect(sent.reduce((sum, count) => sum + count, 0)).toBe(3);
    const records = await untilRecords(9);
    expect(records.slice(6).map(({ key }) => key?.toString())).toEqual(['kéy-0', 'kéy-2', 'kéy-3']);
    expect((await bench.deadOf(orders.topic)).map(({ offset }) => offset)).toEqual(['4']);
  });
});

it('says so when Kafka is away, and puts nothing back', async () => {
  const env = { NATS_URL: bench.nats.url, KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9', WEIR_INSTANCE: 'gateway-3' };
  await using alone = await startGateway(env);
  while ((await fetch(`${alone.url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 25));
  const { status, body } = await post(alone, '/redrive', { topic: orders.topic });
  expect([status, body.detail]).toEqual([503, expect.stringContaining('Cannot put back')]);
  expect((await bench.deadOf(orders.topic)).length).toBe(1);
});
