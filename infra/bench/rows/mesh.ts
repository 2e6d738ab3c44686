/**
 * Rows `mesh` and `mesh-fused`: bridge, all services and the gateway at once, on records of every kind at a steady rate, for minutes.
 * It tells whether they keep up (the lag does not grow), what each costs, and how much memory each has at the beginning
 * and at the end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { availableParallelism } from 'node:os';
import { rulesSubject } from '../../../shared/log/names.ts';
import { provisionMesh } from '../../../shared/log/provision.ts';
import type { MemberRecord } from '../../../shared/runtime/status.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { BenchWorker } from '../bench-worker.ts';
import { processCosts } from '../costs.ts';
import { makeTopic } from '../kafka-topic.ts';
import type { Loaded } from '../mesh-load.ts';
import { MESH_TOPICS } from '../mesh-records.ts';
import { otherLoad, resident, takeUsage } from '../process-usage.ts';
import type { LagSample, MeshResult, ProcessMemory, Result } from '../result.ts';
import { SERVICE_INPUTS } from '../service-inputs.ts';
import { BRIDGE, pidOf } from './bridge-run.ts';
import { stageWorker } from './stage-workers.ts';

export interface MeshRowOptions {
  readonly meshPerSecond: number;
  readonly meshSeconds: number;
}

export const ALL_SERVICES = ['sales', 'rfm', 'anomaly', 'inventory', 'region-health', 'segments', 'activity'] as const;

/** Not counted: code is compiled, partitions are taken, and caches fill. */
const WARM_UP_S = 20;
const SAMPLE_MS = 5_000;

export async function benchMesh(mesh: BenchMesh, options: MeshRowOptions, isFused: boolean): Promise<Result[]> {
  return [await runMesh(mesh, options, isFused ? [ALL_SERVICES] : ALL_SERVICES.map((service) => [service]))];
}

async function runMesh(
  mesh: BenchMesh,
  { meshPerSecond: perSecond, meshSeconds: seconds }: MeshRowOptions,
  groups: readonly (readonly string[])[],
): Promise<MeshResult> {
  const row = groups.length === 1 ? 'mesh, services fused' : 'mesh, a process a service';
  const workers = await startAll(mesh, groups);
  const pids = new Map(mesh.serverPids() as ReadonlyMap<string, number>);
  for (const worker of workers) pids.set(worker.name, await pidOf(mesh, worker));
  mesh.progress.say(`${row}: ${perSecond} records a second for ${WARM_UP_S} s + ${seconds} s`);
  const load = new Load(mesh, perSecond, WARM_UP_S + seconds);
  await Promise.race([sleep(WARM_UP_S * 1_000, undefined, { signal: mesh.signal }), load.ended]);
  const atStart = { usage: takeUsage(pids), memory: memoryOf(pids), load: load.last, stored: await storedBy(mesh) };
  const lag = await Promise.race([sampleLag(mesh, workers, seconds), load.failed]);
  const atEnd = { usage: takeUsage(pids), memory: memoryOf(pids), load: load.last, stored: await storedBy(mesh) };
  await load.ended;
  mesh.noteMeasured(
    workers.map(({ name }) => name),
    atStart.usage,
    atEnd.usage,
  );
  await mesh.stopWorkers();
  const events = atEnd.load.acked - atStart.load.acked;
  const loadUs = atEnd.load.cpuUs - atStart.load.cpuUs;
  const others = otherLoad(atStart.usage, atEnd.usage, availableParallelism(), loadUs);
  const cpu = processCosts(atStart.usage, atEnd.usage, events);
  return {
    kind: 'mesh',
    row,
    perSecond,
    events,
    seconds: (atEnd.usage.atMs - atStart.usage.atMs) / 1_000,
    ...(cpu ? { cpu: [...cpu, { process: 'load', usPerEvent: loadUs / events }] } : {}),
    messages: Array.from(atEnd.stored, ([stream, upTo]) => {
      return { stream, perRecord: (upTo - (atStart.stored.get(stream) ?? 0)) / events };
    }),
    lag,
    memory: Array.from(atStart.memory, ([process, startBytes]): ProcessMemory => {
      return { process, startBytes, endBytes: atEnd.memory.get(process) ?? Number.NaN };
    }),
    ...(others === undefined ? {} : { otherLoad: others }),
  };
}

