/**
 * Row `latency`: from Kafka to a customer's value on its way into KV, order by order, at a steady rate.
 * Kafka's ack ends the append; counted from the ack a latency may be below what the order took, never above.
 */
import { availableParallelism } from 'node:os';
import { keySubject } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { BenchWorker } from '../bench-worker.ts';
import { makeTopic } from '../kafka-topic.ts';
import { clockMs, type Sent } from '../latency-load.ts';
import { latencyFigures } from '../percentiles.ts';
import { otherLoad, takeUsage } from '../process-usage.ts';
import type { LatencyResult, Result } from '../result.ts';
import { waitUntil } from '../wait-until.ts';
import { BRIDGE, pidOf } from './bridge-run.ts';
import { stageWorker, untilRunning } from './stage-workers.ts';

export interface LatencyOptions {
  readonly perSecond: number;
  readonly seconds: number;
}

/** Sent first and not counted: the code is not compiled yet. */
const WARM_UP_S = 5;
const GIVE_UP_MS = 15_000;

export async function benchLatency(mesh: BenchMesh, options: LatencyOptions): Promise<Result[]> {
  return [await runLatency(mesh, options, [['sales'], ['rfm']]), await runLatency(mesh, options, [['sales', 'rfm']])];
}

async function runLatency(
  mesh: BenchMesh,
  { perSecond, seconds }: LatencyOptions,
  groups: readonly (readonly string[])[],
): Promise<Result> {
  const names = ['bridge', ...groups.map((services) => services.join('+'))];
  await mesh.clear();
  const topic = `bench.latency.${names.join('.').replaceAll('+', '-')}.${Date.now()}`;
  const route = { topic, decoder: 'debezium-json' };
  await makeTopic(await mesh.kafka(), topic);
  const workers = [];
  for (const services of groups)
    workers.push({ services, worker: await mesh.startWorker(stageWorker(services), route) });
  const stages = await untilRunning(mesh, workers);
  const bridge = await mesh.startWorker(BRIDGE, route);
  const pids = new Map<string, number>([
    ...stages,
    ...mesh.serverPids(),
    ['bridge', await pidOf(mesh, bridge)],
    ['bench', process.pid],
  ]);
  await untilBridging(mesh, bridge);
  const seen = followCustomers(mesh);
  const before = takeUsage(pids);
  const sent = await sendOrders(mesh, topic, perSecond, WARM_UP_S + seconds);
  const total = sent.reduce((sum, { count }) => sum + count, 0);
  const what = 'the last orders to be seen in KV';
  await waitUntil(() => seen.size >= total, { what, signal: mesh.signal, atMostMs: GIVE_UP_MS }).catch((error) => {
    mesh.signal.throwIfAborted();
    mesh.progress.say(error instanceof Error ? error.message : String(error));
  });
  const loadUs = Math.max(0, ...sent.map(({ cpuUs }) => cpuUs));
  const others = otherLoad(before, takeUsage(pids), availableParallelism(), loadUs);
  mesh.noteMeasured(names, before, takeUsage(pids));
  await mesh.stopWorkers();
  const result = compare(`latency: ${names.join(', ')}`, perSecond, sent, seen);
  return others === undefined ? result : { ...result, otherLoad: others };
}

async function untilBridging(mesh: BenchMesh, bridge: BenchWorker): Promise<void> {
  const isBridging = async () => {
    const partitions = (await bridge.ask())?.bridge ?? [];
    return partitions.length > 0 && partitions.every(({ state }) => state === 'running');
  };
  await waitUntil(isBridging, { what: 'the bridge', signal: mesh.signal, check: () => mesh.checkAlive() });
}

/** When each customer was first seen. */
function followCustomers(mesh: BenchMesh): Map<number, number> {
  const seen = new Map<number, number>();
  mesh.log.connection.subscribe(keySubject('rfm', '*.customer.*'), {
    callback: (_error, { subject }) => {
      const customer = Number(subject.slice(subject.lastIndexOf('.') + 1));
      if (!seen.has(customer)) seen.set(customer, clockMs());
    },
  });
  return seen;
}

async function sendOrders(mesh: BenchMesh, topic: string, perSecond: number, seconds: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  const startedMs = performance.now();
  let count = 0;
  await mesh.run('infra/bench/latency-load.ts', [await mesh.brokers(), topic, `${perSecond}`, `${seconds}`], (line) => {
    const one = JSON.parse(line) as Sent;
    sent.push(one);
    count += one.count;
    mesh.progress.show('latency', count, perSecond * seconds, startedMs);
  });
  return sent;
}

function compare(
  row: string,
  perSecond: number,
  sent: readonly Sent[],
  seen: ReadonlyMap<number, number>,
): LatencyResult {
  const counted = sent
    .toSorted((a, b) => a.first - b.first)
    .filter(({ sentMs }, _, [first]) => {
      return first !== undefined && sentMs >= first.sentMs + WARM_UP_S * 1000;
    });
  const orders = counted.flatMap(({ first, count, sentMs, ackedMs }) =>
    Array.from({ length: count }, (_, at) => ({ sentMs, ackedMs, seenMs: seen.get(first + at) })),
  );
  const found = orders.flatMap(({ sentMs, ackedMs, seenMs }) =>
    seenMs === undefined ? [] : { sentMs, ackedMs, seenMs },
  );
  return {
    kind: 'latency',
    row,
    perSecond,
    events: orders.length,
    missing: orders.length - found.length,
    fromAckMs: latencyFigures(found.map(({ seenMs, ackedMs }) => Math.max(0, seenMs - ackedMs))),
    fromSendMs: latencyFigures(found.map(({ seenMs, sentMs }) => seenMs - sentMs)),
  };
}
