/** What a run cost: CPU of each process and bytes of each stream, for an event. */
import { availableParallelism } from 'node:os';
import { bucketStream, EVENTS, logStream } from '../../shared/log/names.ts';
import type { StreamState } from '../../shared/log/log.ts';
import type { BenchMesh } from './bench-mesh.ts';
import { otherLoad, takeUsage, type UsageSnapshot, usageBetween } from './process-usage.ts';
import type { ProcessCost, StorageCost, ThroughputResult } from './result.ts';
import { waitUntil } from './wait-until.ts';

/** The longest a store rests between two flushes is 2 s (partition-runner.ts): after this it has nothing more to put. */
const STILL_MS = 3_000;

export interface Measured {
  readonly row: string;
  readonly events: number;
  readonly before: UsageSnapshot;
  /** Everything is committed. */
  readonly after: UsageSnapshot;
  /** And everything is in KV. */
  readonly inKv?: { readonly usage: UsageSnapshot; readonly puts: number };
  readonly storage: readonly StorageCost[];
  readonly state?: ThroughputResult['state'];
  readonly budget: ThroughputResult['budget'];
}

export function throughputOf({ row, events, before, after, inKv, storage, state, budget }: Measured): ThroughputResult {
  const cpu = processCosts(before, after, events);
  const cpuToKv = inKv && processCosts(before, inKv.usage, events);
  const others = otherLoad(before, after, availableParallelism());
  return {
    kind: 'throughput',
    row,
    events,
    seconds: (after.atMs - before.atMs) / 1000,
    ...(cpu ? { cpu } : {}),
    ...(cpuToKv ? { cpuToKv } : {}),
    ...(inKv ? { putsPerEvent: inKv.puts / events } : {}),
    ...(others === undefined ? {} : { otherLoad: others }),
    storage,
    ...(state ? { state } : {}),
    budget,
  };
}

/** Undefined where the system does not tell. */
export function processCosts(
  before: UsageSnapshot,
  after: UsageSnapshot,
  events: number,
): readonly ProcessCost[] | undefined {
  const used = usageBetween(before, after);
  return used && Array.from(used, ([process, us]) => ({ process, usPerEvent: us / events }));
}

/** Of EVENTS and of the services' logs. */
export async function storageCosts(
  mesh: BenchMesh,
  services: readonly string[],
  events: number,
): Promise<readonly StorageCost[]> {
  const streams = [EVENTS, ...services.map(logStream)];
  return Promise.all(
    streams.map(async (stream) => ({ stream, bytesPerEvent: bytesEverStored(await mesh.log.state(stream)) / events })),
  );
}

/** What was purged meanwhile counts with the average size of what is left. */
export function bytesEverStored({ bytes, messages, lastSeq }: StreamState): number {
  return messages === 0 ? 0 : (bytes / messages) * lastSeq;
}

/** Waits until nothing is put into the stores any more; the usage is that at the last put. */
export async function untilStoresAreStill(
  mesh: BenchMesh,
  services: readonly string[],
  pids: ReadonlyMap<string, number>,
): Promise<{ readonly usage: UsageSnapshot; readonly puts: number }> {
  let puts = -1;
  let usage = takeUsage(pids);
  await waitUntil(
    async () => {
      const now = await countPuts(mesh, services);
      if (now !== puts) usage = takeUsage(pids);
      puts = now;
      return performance.now() - usage.atMs > STILL_MS;
    },
    { what: 'the stores', signal: mesh.signal, everyMs: 200, check: () => mesh.checkAlive() },
  );
  return { usage, puts };
}

async function countPuts(mesh: BenchMesh, services: readonly string[]): Promise<number> {
  const states = await Promise.all(services.map((service) => mesh.log.state(bucketStream(service))));
  return states.reduce((sum, { lastSeq }) => sum + lastSeq, 0);
}
