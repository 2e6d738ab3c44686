/**
 * Row `gateway`: reads of single customers over HTTP at a steady rate, while events flow through rfm, whose store they
 * are read from; and the whole document of a customer, from the stores of all services.
 */
import { availableParallelism } from 'node:os';
import { bucketStream } from '../../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../../shared/log/provision.ts';
import { randomFreePort } from '../../embedded/free-port.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { READS } from '../budgets.ts';
import { processCosts, untilStoresAreStill } from '../costs.ts';
import { EventFeed } from '../event-feed.ts';
import { fillEvents } from '../event-frames.ts';
import { otherLoad, resident, takeUsage, type UsageSnapshot } from '../process-usage.ts';
import { COUNTING, type ReadsMade } from '../read-load.ts';
import type { ReadsResult, Result } from '../result.ts';
import { orderEvent, ORDERS } from '../service-inputs.ts';
import { eventsFolded, haveCommitted, lastDataFrames } from '../stage-progress.ts';
import { waitUntil } from '../wait-until.ts';
import { pidOf } from './bridge-run.ts';
import { stageWorker } from './stage-workers.ts';

export interface GatewayRowOptions {
  /** Customers. */
  readonly keys: number;
  readonly seconds: number;
}

const RFM = 'rfm';
const EVENTS_PER_SECOND = 10_000;
const CONNECTIONS = 64;
/** What each line of the row reads: one key of one store; and of every store. */
const READ = [
  { what: "a customer's RFM values", query: '?parts=rfm', perSecond: READS.perSecond },
  { what: 'a customer from all stores', query: '', perSecond: READS.perSecond / 5 },
] as const;

export async function benchGateway(mesh: BenchMesh, { keys, seconds }: GatewayRowOptions): Promise<Result[]> {
  await mesh.clear();
  await provisionMesh(mesh.log);
  for (const service of ['sales', 'anomaly', 'anomaly-maip', 'segments', 'activity', 'region-health', 'inventory'])
    await provisionService(mesh.log, service);
  const rfm = await makeCustomers(mesh, keys);
  const port = await randomFreePort(new Set());
  const gateway = await mesh.startWorker({
    name: 'gateway',
    entry: 'services/gateway/main.ts',
    env: { WEIR_GATEWAY_HOST: '127.0.0.1', WEIR_GATEWAY_PORT: String(port) },
  });
  const pids = new Map([
    ...mesh.serverPids(),
    ['gateway', await pidOf(mesh, gateway)] as const,
    [RFM, await pidOf(mesh, rfm)] as const,
    ['bench', process.pid] as const,
  ]);
  const results: Result[] = [];
  const feed = new EventFeed(mesh.log, {
    source: ORDERS,
    event: (number, t) => ({ ...orderEvent(number, t), k: String((number * 31) % keys) }),
    perSecond: EVENTS_PER_SECOND,
    from: keys,
  });
  try {
    for (const read of READ) results.push(await measure(mesh, { ...read, port, keys, seconds, pids, feed }));
  } finally {
    await feed[Symbol.asyncDispose]();
  }
  await mesh.stopWorkers();
  return results;
}

/** A store with so many customers, written by rfm. */
async function makeCustomers(mesh: BenchMesh, keys: number) {
  await fillEvents(
    mesh.log,
    { sources: [ORDERS], event: (number, t) => ({ source: 0, event: ownOrder(number, t) }), count: keys },
    mesh,
  );
  const targets = await lastDataFrames(mesh.log, [ORDERS.topic]);
  const check = () => mesh.checkAlive();
  const rfm = await mesh.startWorker(stageWorker([RFM]));
  const startedMs = performance.now();
  const isFolded = async () => {
    const member = await rfm.ask();
    mesh.progress.show('gateway: making customers', eventsFolded(member, RFM), keys, startedMs);
    return haveCommitted(member, RFM, targets);
  };
  await waitUntil(isFolded, { what: 'the customers', signal: mesh.signal, everyMs: 200, check });
  await untilStoresAreStill(mesh, [RFM], new Map());
  return rfm;
}

interface Reading {
  readonly what: string;
  readonly query: string;
  readonly perSecond: number;
  readonly port: number;
  readonly keys: number;
  readonly seconds: number;
  readonly pids: ReadonlyMap<string, number>;
  readonly feed: EventFeed;
}

async function measure(
  mesh: BenchMesh,
  { what, query, perSecond, port, keys, seconds, pids, feed }: Reading,
): Promise<ReadsResult> {
  mesh.progress.say(`gateway: ${what}, ${perSecond} a second`);
  let before: { readonly usage: UsageSnapshot; readonly events: number } | undefined;
  let made: ReadsMade | undefined;
  const args = ['127.0.0.1', port, perSecond, seconds, keys, CONNECTIONS, query].map(String);
  await mesh.run('infra/bench/read-load.ts', args, (line) => {
    if (line === COUNTING) before = { usage: takeUsage(pids), events: feed.written };
    else if (line.startsWith('{')) made = JSON.parse(line) as ReadsMade;
  });
  const after = takeUsage(pids);
  if (!before || !made) throw new Error('Cannot measure reads: the load said nothing');
  mesh.checkAlive();
  mesh.noteMeasured(['gateway', RFM], before.usage, after);
  const cpu = processCosts(before.usage, after, made.reads);
  const others = otherLoad(before.usage, after, availableParallelism(), made.cpuUs);
  const rss = resident(pids.get('gateway') ?? 0);
  const { messages } = await mesh.log.state(bucketStream(RFM));
  return {
    kind: 'reads',
    row: what,
    perSecond,
    readsPerSecond: made.reads / made.seconds,
    latencyMs: made.latencyMs,
    budget: READS,
    keys: messages,
    eventsPerSecond: ((feed.written - before.events) / (after.atMs - before.usage.atMs)) * 1_000,
    answerBytes: made.answerBytes,
    ...(cpu && { cpu: [...cpu.filter(({ process }) => process !== 'bench'), loadCost(made)] }),
    ...(rss && { rssBytes: rss.bytes }),
    ...(others !== undefined && { otherLoad: others }),
  };
}

function loadCost({ cpuUs, reads }: ReadsMade) {
  return { process: 'load', usPerEvent: cpuUs / reads };
}

function ownOrder(number: number, t: number) {
  return { ...orderEvent(number, t), k: String(number) };
}
