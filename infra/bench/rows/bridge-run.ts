/** One run of the bridge over a topic that is full already: from its first frame to the progress of its last record. */
import { dataSubject, mirrorSubject, progressSubject, streamOf } from '../../../shared/log/names.ts';
import type { Progress } from '../../../shared/log/frame.ts';
import type { StreamState } from '../../../shared/log/log.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { BenchWorker } from '../bench-worker.ts';
import type { Format } from '../formats/format.ts';
import { KAFKA_PARTITIONS } from '../orders.ts';
import { takeUsage, type UsageSnapshot } from '../process-usage.ts';
import { waitUntil } from '../wait-until.ts';

export const BRIDGE = { name: 'bridge', entry: 'bridge/main.ts' } as const;

const MIRROR_LOOK_MS = 50;

export interface BridgeRun {
  /** Of the bridge, the others and the servers. */
  readonly pids: ReadonlyMap<string, number>;
  readonly before: UsageSnapshot;
  readonly after: UsageSnapshot;
}

/** `others`: processes to measure beside it. */
export async function runBridge(
  mesh: BenchMesh,
  { topic, route }: Format,
  count: number,
  others: ReadonlyMap<string, number> = new Map(),
): Promise<BridgeRun> {
  const isMirror = route.decoder === 'raw';
  const firstFrame = mesh.lookOut(isMirror ? `mirror.${topic}.*` : dataSubject(topic, '*', '*'));
  const { taken, stop } = isMirror ? followMirror(mesh, topic) : followProgress(mesh, topic);
  const worker = await mesh.startWorker(BRIDGE, { ...route, topic });
  const pids = new Map([...others, ['bridge', await pidOf(mesh, worker)], ...mesh.serverPids()]);
  await firstFrame();
  const before = takeUsage(pids);
  const isDone = () => {
    const done = taken();
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

interface Follower {
  /** Records that are in the log. */
  taken(): number;
  stop(): void;
}

/** The progress frames are few and small: to follow them costs the server nothing worth measuring. */
function followProgress(mesh: BenchMesh, topic: string): Follower {
  const offsets = new Map<string, number>();
  const subscription = mesh.log.connection.subscribe(progressSubject(topic, '*'), {
    callback: (error, message) => {
      const offset = error ? undefined : message.json<Progress>().offset;
      if (offset !== undefined) offsets.set(message.subject, offset);
    },
  });
  return { taken: () => sumOf(offsets), stop: () => subscription.unsubscribe() };
}

/** One message a record: the stream's own count tells. */
function followMirror(mesh: BenchMesh, topic: string): Follower {
  let records = 0;
  const timer = setInterval(() => {
    mirrorStates(mesh, topic).then(
      (states) => {
        records = states.reduce((sum, { messages }) => sum + messages, 0);
      },
      () => undefined, // not made yet
    );
  }, MIRROR_LOOK_MS);
  return { taken: () => records, stop: () => clearInterval(timer) };
}

/** Of the streams that mirror the topic's partitions. */
export function mirrorStates(mesh: BenchMesh, topic: string): Promise<StreamState[]> {
  const streams = Array.from({ length: KAFKA_PARTITIONS }, (_, partition) => streamOf(mirrorSubject(topic, partition)));
  return Promise.all(streams.map((stream) => mesh.log.state(stream)));
}

function sumOf(offsets: ReadonlyMap<string, number>): number {
  if (offsets.size > KAFKA_PARTITIONS) throw new Error(`Cannot count "${offsets.size}" Kafka partitions: expected 4`);
  return [...offsets.values()].reduce((sum, offset) => sum + offset + 1, 0);
}
