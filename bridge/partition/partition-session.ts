/**
 * One Kafka partition while this process owns it: its records become frames behind what the log already holds.
 *
 * Owns: turning records into frames and dead letters, and saying so in progress frames.
 * Does not own: fetching and measuring idleness (kafka-to-jetstream.ts), the books (ledger.ts).
 *
 * Invariants (tested in partition-session.test.ts):
 * 1. A progress frame with offset o is written only when every record up to o is in the log or in DLQ.
 * 2. Whatever ends a session, the next one continues so that the log holds every event once.
 * 3. A session that failed or ended takes nothing more, and gives back what it held of the byte budget.
 */
import type { EventRoute } from '../../shared/config/routes.ts';
import { PARTITIONS } from '../../shared/events/partition.ts';
import { maxFrameBytes, type Progress } from '../../shared/log/frame.ts';
import { dataSubject, progressSubject } from '../../shared/log/names.ts';
import { DeadLetters } from './dead-letters.ts';
import { type DeadLetterCause, type Decoded, NOTHING, type RecordDecoder } from '../decode/decoded.ts';
import { recordDecoder } from '../decode/decoder.ts';
import { TOMBSTONE } from '../decode/place.ts';
import { type Fence, SessionEndedError, untilAvailable } from './fenced-append.ts';
import { FrameBuilder } from './frame-builder.ts';
import { Lane } from './lane.ts';
import { type Batch, Ledger } from './ledger.ts';
import { loadPosition, type Position, writeFallback } from './position.ts';
import type { Source } from '../../shared/kafka/source.ts';
import { ProgressWriter } from './progress-writer.ts';
import { BEFORE_FIRST, type KafkaRecord } from '../../shared/kafka/record.ts';
import { markOf } from '../record/record-mark.ts';
import { isRedriven } from '../../shared/dead-letters/redrive-headers.ts';
import type { Session, SessionContext } from './session.ts';

export interface SessionOptions extends SessionContext {
  readonly route: EventRoute;
  readonly progressIntervalMs?: number;
}

/** A record that is to be a dead letter, until its batch has been closed. */
interface Letter {
  readonly record: KafkaRecord;
  readonly cause: DeadLetterCause;
  readonly isRetracted: boolean;
}

/** What keeps a stream from being written, as its fence reports it. */
type Troubles = Map<'events' | 'letters', Error>;

const PROGRESS_INTERVAL_MS = 50;

export class PartitionSession implements Session {
  readonly source: Source;
  readonly #options: SessionOptions;
  readonly #troubles: Troubles;
  readonly #abort: AbortController;
  readonly #now: () => number;
  readonly #decoder: RecordDecoder;
  readonly #lanes: readonly Lane[];
  readonly #letters: DeadLetters;
  readonly #writer: ProgressWriter;
  readonly #ledger: Ledger;
  #order: Promise<void> = Promise.resolve();
  #letterChain: Promise<void> = Promise.resolve();
  #bytes = 0;
  #lastRecordAt: number;
  #failure: Error | undefined;
  #onSettled: (() => void)[] = [];

  private constructor(
    options: SessionOptions,
    parts: { abort: AbortController; fence: Fence; troubles: Troubles; position: Position; letters: DeadLetters },
  ) {
    const { source, route, progressIntervalMs = PROGRESS_INTERVAL_MS, now = Date.now } = options;
    const { abort, fence, troubles, position, letters } = parts;
    const fail = (error: unknown) => this.#fail(error);
    const subject = (at: number) => dataSubject(source.topic, PARTITIONS[at] ?? '', source.partition);
    this.source = source;
    this.#options = options;
    this.#abort = abort;
    this.#troubles = troubles;
    this.#now = now;
    const { partition } = source;
    this.#decoder = recordDecoder(route, source.topic, { partition, registry: options.registry });
    this.#letters = letters;
    this.#lanes = position.tails.map((tail, at) => new Lane(fence, subject(at), tail, fail));
    const progressAt = progressSubject(source.topic, source.partition);
    this.#writer = new ProgressWriter(fence, progressAt, position.progressSeq, progressIntervalMs, fail);
    this.#ledger = new Ledger(position.progress, route.outOfOrdernessMs, route.kind);
    this.#lastRecordAt = now();
  }

  /** Reads where the partition stands and declares it; waits while the log cannot be reached, until cancelled. */
  static async open(options: SessionOptions, cancelled: AbortSignal): Promise<PartitionSession> {
    const abort = new AbortController();
    const troubles: Troubles = new Map();
    const fence = fenceOf(options, abort.signal, troubles, 'events');
    const cancel = () => abort.abort();
    if (cancelled.aborted) cancel();
    cancelled.addEventListener('abort', cancel, { once: true });
    const position = await untilAvailable(fence, () => loadPosition(options.log, options.source));
    checkKind(options, position.progress);
    const { dlq = 0, offset = BEFORE_FIRST } = position.progress;
    const letters = await DeadLetters.open(
      fenceOf(options, abort.signal, troubles, 'letters'),
      options.source,
      dlq,
      offset,
    );
    const session = new PartitionSession(options, { abort, fence, troubles, position, letters });
    await session.#declare(position);
    cancelled.removeEventListener('abort', cancel);
    return session;
  }

  get next(): number {
    return this.#ledger.next;
  }

  get settled(): Progress {
    return this.#ledger.settled;
  }

  get problem(): Error | undefined {
    return this.#failure ?? this.#troubles.get('events') ?? this.#troubles.get('letters');
  }

  get hasEnded(): boolean {
    return this.#abort.signal.aborted;
  }

  get isSettled(): boolean {
    return this.#ledger.isSettled;
  }

  get quietMs(): number {
    return this.#now() - this.#lastRecordAt;
  }

