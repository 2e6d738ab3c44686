/**
 * One client of the stream: what it has been sent, and what comes next.
 *
 * Owns its places, and the text that it is given when it asks for more. Does not own sockets: it is an iterator of text
 * that somebody reads as fast as the socket takes it; nor readers and rings (source-feed.ts).
 *
 *   resume ──▶ bucket, by a reader that ends ──▶ ring of the source ──▶ ring, as events come
 *              (only for what the ring has no more)
 *
 * Invariants (stream-client.test.ts):
 * 1. Behind its resume point it is sent every event that the bucket still holds, and every one that comes: none twice.
 *    The id of each event stands for exactly what was sent up to it.
 * 2. It holds no events: a place in each ring, and one piece of text on its way. Who falls `lagBytes` behind, or takes
 *    nothing for `stallMs`, is cut off and told so; nobody waits for it.
 * 3. Ended, it watches no source and reads no bucket.
 */
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { Log, StreamState } from '../../../shared/log/log.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { isNoStream } from '../views/optional-bucket.ts';
import { formatPlace, type ResumePoint } from './resume-point.ts';
import type { Filters, ResultPart } from './result-types.ts';
import { SourceCursor } from './source-cursor.ts';
import type { SourceFeed, Watcher } from './source-feed.ts';
import { eventText, isWanted, readEvent, type StreamEvent, subjectsOf } from './stream-event.ts';

export interface Wanted {
  readonly types: readonly string[];
  readonly filters: Filters;
  readonly parts: readonly ResultPart[];
  readonly resume: ResumePoint;
  /** Of sources that `resume` does not name. */
  readonly from: 'now' | 'start';
}

export interface ClientOptions {
  readonly log: Log;
  readonly logger: Logger;
  readonly lagBytes: number;
  readonly stallMs: number;
  readonly retryMs: number;
  /** How long a client may wait before it connects again: said to it. */
  readonly reconnectMs: number;
  /** One of the readers that may be open at once; at once, whatever it is, when the signal aborts. */
  readonly borrowReader: (signal: AbortSignal) => Promise<Disposable>;
  readonly onEnd: (client: StreamClient) => void;
}

export type CutOff = 'slow' | 'stalled';

/** Of one piece of text, and of one source in it while others wait. */
const PIECE = 64 * 1024;
const TURN = 32 * 1024;

const RESET = 'The store was made anew: forget what came from it; all that it holds follows';
const CUT_OFF: Readonly<Record<CutOff, string>> = {
  slow: 'Events came faster than they were taken: connect again to go on',
  stalled: 'Nothing was taken for too long: connect again to go on',
};

export class StreamClient implements Watcher, AsyncIterable<string> {
  readonly #options: ClientOptions;
  readonly #wanted: Wanted;
  readonly #types: ReadonlySet<string>;
  readonly #cursors: readonly SourceCursor[];
  readonly #end = new AbortController();
  #wake = Promise.withResolvers<void>();
  #isWaiting = false;
  #isBeatDue = false;
  /** A text is there for it, or nobody has asked for the first one. */
  #isOffered = true;
  #offeredSince: number | undefined;
  #isSettled = false;
  /** It was sent all that it had missed. */
  #isLive = false;
  #isReading = false;
  #cutOff: CutOff | undefined;
  #sentId = '';
  /** Events that were sent. */
  sent = 0;

