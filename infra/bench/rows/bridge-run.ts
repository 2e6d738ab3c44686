/** One run of the bridge over a topic that is full already: from its first frame to the progress of its last record. */
import { dataSubject, progressSubject } from '../../../shared/log/names.ts';
import type { Progress } from '../../../shared/log/frame.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { BenchWorker } from '../bench-worker.ts';
import { KAFKA_PARTITIONS } from '../orders.ts';
import { takeUsage, type UsageSnapshot } from '../process-usage.ts';
import { waitUntil } from '../wait-until.ts';

export const BRIDGE = { name: 'bridge', entry: 'bridge/main.ts' } as const;

export interface BridgeRun {
  /** Of the bridge, the others and the servers. */
  readonly pids: ReadonlyMap<string, number>;
  readonly before: UsageSnapshot;
  readonly after: UsageSnapshot;
}

/** `others`: processes to measure beside it. */
export async function runBridge(
  mesh: BenchMesh,
  topic: string,
  count: number,
  others: ReadonlyMap<string, number> = new Map(),
): Promise<BridgeRun> {
  const firstFrame = mesh.lookOut(dataSubject(topic, '*', '*'));
  const { offsets, stop } = followProgress(mesh, topic);
  const worker = await mesh.startWorker(BRIDGE);
  const pids = new Map([...others, ['bridge', await pidOf(mesh, worker)], ...mesh.serverPids()]);
  await firstFrame();
  const before = takeUsage(pids);
  const isDone = () => {
    const done = taken(offsets);
    mesh.progress.show(`bridge`, done, count, before.atMs);
    return done >= count;
  };
  await waitUntil(isDone, { what: 'the bridge', signal: mesh.signal, everyMs: 10, check: () => mesh.checkAlive() });
  stop();
  return { pids, before, after: takeUsage(pids) };
}

/** As the worker itself says: what we started may only be its launcher. */
export async function pidOf(mesh: BenchMesh, worker: BenchWorker): Promise<number> {
  let pid: number | undefined;
  const hasAnswered = async () => {
    pid = (await worker.ask())?.pid;
    return pid !== undefined;
  };
  const what = `the start of ${worker.name}`;
  await waitUntil(hasAnswered, {
    what,
    signal: mesh.signal,
    everyMs: 5,
    atMostMs: 60_000,
    check: () => mesh.checkAlive(),
  });
  return pid ?? 0;
}

/** The progress frames are few and small: to follow them costs the server nothing worth measuring. */
function followProgress(mesh: BenchMesh, topic: string) {
  const offsets = new Map<string, number>();
  const subscription = mesh.log.connection.subscribe(progressSubject(topic, '*'), {
    callback: (error, message) => {
      const offset = error ? undefined : message.json<Progress>().offset;
      if (offset !== undefined) offsets.set(message.subject, offset);
    },
  });
  return { offsets, stop: () => subscription.unsubscribe() };
}

function taken(offsets: ReadonlyMap<string, number>): number {
  if (offsets.size > KAFKA_PARTITIONS) throw new Error(`Cannot count "${offsets.size}" Kafka partitions: expected 4`);
  return [...offsets.values()].reduce((sum, offset) => sum + offset + 1, 0);
}
