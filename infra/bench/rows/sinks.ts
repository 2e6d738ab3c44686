/**
 * Rows `sink-postgres` and `sink-dynamodb`: how long an order takes from Kafka into the store at a steady rate, and how
 * fast a sink brings a full bucket there, beside what the same driver and server do with the same rows alone.
 */
import { availableParallelism } from 'node:os';
import { formatTime } from '../../../shared/event-time/time-text.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import { keySubject } from '../../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../../shared/log/provision.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { SINK_LATENCY_MS } from '../budgets.ts';
import { otherLoad, takeUsage, usageBetween, type UsageSnapshot } from '../process-usage.ts';
import type { Result, ThroughputResult } from '../result.ts';
import type { BenchStore, Customer } from '../stores/bench-store.ts';
import { openDynamoDb } from '../stores/dynamodb.ts';
import { openPostgres } from '../stores/postgres.ts';
import { waitUntil } from '../wait-until.ts';
import { pidOf } from './bridge-run.ts';
import { type LatencyOptions, runLatency } from './latency.ts';
import { followStore } from './follow-store.ts';

const RFM = 'rfm';
const WARM_UP = 20_000;
/** Puts in flight while the bucket is filled. */
const PUTS = 1_000;
const START = Date.UTC(2024, 5, 1);

export const SINK_STORES = { 'sink-postgres': openPostgres, 'sink-dynamodb': openDynamoDb } as const;
export type SinkRow = keyof typeof SINK_STORES;

export async function benchSink(
  mesh: BenchMesh,
  row: SinkRow,
  options: LatencyOptions & { readonly events: number },
): Promise<Result[]> {
  await using store = await SINK_STORES[row](mesh);
  const customers = Array.from({ length: Math.min(options.events, 200_000) }, (_, at) => customerOf(at));
  await drain(mesh, store, customers.slice(0, WARM_UP)); // not counted: a store's code, too, is compiled while it runs
  const rates = [await drain(mesh, store, customers), await writePlainly(mesh, store, customers)];
  const latency = await runLatency(mesh, options, {
    groups: [[RFM]],
    others: [store.sink],
    to: store.name,
    budget: SINK_LATENCY_MS,
    follow: () => followStore(mesh, store),
  });
  return [latency, ...rates];
}

/** From the sink's first write to its last, the bucket being full. */
async function drain(mesh: BenchMesh, store: BenchStore, customers: readonly Customer[]): Promise<ThroughputResult> {
  await mesh.clear();
  await provisionMesh(mesh.log);
  await provisionService(mesh.log, RFM);
  await fillBucket(mesh, customers);
  const sink = await mesh.startWorker(store.sink);
  const pids = new Map([...mesh.serverPids(), [store.sink.name, await pidOf(mesh, sink)] as const, bench()]);
  const check = () => mesh.checkAlive();
  const written = async () => {
    const found = (await sink.ask())?.sinks?.find(({ bucket }) => bucket === RFM);
    return { count: found?.written ?? 0, isDone: found !== undefined && found.position > 0 && found.lagEntries === 0 };
  };
  const waiting = { signal: mesh.signal, everyMs: 5, check };
  await waitUntil(async () => (await written()).count > 0, { ...waiting, what: 'the first write' });
  const first = await written();
  const before = takeUsage(pids);
  const startedMs = performance.now();
  const isDone = async () => {
    const { count, isDone } = await written();
    mesh.progress.show(store.sink.name, count, customers.length, startedMs);
    return isDone;
  };
  await waitUntil(isDone, { ...waiting, everyMs: 20, what: 'the last write' });
  const after = takeUsage(pids);
  await mesh.stopWorkers();
  const row = `${store.sink.name}: ${customers.length.toLocaleString('en')} customers to ${store.name}`;
  return throughput(row, customers.length - first.count, before, after, [store.sink.name]);
}

/** The same rows by the driver alone. */
async function writePlainly(
  mesh: BenchMesh,
  store: BenchStore,
  customers: readonly Customer[],
): Promise<ThroughputResult> {
  const { batch, parallel, what } = store.plain;
  const pids = new Map([...mesh.serverPids(), bench()]);
  await store.writePlainly(customers.slice(0, batch)); // connected, and compiled once
  const before = takeUsage(pids);
  const startedMs = performance.now();
  let next = 0;
  const lane = async () => {
    for (let from = next; from < customers.length; from = next) {
      next += batch;
      mesh.signal.throwIfAborted();
      await store.writePlainly(customers.slice(from, from + batch));
      mesh.progress.show('plain', from, customers.length, startedMs);
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return throughput(`the same by ${what}`, customers.length, before, takeUsage(pids), ['bench']);
}

function throughput(
  row: string,
  events: number,
  before: UsageSnapshot,
  after: UsageSnapshot,
  workers: readonly string[],
): ThroughputResult {
  const others = otherLoad(before, after, availableParallelism());
  const used = usageBetween(before, after);
  const cpu = [...(used ?? [])]
    .filter(([process]) => process !== 'bench' || workers.includes(process))
    .map(([process, us]) => ({ process, usPerEvent: us / events }));
  return {
    kind: 'throughput',
    row,
    events,
    seconds: (after.atMs - before.atMs) / 1000,
    ...(used === undefined ? {} : { cpu }),
    storage: [],
    ...(others === undefined ? {} : { otherLoad: others }),
    budget: { workers },
  };
}

async function fillBucket(mesh: BenchMesh, customers: readonly Customer[]): Promise<void> {
  for (let from = 0; from < customers.length; from += PUTS)
    await Promise.all(
      customers.slice(from, from + PUTS).map((customer) => {
        const key = `${partitionName(partitionOf(customer.id))}.customer.${customer.id}`;
        return mesh.log.append(keySubject(RFM, key), JSON.stringify(rfmValue(customer)));
      }),
    );
}

function customerOf(at: number): Customer {
  return {
    id: String(1_000_000 + at),
    segment: at % 3 === 0 ? 'Regular' : 'New',
    recencyDays: at % 30,
    frequency: 1 + (at % 4),
    spent: ((at % 100_000) / 100).toFixed(2),
    firstOrder: formatTime(START + at * 1000),
    lastOrder: formatTime(START + at * 2000),
  };
}

/** As rfm writes it. */
function rfmValue({ id, segment, recencyDays, frequency, spent, firstOrder, lastOrder }: Customer) {
  return {
    customer_id: id,
    segment,
    recency_days: recencyDays,
    frequency,
    monetary_value: spent,
    first_order: firstOrder,
    last_order: lastOrder,
    between: [],
  };
}

function bench(): readonly [string, number] {
  return ['bench', process.pid];
}
