/**
 * One mirrored Kafka partition while this process owns it: its records become messages behind what its mirror holds.
 *
 * Owns: the account of what was taken in and what is stored.
 * Does not own: how records get there (mirror-chain.ts), fetching (kafka-to-jetstream.ts).
 *
 * Invariants (tested in mirror-session.test.ts):
 * 1. `settled` speaks of an offset only when every record up to it is in the mirror or in DLQ.
 * 2. Whatever ends a session, the next one continues so that the mirror holds every record once, in order.
 * 3. A session that failed or ended takes nothing more, and gives back what it held of the byte budget.
 */
import type { Progress } from '../../shared/log/frame.ts';
import { DeadLetters } from '../partition/dead-letters.ts';
import { type Fence, SessionEndedError, untilAvailable } from '../partition/fenced-append.ts';
import type { Source } from '../../shared/kafka/source.ts';
import { BEFORE_FIRST, type KafkaRecord } from '../../shared/kafka/record.ts';
import { markOf, type RecordMark } from '../record/record-mark.ts';
import { type MissingRanges, withMissing } from '../partition/missing-ranges.ts';
import type { Session, SessionContext } from '../partition/session.ts';
import { MirrorChain, type MirrorItem } from './mirror-chain.ts';
import { loadMirrorPosition, type MirrorPosition, writeMirrorCopy } from './mirror-position.ts';

export interface MirrorOptions extends Omit<SessionContext, 'provisionMirror'> {
  /** Larger values become dead letters. */
  readonly maxRecordBytes: number;
  /** Makes the mirror's stream where it is missing. */
  ensureStream(): Promise<void>;
}

/** Of a record beside its key, value and headers. */
const RECORD_BYTES = 64;

/** What the fence reports. */
interface Trouble {
  problem: Error | undefined;
}

export class MirrorSession implements Session {
  readonly source: Source;
  readonly #options: MirrorOptions;
  readonly #abort: AbortController;
  readonly #trouble: Trouble;
  readonly #letters: DeadLetters;
  readonly #chain: MirrorChain;
  readonly #counts: Record<string, number>;
  #next: number;
  #settledOffset: number;
  /** Sequence in DLQ up to which dead letters are covered by what is settled. */
  #dlq: number;
  #mark: RecordMark | undefined;
  #missing: MissingRanges;
  #bytes = 0;
  #lastRecordAt: number;
  #failure: Error | undefined;
  #onSettled: (() => void)[] = [];