  constructor(feeds: ReadonlyMap<string, SourceFeed>, wanted: Wanted, options: ClientOptions) {
    this.#options = options;
    this.#wanted = wanted;
    this.#types = new Set(wanted.types);
    const partsOf = (source: string) => wanted.parts.filter((part) => part.source === source);
    this.#cursors = [...feeds].map(([source, feed]) => new SourceCursor(source, feed, partsOf(source)));
    for (const { feed } of this.#cursors) feed.watchers.add(this);
  }

  get isEnded(): boolean {
    return this.#end.signal.aborted;
  }

  /** Why it was cut off; undefined: it was not. */
  get cutOff(): CutOff | undefined {
    return this.#cutOff;
  }

  /** A source has something. Called for every event and every client, so it does next to nothing. */
  notice(): void {
    if (this.#isWaiting) this.#wake.resolve();
    else if (this.#isOffered && this.#isLive && !this.#isReading && this.#isFarBehind()) this.#cut('slow');
  }

  /** Time has passed: what is open is shown to be open, and who takes nothing is found. */
  beat(nowMs: number): void {
    if (this.#isOffered) this.#offeredSince ??= nowMs;
    else this.#offeredSince = undefined;
    if (this.#offeredSince !== undefined && nowMs - this.#offeredSince >= this.#options.stallMs) this.#cut('stalled');
    this.#isBeatDue = true;
    this.#wake.resolve();
  }

  /** Ends it at once, whatever it is waiting for. */
  end(): void {
    if (this.isEnded) return;
    this.#end.abort();
    for (const { feed } of this.#cursors) feed.watchers.delete(this);
    this.#wake.resolve();
    this.#options.onEnd(this);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    try {
      for await (const text of this.#texts()) {
        this.#isOffered = true;
        yield text;
        this.#isOffered = false;
        this.#offeredSince = undefined;
      }
      if (this.#cutOff !== undefined) yield eventText('dropped', { reason: CUT_OFF[this.#cutOff] });
    } finally {
      this.end();
    }
  }

  async *#texts(): AsyncGenerator<string, void> {
    this.#isOffered = false;
    yield `retry: ${this.#options.reconnectMs}\n\n`;
    yield* this.#begin();
    for (let turn = 0; !this.isEnded; turn++) {
      yield* this.#catchUpAll();
      const text = this.#take(turn);
      if (text !== '') yield text;
      else if (this.#cursors.some(({ isBehind }) => isBehind)) continue;
      else if (this.#isLive) yield* this.#wait();
      else yield this.#becomeLive();
    }
  }

  async *#begin(): AsyncGenerator<string, void> {
    for (const { feed } of this.#cursors) yield* this.#meanwhile(feed.started);
    const reset: SourceCursor[] = [];
    for (const cursor of this.#cursors) if (yield* this.#settle(cursor)) reset.push(cursor);
    if (this.isEnded) return;
    this.#isSettled = true;
    for (const cursor of reset) yield this.#resetText(cursor);
  }

  #becomeLive(): string {
    this.#isLive = true;
    return this.#idLine() + eventText('live', { types: this.#wanted.types });
  }

  /** Where the client is in this source; true: not where it says. */
  async *#settle(cursor: SourceCursor): AsyncGenerator<string, boolean> {
    const { feed, source } = cursor;
    const asked = this.#wanted.resume.get(source);
    cursor.begin(asked ?? (this.#wanted.from === 'now' ? feed.place : { seq: 0, life: feed.place.life }));
    if (cursor.renew()) return true;
    if (!asked || asked.seq <= feed.place.seq) return false;
    // Another gateway was further than this one is; or the id is from behind the end of what there is.
    const state = yield* this.#meanwhile(this.#state(feed.stream));
    if (!state || asked.seq <= state.lastSeq) return false;
    cursor.begin({ seq: 0, life: asked.life });
    return true;
  }

  async *#catchUpAll(): AsyncGenerator<string, void> {
    for (const cursor of this.#cursors) {
      if (cursor.renew()) yield this.#resetText(cursor);
      if (!cursor.isBehind || cursor.join() || this.isEnded) continue;
      this.#isReading = true;
      using _reader = yield* this.#meanwhile(this.#options.borrowReader(this.#end.signal));
      if (!this.isEnded) yield* this.#readBucket(cursor);
    }
    this.#isReading = false;
  }

  /** What is wanted of the bucket, until the ring goes on. */
  async *#readBucket(cursor: SourceCursor): AsyncGenerator<string, void> {
    const { feed, parts, place } = cursor;
    const end = yield* this.#meanwhile(this.#state(feed.stream));
    if (!end) return;
    const wanted = { stream: feed.stream, subjects: subjectsOf(parts, this.#wanted.filters), fromSeq: place.seq + 1 };
    const messages = this.#options.log.read({ ...wanted, toEnd: true, signal: this.#end.signal });
    const reading = messages[Symbol.asyncIterator]();
    let text = '';
    try {
      for (;;) {
        const next = yield* this.#meanwhile(reading.next());
        if (!next || this.isEnded) return;
        if (next.done) break;
        const event = readEvent(parts, next.value, this.#options.logger);
        cursor.pass(next.value.seq);
        if (event) text += this.#textOf(event);
        const isJoined = cursor.join();
        if (text.length >= PIECE || isJoined || next.value.pending === 0) {
          if (text !== '') yield text;
          text = '';
        }
        if (isJoined) return;
      }
      cursor.pass(end.lastSeq);
      cursor.join();
    } finally {
      await reading.return?.();
    }
  }

  /** The events that are there, of each source in turn. */
  #take(turn: number): string {
    let text = '';
    for (let at = 0; at < this.#cursors.length && text.length < PIECE; at++) {
      const cursor = this.#cursors[(turn + at) % this.#cursors.length];
      const most = text.length + TURN;
      for (let event = cursor?.take(); event; event = text.length < most ? cursor?.take() : undefined)
        text += this.#textOf(event);
    }
    return text;
  }

  #textOf(event: StreamEvent): string {
    if (!isWanted(event, this.#types, this.#wanted.filters)) return '';
    this.sent++;
    return this.#idLine() + event.text;
  }

  /** Until there may be something. */
  async *#wait(): AsyncGenerator<string, void> {
    this.#isWaiting = true;
    if (!this.#isBeatDue && !this.isEnded) await this.#wake.promise;
    if (!this.#isBeatDue && !this.isEnded) await turn(); // what came with it comes in one piece
    this.#isWaiting = false;
    this.#wake = Promise.withResolvers();
    yield* this.#heartbeat();
  }

  /** What is waited for, with heartbeats while it is; undefined when the client has ended before it is there. */
  async *#meanwhile<T>(waited: Promise<T>): AsyncGenerator<string, T | undefined> {
    let found: { readonly value: T } | undefined;
    const done = waited.then((value) => {
      found = { value };
    });
    done.catch(() => {}); // nobody may be there any more to hear of it
    while (!found && !this.isEnded) {
      await Promise.race([done, this.#wake.promise]);
      if (found) break;
      this.#wake = Promise.withResolvers();
      yield* this.#heartbeat();
    }
    return found?.value;
  }

  async *#heartbeat(): AsyncGenerator<string, void> {
    if (!this.#isBeatDue || this.isEnded) return;
    this.#isBeatDue = false;
    const sentId = this.#sentId;
    // An id without data is no event, and yet where the client will resume.
    yield this.#isSettled && this.#idLine() !== sentId ? `:\n${this.#sentId}\n` : ':\n\n';
  }

  /** Undefined: there is no such bucket. */
  async #state(stream: string): Promise<StreamState | undefined> {
    const { log, retryMs } = this.#options;
    const { signal } = this.#end;
    for (;;) {
      try {
        return await log.state(stream);
      } catch (error) {
        if (isNoStream(error) || signal.aborted) return undefined;
        await pause(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  #resetText(cursor: SourceCursor): string {
    const types = [...new Set(cursor.parts.map(({ type }) => type))];
    return this.#idLine() + eventText('reset', { types, reason: RESET });
  }

  #idLine(): string {
    this.#sentId = `id: ${this.#cursors.map(({ source, place }) => formatPlace(source, place)).join(',')}\n`;
    return this.#sentId;
  }

  #isFarBehind(): boolean {
    return this.#cursors.some(({ lagBytes }) => lagBytes > this.#options.lagBytes);
  }

  #cut(why: CutOff): void {
    this.#cutOff ??= why;
    this.end();
  }
}