  prepare(records: readonly KafkaRecord[]): Promise<void> | undefined {
    return this.#decoder.prepare(records);
  }

  accept(records: readonly KafkaRecord[], lastOffset: number): void {
    if (this.hasEnded || lastOffset < this.next) return;
    if (this.settled.idle) this.#wakeUp();
    const now = this.#now();
    this.#lastRecordAt = now;
    const frames = new FrameBuilder(maxFrameBytes(this.#options.log.maxPayload), this.#decoder.line);
    const letters: Letter[] = [];
    let bytes = 0;
    for (const record of records) {
      if (record.offset < this.next) continue;
      const decoded = this.#decode(record, now);
      this.#ledger.enter(decoded);
      frames.add(record.offset, decoded.events);
      if (decoded.dead === undefined) continue;
      letters.push({ record, cause: decoded.dead, isRetracted: decoded.events.length > 0 });
      bytes += record.value?.length ?? 0;
    }
    const ready = frames.take();
    for (const [, frame] of ready) bytes += frame.bytes;
    const last = records.at(-1);
    const parts = ready.length + (letters.length > 0 ? 1 : 0);
    const batch = this.#ledger.close(lastOffset, parts, bytes, last && markOf(last));
    this.#hold(bytes);
    this.#inOrder(() => {
      for (const [partition, frame] of ready) this.#lanes[partition]?.push(frame, () => this.#settle(batch));
    });
    if (letters.length > 0) this.#bury(letters, batch);
    if (this.#ledger.sweep())
      this.#report(); // a batch of which nothing goes anywhere
    else if (batch.open === 0) this.#release(bytes);
  }

  skipTo(offset: number, missing = 0): void {
    if (this.hasEnded || offset <= this.next) return;
    this.#ledger.skip(offset - 1, missing);
    if (this.#ledger.sweep()) this.#report();
  }

  markIdle(): void {
    if (this.hasEnded || !this.isSettled) return;
    const { idle, outOfOrdernessMs } = this.#options.route;
    if (idle.policy === 'hold' && this.settled.idle) return;
    if (idle.policy === 'hold') this.#ledger.setIdle(true);
    else this.#ledger.setIdle(false, this.#now() - outOfOrdernessMs);
    this.#writer.request(this.#ledger.settled);
  }

  async drain(): Promise<void> {
    if (!this.isSettled && !this.hasEnded) await new Promise<void>((resolve) => this.#onSettled.push(resolve));
    await this.#writer.flush();
  }

  async copyProgress(): Promise<void> {
    if (this.settled.offset !== undefined) await writeFallback(this.#options.log, this.source, this.settled);
  }

  /** Ends at once. What is in flight may still arrive: the next session finds it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new SessionEndedError('Stopped: the session was closed'));
    await this.#writer.flush();
  }

  /** Hot path. */
  #decode(record: KafkaRecord, now: number): Decoded {
    const decoded = this.#decoder.decode(record, now);
    if (decoded.place === undefined || !this.#options.route.dropReplays || isRedriven(record)) return decoded;
    if (!this.#ledger.isReplay(decoded.place, record.key)) return decoded;
    return decoded.place === TOMBSTONE ? NOTHING.tombstone : NOTHING.replayed;
  }

  /** B4: declared before its first data. */
  async #declare(position: Position): Promise<void> {
    this.#ledger.cover(this.#letters.coveredSeq);
    if (position.progressSeq > 0) return;
    this.#writer.request(position.progress);
    await this.#writer.flush();
  }

  /** Idle no longer, and told so ahead of the data, while it still counts for the minimum. */
  #wakeUp(): void {
    if (!this.isSettled) return;
    this.#ledger.setIdle(false);
    this.#writer.request(this.#ledger.settled);
    this.#inOrder(() => this.#writer.flush());
  }

  /** What goes to the lanes waits for a wake-up that is on its way. */
  #inOrder(step: () => void | Promise<void>): void {
    this.#order = this.#order.then(step);
  }

  /** Dead letters go one after the other, so that the last one's sequence covers those before. */
  #bury(letters: readonly Letter[], batch: Batch): void {
    this.#letterChain = this.#letterChain.then(async () => {
      try {
        for (const { record, cause, isRetracted } of letters) await this.#letters.write(record, cause, isRetracted);
        batch.dlq = this.#letters.coveredSeq;
        this.#settle(batch);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #settle(batch: Batch): void {
    if (this.hasEnded) return;
    if (this.#ledger.settle(batch)) this.#report();
  }

  #report(): void {
    this.#release(this.#bytes - this.#ledger.openBytes);
    this.#writer.request(this.#ledger.settled);
    if (this.isSettled) for (const resolve of this.#onSettled.splice(0)) resolve();
  }

  #hold(bytes: number): void {
    this.#bytes += bytes;
    this.#options.budget.take(bytes);
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

function fenceOf(
  { log, source, meter, confirmOwner }: SessionOptions,
  signal: AbortSignal,
  troubles: Troubles,
  part: 'events' | 'letters',
): Fence {
  return {
    log,
    signal,
    confirmOwner,
    onTrouble: (problem) => {
      if (problem) troubles.set(part, problem);
      else troubles.delete(part);
    },
    onAck: (bytes, ms) => meter?.acked(source.topic, bytes, ms),
    onConflict: () => meter?.conflicted(source.topic),
  };
}

/** Events of two kinds on one subject would be read as what they are not. */
function checkKind({ source, route }: SessionOptions, { kind }: Progress): void {
  if (kind === undefined || kind === route.kind) return;
  throw new Error(
    `Cannot take in topic "${source.topic}" as ${route.kind}: its events in the log are of kind ${kind}; ` +
      'correct the route, or give the new records a topic of their own',
  );
}