/** Everything runs and waits before the first record comes. */
async function startAll(mesh: BenchMesh, groups: readonly (readonly string[])[]): Promise<BenchWorker[]> {
  await mesh.clear();
  await mesh.forgetTopics(MESH_TOPICS.map(({ topic }) => topic));
  await makeTopic(await mesh.kafka(), ...MESH_TOPICS.map(({ topic }) => topic));
  await mesh.serveSchemas();
  await provisionMesh(mesh.log);
  const { rules } = SERVICE_INPUTS.segments;
  if (rules) await mesh.log.append(rulesSubject(rules.name), JSON.stringify(rules.set));
  const workers = [];
  for (const services of groups) workers.push(await mesh.startWorker(stageWorker(services)));
  workers.push(await mesh.startWorker(BRIDGE));
  workers.push(await mesh.startWorker({ name: 'gateway', entry: 'services/gateway/main.ts' }));
  return workers;
}

class Load {
  last: Loaded = { acked: 0, cpuUs: 0, pid: 0 };
  readonly ended: Promise<void>;
  /** Rejects when it ends before its time. */
  readonly failed: Promise<never>;

  constructor(mesh: BenchMesh, perSecond: number, seconds: number) {
    this.ended = this.#run(mesh, [String(perSecond), String(seconds)]);
    this.failed = new Promise((_, reject) => this.ended.catch(reject));
    this.failed.catch(() => undefined); // awaited by the row
  }

  async #run(mesh: BenchMesh, args: readonly string[]): Promise<void> {
    await mesh.run('infra/bench/mesh-load.ts', [await mesh.brokers(), ...args], (line) => {
      if (line.startsWith('{')) this.last = JSON.parse(line) as Loaded;
    });
  }
}

async function sampleLag(mesh: BenchMesh, workers: readonly BenchWorker[], seconds: number): Promise<LagSample[]> {
  const samples: LagSample[] = [];
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1_000) {
    await sleep(SAMPLE_MS, undefined, { signal: mesh.signal });
    mesh.checkAlive();
    const members = await Promise.all(workers.map((worker) => worker.ask()));
    const sample = { atS: Math.round((performance.now() - startMs) / 1_000), ...lagOf(members) };
    samples.push(sample);
    mesh.progress.show(`mesh: lag ${lagText(members)} s`, sample.atS, seconds, startMs);
  }
  return samples;
}

/** The largest of any partition; one that does not answer is unknown, and never counts as none. */
function lagOf(members: readonly (MemberRecord | undefined)[]): Pick<LagSample, 'records' | 'seconds'> {
  const partitions = members.flatMap((member) => [...(member?.bridge ?? []), ...(member?.stages ?? [])]);
  const isUnknown = members.includes(undefined);
  const records = members
    .flatMap((member) => member?.bridge ?? [])
    .reduce((sum, { lagRecords }) => sum + lagRecords, 0);
  return { records, seconds: isUnknown ? Number.NaN : Math.max(0, ...partitions.map(({ lagSeconds }) => lagSeconds)) };
}

/** Of each service that has one, and of the bridge. */
function lagText(members: readonly (MemberRecord | undefined)[]): string {
  const lags = new Map<string, number>();
  const note = (name: string, seconds: number) => lags.set(name, Math.max(seconds, lags.get(name) ?? 0));
  for (const member of members) {
    for (const { service, lagSeconds } of member?.stages ?? []) note(service, lagSeconds);
    for (const { lagSeconds } of member?.bridge ?? []) note('bridge', lagSeconds);
    if (!member) note('no answer', Number.NaN);
  }
  const behind = Array.from(lags).filter(([, seconds]) => !(seconds < 0.05));
  return behind.length === 0 ? '0.0' : behind.map(([name, seconds]) => `${name} ${seconds.toFixed(1)}`).join(', ');
}

/** The last sequence of each stream. */
async function storedBy(mesh: BenchMesh): Promise<Map<string, number>> {
  const stored = new Map<string, number>();
  for await (const { config, state } of mesh.log.manager.streams.list()) stored.set(config.name, state.last_seq);
  return stored;
}

function memoryOf(pids: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(Array.from(pids, ([name, pid]) => [name, resident(pid)?.bytes ?? Number.NaN]));
}
