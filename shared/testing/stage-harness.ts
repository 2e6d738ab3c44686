/**
 * Drives stages synchronously, without servers and without a clock: steps in, results out.
 *
 * It runs the runtime's own PartitionState (fold, commit, restore, replay), and plays the log and the KV image around
 * it, with a schedule that says how frames are cut, when commits are taken, and when a crash comes.
 */
import type { StageDefinition } from '../events/stage.ts';
import { ALL, PARTITIONS, partitionOf, partitionName } from '../events/partition.ts';
import { encodeFrame, type Progress } from '../log/frame.ts';
import { dataSubject, logSubject, progressSubject, rulesSubject } from '../log/names.ts';
import { type CommitLine, parseCommit } from '../runtime/commit.ts';
import { Committed } from '../runtime/committed.ts';
import { type InputMessage, PartitionState } from '../runtime/partition-state.ts';
import type { AppliedState } from '../store/applied-state.ts';

interface Keyed {
  readonly k: string;
}

/** What the bridge would write: events of one Kafka partition, or its progress. And what the gateway would: rules. */
export type Step<E extends Keyed> =
  | { readonly topic: string; readonly kafkaPartition: number; readonly events: readonly E[] }
  | { readonly topic: string; readonly kafkaPartition: number; readonly progress: Progress }
  | { readonly rules: unknown; readonly name: string };

export interface Schedule {
  /** Most events in one frame. */
  readonly frameSize: number;
  /** Messages folded between commits. */
  readonly commitEvery: number;
  /** Crash and recover after each commit. */
  readonly crash: boolean;
  /** KV is brought up to date after this many commits, so that a crash finds it behind. */
  readonly flushEvery: number;
}

export const STRAIGHT: Schedule = {
  frameSize: Number.MAX_SAFE_INTEGER,
  commitEvery: Number.MAX_SAFE_INTEGER,
  crash: false,
  flushEvery: 1,
};

/** JSON texts by KV key (`p07.customer.42`), and late records by partition. */
export interface Outcome {
  readonly results: ReadonlyMap<string, string>;
  readonly state: ReadonlyMap<string, string>;
  readonly late: readonly string[];
}

/** Runs a service: its first stage over all partitions, then the stage behind it, if any. */
export function runStages<E extends Keyed>(
  stages: readonly StageDefinition<never>[],
  steps: readonly Step<E>[],
  schedule: Schedule = STRAIGHT,
): Outcome {
  const [first, second] = stages;
  if (!first) throw new Error('Cannot run a service without stages');
  const commitLog: InputMessage[] = [];
  const input = framesOf(steps, schedule.frameSize);
  const harnesses = PARTITIONS.map((partition) => new PartitionHarness(first, partition, schedule, commitLog));
  for (const message of input) for (const harness of harnesses) harness.deliver(message);
  for (const harness of harnesses) harness.finish();
  const all = second ? new PartitionHarness(second, ALL, schedule, []) : undefined;
  for (const message of commitLog) all?.deliver(message);
  all?.finish();
  return collect(all ? [...harnesses, all] : harnesses);
}

class PartitionHarness {
  readonly #definition: StageDefinition<never>;
  readonly #partition: string;
  readonly #schedule: Schedule;
  readonly #commitLog: InputMessage[];
  /** Commits that KV does not have yet. */
  #unapplied: { readonly seq: number; readonly commit: ReturnType<typeof parseCommit> }[] = [];
  /** KV: key to JSON text. */
  readonly kv = new Map<string, string>();
  /** What recovery loads of it, without the partition: not the outputs. */
  readonly #loadable = new Map<string, string>();
  readonly kinds = new Map<string, 'state' | 'result'>();
  readonly late: string[] = [];
  #applied: AppliedState | undefined;
  #committed = new Committed();
  #state: PartitionState;
  #n = 0;
  #sinceCommit = 0;
  #sinceFlush = 0;

  constructor(definition: StageDefinition<never>, partition: string, schedule: Schedule, commitLog: InputMessage[]) {
    this.#definition = definition;
    this.#partition = partition;
    this.#schedule = schedule;
    this.#commitLog = commitLog;
    this.#state = this.#recover();
  }

