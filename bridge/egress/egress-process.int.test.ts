/** The process as it is started: the results of real stages of all four services, in their topics, each once. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activity } from '../../services/activity/activity.ts';
import { anomaly } from '../../services/anomaly/anomaly.ts';
import { globalPatterns } from '../../services/anomaly/global-patterns.ts';
import { anomalyMaip } from '../../services/anomaly/maip.ts';
import { combineSales } from '../../services/sales/combine.ts';
import { sales } from '../../services/sales/sales.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import { logStream, MEMBERS } from '../../shared/log/names.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';
import { readEntry } from '../../shared/store/entry.ts';
import { sharedServers } from '../../shared/testing/servers.ts';
import { advanceAll, generateOrders, toSteps } from '../../shared/testing/orders.ts';
import { commitsOf, type TestCommit } from './_commits.ts';
import { EgressBench, until } from './_egress-bench.ts';
import { MESSAGE_SCHEMAS } from './message-schemas.ts';
import { RESULTS_OF } from './results-of.ts';
import { SentResults } from './sent-results.ts';

const START = Date.parse('2024-06-01T10:00:00Z');
const HOUR = 3_600_000;
const ENTRY = fileURLToPath(new URL('../jetstream-to-kafka.ts', import.meta.url));

let bench: EgressBench;

beforeAll(async () => {
  bench = await EgressBench.start(sharedServers().brokers, [...RESULTS_OF.keys()]);
});

afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

function commitsByService(): Map<string, TestCommit[]> {
  const shape = { seed: 3, orders: 500, customers: 20, startMs: START, spanMs: 3 * HOUR, changed: 0.2 };
  const orders = generateOrders(shape).map((order, n) => (n % 40 === 0 ? { ...order, amount: 123_456 } : order));
  const steps = [
    ...toSteps(orders, { kafkaPartitions: 2, batch: 25, boundMs: 5_000 }),
    ...advanceAll(2, START + 9 * HOUR),
  ];
  const events = Array.from({ length: 200 }, (_, n): MaipEvent => {
    return { t: START + n * 2_000, k: `c${n % 5}`, id: `${n}`, type: 'maip.order.created', payload: { amount: n } };
  });
  const progress = (hours: number) => ({
    topic: 't',
    kafkaPartition: 0,
    progress: { watermark: START + hours * HOUR },
  });
  const maip = [{ topic: 't', kafkaPartition: 0, events }, progress(1), progress(2)];
  return new Map([
    ['sales', commitsOf([sales(), combineSales()], steps)],
    ['anomaly', commitsOf([anomaly()], steps)],
    ['anomaly-maip', commitsOf([anomalyMaip(), globalPatterns()], maip)],
    ['activity', commitsOf([activity()], maip)],
  ]);
}

/** By topic: what the commits say, without repetitions. */
function expectedOf(commits: ReadonlyMap<string, readonly TestCommit[]>): Record<string, string[]> {
  const expected: Record<string, string[]> = { analytics: [], aggregations: [], anomalies: [] };
  for (const [service, all] of commits) {
    const sent = new SentResults();
    for (const { payload, partition } of all)
      for (const { topic, value, identity } of RESULTS_OF.get(service)?.(payload, partition) ?? [])
        if (!identity || sent.isNews(identity)) expected[topic]?.push(value);
  }
  return expected;
}

test('all results of all services are in their topics, once, and hold to the schemas; the member says so', async () => {
  const commits = commitsByService();
  for (const all of commits.values()) for (const { subject, payload } of all) await bench.log.append(subject, payload);
  const child = spawn(process.execPath, [ENTRY], {
    env: { ...bench.environment(), WEIR_INSTANCE: 'egress-1', WEIR_HTTP_PORT: '0' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const member = () => readEntry<MemberRecord>(bench.log, MEMBERS, 'egress-1');
  const lastSeqs = await Promise.all(
    [...commits.keys()].map(async (service) => ({ service, seq: (await bench.log.state(logStream(service))).lastSeq })),
  );
  await until('all is sent', async () => {
    const sinks = (await member())?.sinks ?? [];
    return lastSeqs.every(({ service, seq }) => sinks.find(({ bucket }) => bucket === service)?.position === seq);
  });
  expect(await member()).toMatchObject({ kind: 'sink', services: ['egress'], ready: true, alarms: [] });
  child.kill('SIGTERM');
  expect(await ended).toBe(0);

  const expected = expectedOf(commits);
  const schemas = {
    analytics: MESSAGE_SCHEMAS.analytics,
    aggregations: MESSAGE_SCHEMAS['maip.analytics.aggregations'],
    anomalies: MESSAGE_SCHEMAS['maip.anomaly.detected'],
  };
  for (const topic of ['analytics', 'aggregations', 'anomalies'] as const) {
    const values = (await bench.records(bench.settings.topics[topic])).map(({ value }) => String(value));
    expect(values.toSorted()).toEqual(expected[topic]?.toSorted());
    expect(values.length).toBeGreaterThan(topic === 'analytics' ? 50 : 0);
    for (const value of values) expect(schemas[topic].safeParse(JSON.parse(value)).success, value).toBe(true);
  }
});
