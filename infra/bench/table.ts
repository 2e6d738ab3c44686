/** The results as Markdown tables, each figure beside its budget. Pure. */
import { PEERS, RECOVERY_MS } from './budgets.ts';
import { lagTrend } from './lag-trend.ts';
import type {
  CepResult,
  LatencyResult,
  MemoryResult,
  MeshResult,
  ProcessCost,
  QueryResult,
  ReadsResult,
  RecoveryResult,
  Result,
  ThroughputResult,
} from './result.ts';

export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly cpu: string;
  readonly system: string;
  readonly node: string;
  /** What ran the workers. */
  readonly runtime: string;
  readonly repeat: number;
}

type Cells = readonly string[];

export function report(results: readonly Result[], machine: Machine): string {
  const { date, cores, cpu, system, node, runtime, repeat } = machine;
  const workers = runtime === 'node' ? '' : `, workers on ${runtime}`;
  const runs = repeat > 1 ? ` Best of ${repeat} runs.` : '';
  const parts = [`Measured on ${date}: ${cores} cores (${cpu}), ${system}, Node ${node}${workers}.${runs}`];
  const throughput = results.filter((result) => result.kind === 'throughput');
  const latency = results.filter((result) => result.kind === 'latency');
  const memory = results.filter((result) => result.kind === 'memory');
  const recovery = results.filter((result) => result.kind === 'recovery');
  if (throughput.length > 0) parts.push(throughputTable(throughput));
  if (throughput.some(({ row }) => row.startsWith('path'))) parts.push(peerTable());
  const cep = results.filter((result) => result.kind === 'cep');
  if (cep.length > 0) parts.push(cepTable(cep));
  if (latency.length > 0) parts.push(latencyTable(latency));
  const reads = results.filter((result) => result.kind === 'reads');
  if (reads.length > 0) parts.push(readsTable(reads));
  const queries = results.filter((result) => result.kind === 'query');
  if (queries.length > 0) parts.push(queryTable(queries));
  if (recovery.length > 0) parts.push(recoveryTable(recovery));
  if (memory.length > 0) parts.push(memoryTable(memory));
  for (const result of results) if (result.kind === 'mesh') parts.push(meshTables(result));
  return `\n${parts.join('\n\n')}\n`;
}

function throughputTable(results: readonly ThroughputResult[]): string {
  const head = [
    'row',
    'events/s',
    'CPU-us/event: workers',
    'servers',
    'until KV is complete',
    'budget',
    'bytes/event',
    'state: keys, bytes/key',
    'KV puts/event',
    'other load',
  ];
  return table(head, results.map(throughputCells));
}

function throughputCells(result: ThroughputResult): Cells {
  const { row, events, seconds, cpu, cpuToKv, storage, state, putsPerEvent, budget } = result;
  const isWorker = ({ process }: ProcessCost) => budget.workers.includes(process);
  const workers = cpu?.filter(isWorker);
  return [
    row,
    thousands(events / seconds),
    costs(workers),
    costs(cpu?.filter((cost) => !isWorker(cost))),
    result.cpuToKv ? costs(cpuToKv) : '',
    budget.usPerEvent === undefined ? '' : judged(sum(workers), budget.usPerEvent, (us) => us.toFixed(1)),
    storage.map(({ stream, bytesPerEvent }) => `${stream} ${Math.round(bytesPerEvent)}`).join(', '),
    state === undefined ? '' : `${thousands(state.keys)}, ${Math.round(state.bytesPerKey)}`,
    putsPerEvent === undefined ? '' : putsPerEvent.toFixed(2),
    percent(result.otherLoad),
  ];
}

function peerTable(): string {
  const rows = PEERS.map(({ name, usPerEvent, eventsPerSecond, visible }) => [
    name,
    usPerEvent,
    eventsPerSecond,
    visible,
  ]);
  const note =
    'Peers, from the design (not measured here): Flink 2.2.1 on 2 cores of the same kind, 1 M Debezium orders, ' +
    'sales + rfm + anomalies in one job:';
  return `${note}\n\n${table(['peer', 'CPU-us/record', 'records/s', 'results visible'], rows)}`;
}

function latencyTable(results: readonly LatencyResult[]): string {
  const rows = results.map(({ row, to, budget, perSecond, missing, otherLoad, fromAckMs: ack, fromSendMs: send }) => [
    `${row}, ${thousands(perSecond)} orders/s`,
    to,
    budget.p50 === undefined ? ms(ack.p50) : judged(ack.p50, budget.p50, ms),
    judged(ack.p99, budget.p99, ms),
    ms(ack.max),
    `${ms(send.p50)} / ${ms(send.p99)} / ${ms(send.max)}`,
    missing === 0 ? 'none' : thousands(missing),
    percent(otherLoad),
  ]);
  const head = [
    'Kafka append (ack) to the store',
    'store',
    'p50 ms',
    'p99 ms',
    'max ms',
    'from send: p50 / p99 / max ms',
    'missing',
    'other load',
  ];
  return table(head, rows);
}

function queryTable(results: readonly QueryResult[]): string {
  const rows = results.map(({ row, rows, latencyMs, budget }) => [
    `${row}, ${thousands(rows)} rows`,
    latencyMs.p50.toFixed(2),
    judged(latencyMs.p99, budget.p99, ms),
    ms(latencyMs.max),
  ]);
  return table(['question to PostgreSQL', 'p50 ms', 'p99 ms', 'max ms'], rows);
}

