/**
 * The way of one Kafka partition's records into its mirror: in order, several chains under way at once.
 *
 * Owns: what was taken in and is not stored yet, and what of it is under way.
 * Does not own: where the mirror stood at the start (mirror-position.ts), byte accounts and counts (mirror-session.ts).
 *
 * Invariants (tested in mirror-session.test.ts):
 * 1. The mirror holds each record once, in order, whoever else writes there: a message is stored only right behind the
 *    record that its writer saw before it.
 * 2. After anything but an ack, the mirror's end decides what is still to be sent; nothing is repeated before it is read.
 *    Copies that are still under way then can only bring what is missing.
 * 3. After a conflict it goes on only if this process owns the Kafka partition, as a heartbeat confirms.
 * 4. A record that cannot be a message is a dead letter before anything behind it is sent: so everything up to the
 *    mirror's last message is stored somewhere.
 */
import { type ChainedMessage, type ChainStart, LogRefusedError, LogUnavailableError } from '../../shared/log/log.ts';
import { mirrorSubject } from '../../shared/log/names.ts';
import type { DeadLetters } from '../partition/dead-letters.ts';
import { type Fence, pause, SessionEndedError, untilAvailable } from '../partition/fenced-append.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { loadMirrorTail, type MirrorTail } from './mirror-position.ts';
import { mirrorWriter } from './mirror-record.ts';

/** A record, or offsets without one. */
export interface MirrorItem {
  /** Of the record, or the last one of the range. */
  readonly offset: number;
  /** undefined: Kafka has nothing there. */
  readonly record: KafkaRecord | undefined;
  /** In the byte budget. */
  readonly bytes: number;
  /** Records that Kafka no longer had. */
  readonly missing?: number;
}

export interface ChainOptions {
  readonly fence: Fence;
  readonly source: Source;
  readonly tail: MirrorTail;
  readonly letters: DeadLetters;
  /** Larger values become dead letters. */
  readonly maxRecordBytes: number;
  /** In the order they were taken in. */
  onSettled(items: readonly MirrorItem[], as: 'messages' | 'letter'): void;
  onFailure(error: unknown): void;
}

/** What is sent with one ack. */
const CHAIN_MESSAGES = 500;
const CHAIN_BYTES = 256 * 1024;
/** Chains under way: enough that neither side waits for the other. */
const CHAINS = 4;
/** nats-server keeps the length of a message's headers in 16 bits; the rest is for its own. */
const MAX_HEAD_BYTES = 60_000;
/** For the subject and NATS's own headers. */
const OVERHEAD_BYTES = 2_048;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

interface Outcome {
  readonly kind: 'stored' | 'conflict' | 'unknown';
  readonly seq: number;
  readonly error?: unknown;
}

interface Flight {
  readonly items: number;
  readonly lastId: string;
  readonly lastOffset: number;
  readonly bytes: number;
  readonly sentAt: number;
  readonly outcome: Promise<Outcome>;
}

