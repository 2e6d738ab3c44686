/**
 * Row `egress`: final hours of customers, waiting in the log of sales, to Kafka, each once; and under it the floor: the
 * same messages in transactions of kafkajs alone.
 */
import { PARTITIONS } from '../../../shared/events/partition.ts';
import { logSubject } from '../../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../../shared/log/provision.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { throughputOf } from '../costs.ts';
import { takeUsage } from '../process-usage.ts';
import type { Result, ThroughputResult } from '../result.ts';
import { waitUntil } from '../wait-until.ts';
import { pidOf } from './bridge-run.ts';

const SALES = 'sales';
const EGRESS = { name: 'egress', entry: 'bridge/jetstream-to-kafka.ts', env: { WEIR_EGRESS_SERVICES: SALES } } as const;
/** Results of one commit, and as many other lines, which are not sent. */
const LINES = 250;
const MOST = 200_000;

export async function benchEgress(mesh: BenchMesh, { events }: { readonly events: number }): Promise<Result[]> {
  const results = Math.min(events, MOST);
  await mesh.kafka();
  await mesh.clear();
  await provisionMesh(mesh.log);
  await provisionService(mesh.log, SALES);
  const lastSeq = await fillLog(mesh, results);
  const egress = await mesh.startWorker(EGRESS);
  const pids = new Map([...mesh.serverPids(), [EGRESS.name, await pidOf(mesh, egress)] as const]);
  const sent = async () => (await egress.ask())?.sinks?.find(({ bucket }) => bucket === SALES);
  const waiting = { signal: mesh.signal, everyMs: 5, atMostMs: 300_000, check: () => mesh.checkAlive() };
  await waitUntil(async () => ((await sent())?.written ?? 0) > 0, { ...waiting, what: 'the first transaction' });
  const first = (await sent())?.written ?? 0;
  const before = takeUsage(pids);
  await waitUntil(async () => ((await sent())?.position ?? 0) >= lastSeq, { ...waiting, what: 'the last transaction' });
  const after = takeUsage(pids);
  mesh.noteMeasured([EGRESS.name], before, after);
  await mesh.stopWorkers();
  const budget = { workers: [EGRESS.name] };
  const row = `egress: ${results.toLocaleString('en')} results to Kafka`;
  return [
    throughputOf({ row, events: results - first, before, after, storage: [], budget }),
    await floor(mesh, results),
  ];
}

async function fillLog(mesh: BenchMesh, results: number): Promise<number> {
  const appends: ReturnType<BenchMesh['log']['append']>[] = [];
  for (let from = 0, n = 0; from < results; from += LINES, n++) {
    const head = { pos: n + 1, wm: 0, epoch: 1, n: Math.floor(n / PARTITIONS.length) + 1, emits: 0, late: 0 };
    const lines = Array.from({ length: Math.min(LINES, results - from) }, (_, at) => linesOf(from + at));
    const subject = logSubject(SALES, PARTITIONS[n % PARTITIONS.length] ?? '');
    appends.push(mesh.log.append(subject, [JSON.stringify(head), ...lines].join('\n')));
    if (appends.length % 64 === 0) await appends.at(-1);
  }
  const last = (await Promise.all(appends)).at(-1);
  return last?.kind === 'stored' ? last.seq : 0;
}

/** A final hour, and a pane, which is not sent. */
function linesOf(customer: number): string {
  const value =
    `{"customer_id":"${customer}","window_start":"2024-06-01T00:00:00Z","orders":3,"total_spent":"450.75",` +
    `"final":true,"panes":{"0":1,"5":2}}`;
  return (
    `{"put":"customer-hour.${customer}.20240601T000000Z","v":${value}}\n` +
    `{"put":"pane.20240601T${customer}","v":{"start":1717200000000,"revenue":45075,"orders":3}}`
  );
}

async function floor(mesh: BenchMesh, results: number): Promise<ThroughputResult> {
  const said = new Map<string, { readonly cpuUs: number; readonly atMs: number }>();
  let first = 0;
  const args = [await mesh.brokers(), 'bench-transactions', String(results)];
  await mesh.run('infra/bench/kafka-transactions.ts', args, (line) => {
    const [what = '', cpuUs, atMs] = line.split(' ');
    if (cpuUs === undefined || atMs === undefined) return;
    if (what.startsWith('first-')) first = Number(what.slice('first-'.length));
    said.set(what.replace(/-.*/, ''), { cpuUs: Number(cpuUs), atMs: Number(atMs) });
  });
  const [begun, last] = [said.get('first'), said.get('last')];
  if (!begun || !last) throw new Error('Cannot measure transactions of kafkajs: the producer said nothing');
  const events = results - first;
  return {
    kind: 'throughput',
    row: 'floor: kafkajs transactions of 10,000',
    events,
    seconds: (last.atMs - begun.atMs) / 1000,
    cpu: [{ process: 'kafkajs', usPerEvent: (last.cpuUs - begun.cpuUs) / events }],
    storage: [],
    budget: { workers: ['kafkajs'] },
  };
}