function readsTable(results: readonly ReadsResult[]): string {
  const rows = results.map((result) => [
    `${result.row}, ${thousands(result.keys)} keys`,
    thousands(result.readsPerSecond),
    result.latencyMs.p50.toFixed(2),
    judged(result.latencyMs.p99, result.budget.p99, ms),
    ms(result.latencyMs.max),
    costs(result.cpu),
    result.rssBytes === undefined ? 'not available' : (result.rssBytes / 1e6).toFixed(0),
    String(Math.round(result.answerBytes)),
    thousands(result.eventsPerSecond),
    percent(result.otherLoad),
  ]);
  const head = [
    'reads over HTTP',
    'reads/s',
    'p50 ms',
    'p99 ms',
    'max ms',
    'CPU-us/read, with the events',
    'gateway RSS MB',
    'bytes/answer',
    'events/s meanwhile',
    'other load',
  ];
  return table(head, rows);
}

function recoveryTable(results: readonly RecoveryResult[]): string {
  const rows = results.map(({ row, failoverMs, recoveryMs, otherLoad }) => [
    row,
    (failoverMs / 1000).toFixed(1),
    judged(recoveryMs / 1000, RECOVERY_MS / 1000, (s) => s.toFixed(1)),
    percent(otherLoad),
  ]);
  return table(['rfm, killed', 's from kill to all running', 's from takeover to all running', 'other load'], rows);
}

function memoryTable(results: readonly MemoryResult[]): string {
  const rows = results.map(({ row, rssBytes, privateBytes, budgetBytes }) => [
    row,
    judged(rssBytes / 1e6, budgetBytes / 1e6, (mb) => mb.toFixed(0)),
    privateBytes === undefined ? 'not available' : (privateBytes / 1e6).toFixed(0),
  ]);
  return table(['idle worker', 'RSS MB', 'of it private'], rows);
}

function cepTable(results: readonly CepResult[]): string {
  const rows = results.map(({ row, usPerEvent, partialMatches, snapshotBytes }) => [
    row,
    usPerEvent.toPrecision(3),
    thousands(partialMatches),
    thousands(snapshotBytes),
  ]);
  return table(['pattern operator, one key', 'us/event', 'live partial matches', 'snapshot bytes'], rows);
}

/** Whether a mesh kept up, and what each of its processes took. */
function meshTables({ row, perSecond, events, seconds, cpu, messages, lag, memory, otherLoad }: MeshResult): string {
  const { early, late, worst, isGrowing } = lagTrend(lag);
  const verdict = isGrowing ? 'the lag GROWS' : 'the lag does not grow';
  const total = sum(cpu?.filter(({ process }) => process !== 'load'));
  const head =
    `${row}: ${thousands(events / seconds)} records/s of ${thousands(perSecond)} asked for, over ${Math.round(seconds)} s; ` +
    `${verdict} (median ${early.toFixed(2)} s in the first third, ${late.toFixed(2)} s in the last, at most ` +
    `${worst.toFixed(2)} s); ${total?.toFixed(1) ?? 'unknown'} CPU-us/record in all; other load ${percent(otherLoad)}.`;
  const rows = memory.map(({ process, startBytes, endBytes }) => [
    process,
    cpu?.find((cost) => cost.process === process)?.usPerEvent.toFixed(1) ?? 'not available',
    (startBytes / 1e6).toFixed(0),
    (endBytes / 1e6).toFixed(0),
  ]);
  const load = cpu?.find(({ process }) => process === 'load')?.usPerEvent.toFixed(1) ?? 'not available';
  const all = [...rows, ['load (not of the mesh)', load, '', '']];
  const stored = messages
    .filter(({ perRecord }) => perRecord >= 0.01)
    .sort((a, b) => b.perRecord - a.perRecord)
    .map(({ stream, perRecord }) => `${stream} ${perRecord.toFixed(2)}`);
  const tail = `Messages stored for a record: ${stored.join(', ')}.`;
  return `${head}\n\n${tail}\n\n${table(['process', 'CPU-us/record', 'RSS MB at start', 'RSS MB at end'], all)}`;
}

/** `1.9 (ok, 2.5)` or `3.1 (OVER 2.5)`. */
export function judged(value: number | undefined, limit: number, show: (value: number) => string): string {
  if (value === undefined || Number.isNaN(value)) return `not available (budget ${limit})`;
  return value <= limit ? `${show(value)} (ok, budget ${limit})` : `${show(value)} (OVER budget ${limit})`;
}

/** Aligned, as the formatter wants a table that is pasted into a README. */
export function table(head: Cells, rows: readonly Cells[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)));
  const draw = (cells: Cells) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...rest] = lines;
  return [draw(first), draw(widths.map((width) => '-'.repeat(width))), ...rest.map(draw)].join('\n');
}

function costs(list: readonly ProcessCost[] | undefined): string {
  if (list === undefined) return 'not available';
  return list.map(({ process, usPerEvent }) => `${process} ${usPerEvent.toFixed(1)}`).join(', ');
}

function sum(list: readonly ProcessCost[] | undefined): number | undefined {
  return list?.reduce((total, { usPerEvent }) => total + usPerEvent, 0);
}

function percent(share: number | undefined): string {
  return share === undefined ? 'not available' : `${Math.round(share * 100)} %`;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function ms(value: number): string {
  return value.toFixed(1);
}