  private constructor(
    options: MirrorOptions,
    parts: { abort: AbortController; fence: Fence; trouble: Trouble; position: MirrorPosition; letters: DeadLetters },
  ) {
    const { source, maxRecordBytes } = options;
    const { fence, letters, position } = parts;
    const { tail, progress } = position;
    this.source = source;
    this.#options = options;
    this.#abort = parts.abort;
    this.#trouble = parts.trouble;
    this.#letters = letters;
    this.#counts = { ...progress.counts };
    this.#settledOffset = progress.offset ?? BEFORE_FIRST;
    this.#next = this.#settledOffset + 1;
    this.#dlq = letters.coveredSeq;
    this.#mark = progress.mark;
    this.#missing = progress.missing ?? [];
    this.#lastRecordAt = this.#now();
    this.#chain = new MirrorChain({
      ...{ fence, source, tail, letters, maxRecordBytes },
      onSettled: (items, as) => this.#settle(items, as),
      onFailure: (error) => this.#fail(error),
    });
  }

  /** Reads where the mirror stands; waits while the log cannot be reached, until cancelled. */
  static async open(options: MirrorOptions, cancelled: AbortSignal): Promise<MirrorSession> {
    const { log, source, meter } = options;
    const abort = new AbortController();
    const trouble: Trouble = { problem: undefined };
    const fence: Fence = {
      log,
      signal: abort.signal,
      confirmOwner: () => options.confirmOwner(),
      onTrouble: (problem) => {
        trouble.problem = problem;
      },
      onAck: (bytes, ms) => meter?.acked(source.topic, bytes, ms),
      onConflict: () => meter?.conflicted(source.topic),
    };
    const cancel = () => abort.abort();
    if (cancelled.aborted) cancel();
    cancelled.addEventListener('abort', cancel, { once: true });
    const position = await untilAvailable(fence, async () => {
      await options.ensureStream();
      return loadMirrorPosition(log, source);
    });
    const { dlq = 0, offset = BEFORE_FIRST } = position.progress;
    const letters = await DeadLetters.open(fence, source, dlq, offset);
    cancelled.removeEventListener('abort', cancel);
    return new MirrorSession(options, { abort, fence, trouble, position, letters });
  }

  get next(): number {
    return this.#next;
  }

  get settled(): Progress {
    return {
      ...(this.#settledOffset > BEFORE_FIRST && { offset: this.#settledOffset }),
      ...(this.#dlq > 0 && { dlq: this.#dlq }),
      ...(this.#mark && { mark: this.#mark }),
      ...(this.#missing.length > 0 && { missing: this.#missing }),
      counts: { ...this.#counts },
    };
  }

  get problem(): Error | undefined {
    return this.#failure ?? this.#trouble.problem;
  }

  get hasEnded(): boolean {
    return this.#abort.signal.aborted;
  }

  get isSettled(): boolean {
    return this.#chain.isSettled;
  }

  get quietMs(): number {
    return this.#now() - this.#lastRecordAt;
  }

  /** Nothing: a mirror does not look into records. */
  prepare(): undefined {
    return undefined;
  }

  accept(records: readonly KafkaRecord[], lastOffset: number): void {
    if (this.hasEnded || lastOffset < this.#next) return;
    this.#lastRecordAt = this.#now();
    const items: MirrorItem[] = [];
    let bytes = 0;
    for (const record of records) {
      if (record.offset < this.#next) continue;
      const size = sizeOf(record);
      items.push({ offset: record.offset, record, bytes: size });
      bytes += size;
    }
    if ((items.at(-1)?.offset ?? BEFORE_FIRST) < lastOffset)
      items.push({ offset: lastOffset, record: undefined, bytes: 0 });
    this.#next = lastOffset + 1;
    this.#bytes += bytes;
    this.#options.budget.take(bytes);
    this.#chain.push(items);
  }

  skipTo(offset: number, missing = 0): void {
    if (this.hasEnded || offset <= this.#next) return;
    this.#next = offset;
    this.#chain.push([{ offset: offset - 1, record: undefined, bytes: 0, missing }]);
  }

  /** Nobody waits for a mirror's event time. */
  markIdle(): void {}

  async drain(): Promise<void> {
    if (!this.isSettled && !this.hasEnded) await new Promise<void>((resolve) => this.#onSettled.push(resolve));
  }

  async copyProgress(): Promise<void> {
    if (this.#settledOffset > BEFORE_FIRST) await writeMirrorCopy(this.#options.log, this.source, this.settled);
  }

  /** Ends at once. What is in flight may still arrive: the next session finds it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new SessionEndedError('Stopped: the session was closed'));
  }

  #settle(items: readonly MirrorItem[], as: 'messages' | 'letter'): void {
    if (this.hasEnded) return;
    let bytes = 0;
    let last: KafkaRecord | undefined;
    for (const { record, offset, missing = 0, bytes: size } of items) {
      bytes += size;
      if (missing > 0) this.#noteMissing(offset, missing);
      if (record === undefined) continue;
      this.#count(as === 'letter' ? 'dead' : record.value === null ? 'tombstone' : 'mirrored', 1);
      last = record;
    }
    this.#settledOffset = items.at(-1)?.offset ?? this.#settledOffset;
    if (last) this.#mark = markOf(last);
    if (as === 'letter') this.#dlq = this.#letters.coveredSeq;
    this.#release(bytes);
    if (this.isSettled) for (const resolve of this.#onSettled.splice(0)) resolve();
  }

  #noteMissing(offset: number, missing: number): void {
    this.#count('missing', missing);
    this.#missing = withMissing(this.#missing, offset, missing);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #count(name: string, by: number): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
  }

  #release(bytes: number): void {
    this.#bytes -= bytes;
    this.#options.budget.release(bytes);
  }

  #fail(error: unknown): void {
    if (this.hasEnded) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#abort.abort();
    this.#release(this.#bytes);
    for (const resolve of this.#onSettled.splice(0)) resolve();
  }
}

/** About what a record holds of memory. Hot path. */
function sizeOf({ key, value, headers }: KafkaRecord): number {
  let bytes = RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0);
  return bytes;
}