  deliver(message: InputMessage): void {
    if (!this.#reads(message.subject)) return;
    this.#state.fold(message);
    if (++this.#sinceCommit >= this.#schedule.commitEvery) this.#commit();
  }

  finish(): void {
    this.#commit();
    this.#flush();
  }

  #reads(subject: string): boolean {
    if (this.#definition.input.kind === 'log') return true;
    return subject.includes(`.${this.#partition}.`) || subject.includes('.progress.') || subject.startsWith('rules.');
  }

  #commit(): void {
    this.#sinceCommit = 0;
    const { head, payload, late } = this.#state.takeCommit(1, ++this.#n);
    const subject = logSubject(this.#definition.service, this.#partition);
    const message = { subject, seq: this.#commitLog.length + 1, payload: new TextEncoder().encode(payload) };
    this.#commitLog.push(message);
    this.#unapplied.push({ seq: message.seq, commit: parseCommit(message.payload) });
    this.#committed.take(message.seq, head);
    this.late.push(...late);
    if (++this.#sinceFlush >= this.#schedule.flushEvery) this.#flush();
    if (this.#schedule.crash) this.#state = this.#recover();
  }

  /** Brings KV up to date with every commit. */
  #flush(): void {
    this.#sinceFlush = 0;
    for (const { commit } of this.#unapplied) for (const line of commit.lines) this.#put(line);
    this.#unapplied = [];
    this.#applied = this.#committed.describe();
  }

  #put(line: CommitLine): void {
    if (line.kind === 'late') return;
    const key = `${this.#partition}.${line.key}`;
    if (line.kind === 'delete') {
      this.kv.delete(key);
      this.#loadable.delete(line.key);
      return;
    }
    const kind = this.#state.tableOf(line.key)?.kind;
    this.kinds.set(key, kind === 'state' ? 'state' : 'result');
    this.kv.set(key, line.text);
    if (kind !== 'output') this.#loadable.set(line.key, line.text);
  }

  /** As recovery.ts does it: KV as of `applied`, then the commits after it. */
  #recover(): PartitionState {
    const state = new PartitionState(this.#definition, this.#partition);
    for (const [key, text] of this.#loadable) state.loadKey(key, text);
    this.#committed = new Committed();
    if (this.#applied) {
      state.restore(this.#applied);
      this.#committed.take(this.#applied.seq, this.#applied);
    }
    for (const { seq, commit } of this.#unapplied) {
      state.replay(commit.head, commit.lines);
      this.#committed.take(seq, commit.head);
    }
    state.open();
    return state;
  }
}

/** The messages a bridge would write for these steps, with at most `frameSize` events in each. */
export function framesOf<E extends Keyed>(steps: readonly Step<E>[], frameSize: number): InputMessage[] {
  const messages: InputMessage[] = [];
  const push = (subject: string, values: readonly unknown[]) =>
    messages.push({ subject, seq: messages.length + 1, payload: new TextEncoder().encode(encodeFrame(values)) });
  for (const step of steps) {
    if ('rules' in step) {
      push(rulesSubject(step.name), [step.rules]);
      continue;
    }
    if ('progress' in step) {
      push(progressSubject(step.topic, step.kafkaPartition), [step.progress]);
      continue;
    }
    for (const [partition, events] of byPartition(step.events))
      for (let at = 0; at < events.length; at += frameSize)
        push(dataSubject(step.topic, partition, step.kafkaPartition), events.slice(at, at + frameSize));
  }
  return messages;
}

function byPartition<E extends Keyed>(events: readonly E[]): Map<string, E[]> {
  const groups = new Map<string, E[]>();
  for (const event of events) {
    const partition = partitionName(partitionOf(event.k));
    const group = groups.get(partition);
    if (group) group.push(event);
    else groups.set(partition, [event]);
  }
  return groups;
}

function collect(harnesses: readonly PartitionHarness[]): Outcome {
  const results = new Map<string, string>();
  const state = new Map<string, string>();
  for (const { kv, kinds } of harnesses)
    for (const [key, text] of kv) (kinds.get(key) === 'state' ? state : results).set(key, text);
  return { results, state, late: harnesses.flatMap(({ late }) => late) };
}
