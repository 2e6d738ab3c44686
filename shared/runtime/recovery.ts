/**
 * Recovery of one stage partition (design 6, S5): fence, load, replay, open.
 *
 * 1. A fence frame (epoch + 1) by compare-and-set: from here on no former owner can commit.
 * 2. KV is loaded; it may be older than the commits, never newer than the fence.
 * 3. The commits after `applied` are replayed; every key they touch is dirty again.
 */
import { BEFORE_ALL_TIME, type StageDefinition } from '../events/stage.ts';
import type { Log } from '../log/log.ts';
import { logStream, logSubject } from '../log/names.ts';
import { Image } from '../store/image.ts';
import type { LatePublisher } from './late-publisher.ts';
import { type CommitHead, parseCommit, parseCommitHead } from './commit.ts';
import { Committed } from './committed.ts';
import { Committer, FencedError } from './committer.ts';
import { PartitionState } from './partition-state.ts';

export interface RecoveryOptions {
  readonly log: Log;
  readonly definition: StageDefinition<never>;
  readonly partition: string;
  readonly late: LatePublisher;
  proveOwnership(): Promise<void>;
}

export interface Recovered {
  readonly state: PartitionState;
  readonly image: Image;
  readonly committer: Committer;
  readonly committed: Committed;
  readonly epoch: number;
}

export async function recoverPartition(options: RecoveryOptions): Promise<Recovered> {
  const { log, definition, partition } = options;
  const { service } = definition;
  const fence = await publishFence(log, service, partition);
  const state = new PartitionState(definition, partition);
  const image = new Image({ log, bucket: service, partition, proveOwnership: options.proveOwnership });
  const committed = new Committed();
  const loadable = [...state.tables.values()].filter((table) => table.kind !== 'output').map((table) => table.name);
  const applied = await image.load(loadable, (key, text) => state.loadKey(key, text));
  if (applied) {
    state.restore(applied);
    committed.take(applied.seq, applied);
  }
  await replay(options, { state, image, committed, from: (applied?.seq ?? 0) + 1, to: fence.seq });
  state.open();
  return { state, image, committer: new Committer(log, service, partition, fence.seq), committed, epoch: fence.epoch };
}

async function publishFence(log: Log, service: string, partition: string): Promise<{ seq: number; epoch: number }> {
  const subject = logSubject(service, partition);
  const last = await log.last(logStream(service), subject);
  const former = last && parseCommitHead(last.payload);
  const head: CommitHead = {
    pos: former?.pos ?? 0,
    wm: former?.wm ?? BEFORE_ALL_TIME,
    epoch: (former?.epoch ?? 0) + 1,
    n: 0,
    emits: 0,
    late: former?.late ?? 0,
  };
  const appended = await log.append(subject, JSON.stringify(head), { expectedLast: last?.seq ?? 0 });
  if (appended.kind === 'conflict')
    throw new FencedError(`Cannot take ${service} ${partition}: another owner committed at the same moment`);
  return { seq: appended.seq, epoch: head.epoch };
}

interface Replay {
  readonly state: PartitionState;
  readonly image: Image;
  readonly committed: Committed;
  readonly from: number;
  readonly to: number;
}

async function replay(options: RecoveryOptions, { state, image, committed, from, to }: Replay): Promise<void> {
  const { service } = options.definition;
  const stop = new AbortController();
  const subjects = [logSubject(service, options.partition)];
  for await (const message of options.log.read({
    stream: logStream(service),
    subjects,
    fromSeq: from,
    signal: stop.signal,
  })) {
    const { head, lines } = parseCommit(message.payload);
    image.accept(state.replay(head, lines));
    committed.take(message.seq, head);
    const late = lines.flatMap((line) => (line.kind === 'late' ? [line.text] : []));
    await options.late.publish(message.seq, late);
    if (message.seq >= to) stop.abort();
  }
}