export class MirrorChain {
  readonly #options: ChainOptions;
  readonly #subject: string;
  readonly #write: (record: KafkaRecord) => ChainedMessage;
  /** Not settled, the oldest first; those of `#flights` first of all. */
  readonly #items: MirrorItem[] = [];
  readonly #flights: Flight[] = [];
  #sent = 0;
  #tail: MirrorTail;
  /** The next chain is one record: one that the server refuses has to show itself. */
  #careful = false;
  #retryMs = FIRST_RETRY_MS;
  #running = false;

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#subject = mirrorSubject(options.source.topic, options.source.partition);
    this.#write = mirrorWriter(options.source);
    this.#tail = options.tail;
  }

  get isSettled(): boolean {
    return this.#items.length === 0;
  }

  push(items: readonly MirrorItem[]): void {
    for (const item of items) this.#items.push(item);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#items.length > 0) await this.#step();
    } catch (error) {
      this.#options.onFailure(error);
      return; // stays `running`: a chain that failed takes nothing more
    }
    this.#running = false;
  }

  async #step(): Promise<void> {
    if (this.#options.fence.signal.aborted) throw new SessionEndedError('Stopped: the session has ended');
    while (this.#flights.length < (this.#careful ? 1 : CHAINS) && this.#send());
    const [oldest] = this.#flights;
    if (!oldest) return this.#settleFirst();
    const outcome = await oldest.outcome;
    if (outcome.kind !== 'stored') return this.#recover();
    this.#flights.shift();
    this.#land(oldest, outcome.seq);
  }

  /** Sends what comes next. False: there is nothing, or its turn has not come. */
  #send(): boolean {
    const messages: ChainedMessage[] = [];
    let [bytes, lastOffset, at] = [0, 0, this.#sent];
    for (; at < this.#items.length && bytes < CHAIN_BYTES; at++) {
      const { record, offset } = this.#items[at] ?? NOTHING;
      if (messages.length === (this.#careful ? 1 : CHAIN_MESSAGES)) break;
      if (record === undefined || offset <= this.#tail.offset) continue; // settled with what is around it
      const message = this.#write(record);
      if (this.#isTooLarge(message)) break;
      messages.push(message);
      bytes += message.payload.length + message.head.length;
      lastOffset = offset;
    }
    if (messages.length === 0) return false;
    this.#fly(messages, at - this.#sent, lastOffset, bytes);
    this.#sent = at;
    return true;
  }

  #fly(messages: readonly ChainedMessage[], items: number, lastOffset: number, bytes: number): void {
    const former = this.#flights.at(-1);
    const after: ChainStart = former ? { kind: 'id', id: former.lastId } : { kind: 'seq', seq: this.#tail.seq };
    const outcome = this.#options.fence.log.appendChain(this.#subject, after, messages).then(
      (appended): Outcome => (appended.kind === 'stored' ? appended : CONFLICT),
      (error: unknown): Outcome => ({ kind: 'unknown', seq: 0, error }),
    );
    const lastId = messages.at(-1)?.id ?? '';
    this.#flights.push({ items, lastId, lastOffset, bytes, sentAt: performance.now(), outcome });
  }

  #land({ items, lastOffset, bytes, sentAt }: Flight, seq: number): void {
    const { fence } = this.#options;
    this.#tail = { seq, offset: lastOffset };
    this.#sent -= items;
    this.#careful = false;
    this.#retryMs = FIRST_RETRY_MS;
    fence.onTrouble(undefined);
    fence.onAck?.(bytes, performance.now() - sentAt);
    this.#options.onSettled(this.#items.splice(0, items), 'messages');
  }

  /** Nothing is under way: the first item is stored already, or is no message. */
  async #settleFirst(): Promise<void> {
    const [item] = this.#items;
    if (!item) return;
    const { record } = item;
    const isLetter = record !== undefined && item.offset > this.#tail.offset;
    if (isLetter) {
      const cause = { reason: 'too-large', text: this.#whyTooLarge(record) } as const;
      await this.#options.letters.write(record, cause, false);
    }
    this.#items.shift();
    this.#options.fence.onTrouble(undefined);
    this.#options.onSettled([item], isLetter ? 'letter' : 'messages');
  }

  /** Reads how far the mirror is, once nothing is under way that could be acked. */
  async #recover(): Promise<void> {
    const { fence, source } = this.#options;
    const outcomes = await Promise.all(this.#flights.map(({ outcome }) => outcome));
    this.#flights.length = 0;
    this.#sent = 0;
    const { error } = outcomes.find((outcome) => outcome.error !== undefined) ?? {};
    if (error !== undefined && !(error instanceof LogUnavailableError || error instanceof LogRefusedError)) throw error;
    if (outcomes.some(({ kind }) => kind === 'conflict')) {
      fence.onConflict?.();
      if (!(await fence.confirmOwner()))
        throw new SessionEndedError(`Stopped writing "${this.#subject}": another bridge owns the partition now`);
    }
    const { seq, offset } = await untilAvailable(fence, () => loadMirrorTail(fence.log, source));
    const hasMoved = offset > this.#tail.offset;
    this.#tail = { seq, offset };
    if (error !== undefined) fence.onTrouble(error); // until something is stored
    if (!hasMoved && this.#careful) await this.#wait();
    this.#careful = true;
  }

  async #wait(): Promise<void> {
    await pause(this.#retryMs, this.#options.fence.signal);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #isTooLarge({ payload, head }: ChainedMessage): boolean {
    const { fence, maxRecordBytes } = this.#options;
    if (payload.length > maxRecordBytes) return true;
    // In UTF-8 a header is at most three times as long as its text; only long ones are measured.
    if (head.length * 3 > MAX_HEAD_BYTES && Buffer.byteLength(head) > MAX_HEAD_BYTES) return true;
    return payload.length + head.length * 3 + OVERHEAD_BYTES > fence.log.maxPayload;
  }

  #whyTooLarge(record: KafkaRecord): string {
    const { payload, head } = this.#write(record);
    return (
      `Cannot mirror a value of ${payload.length} bytes with ${Buffer.byteLength(head)} bytes of key and headers: ` +
      `the route's maxRecordBytes is ${this.#options.maxRecordBytes}, NATS takes ${MAX_HEAD_BYTES} bytes of headers ` +
      `and ${this.#options.fence.log.maxPayload} in all`
    );
  }
}

const NOTHING: MirrorItem = { offset: 0, record: undefined, bytes: 0 };
const CONFLICT: Outcome = { kind: 'conflict', seq: 0 };
