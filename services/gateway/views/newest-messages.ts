/**
 * A page of a stream, newest first, though a stream can only be read forwards: by spans of sequences from its end down,
 * each read in pieces, of which only what is wanted is kept.
 *
 * Invariants (newest-messages.test.ts):
 * 1. Over all pages every message that was there at the first and is wanted comes once, the newest first.
 * 2. A request reads at most about `MOST_READ` messages and `MOST_BYTES`, whatever it asks for: then its page is short,
 *    and has a cursor.
 */
import type { Log, StoredMessage } from '../../../shared/log/log.ts';

export interface NewestQuery<V> {
  readonly stream: string;
  /** Only messages with a lower sequence: `next` of the page before. */
  readonly before: number | undefined;
  readonly limit: number;
  /** Only messages stored at or after this, ms. */
  readonly since?: number | undefined;
  /** What is shown of a message; undefined: it is not wanted. */
  readonly accept: (message: StoredMessage) => V | undefined;
}

export interface NewestPage<V> {
  readonly items: readonly V[];
  /** Absent: there is nothing older. */
  readonly next?: number;
}

export interface ReadBounds {
  readonly messages: number;
  readonly bytes: number;
  /** Questions to the server. */
  readonly questions: number;
}

const BOUNDS: ReadBounds = { messages: 20_000, bytes: 64 * 1024 * 1024, questions: 100 };
/** Sequences of the first span, and messages of one, at most. */
const FIRST_SPAN = 256;
const MOST_OF_SPAN = 1_000;
/** Of one question; what is read of a span before its older half is left for later. */
const PIECE_BYTES = 2 * 1024 * 1024;
const SPAN_BYTES = 8 * 1024 * 1024;

interface Found<V> {
  readonly seq: number;
  readonly value: V;
}

export async function newestMessages<V>(log: Log, query: NewestQuery<V>, bounds = BOUNDS): Promise<NewestPage<V>> {
  const { firstSeq, lastSeq } = await log.state(query.stream);
  const reading = new SpanReading(log, query, bounds);
  const found: Found<V>[] = [];
  let span = FIRST_SPAN;
  let above = Math.min(query.before ?? Number.POSITIVE_INFINITY, lastSeq + 1);
  while (above > firstSeq && found.length <= query.limit && !reading.isOver) {
    const { from, seen, older } = await reading.read(Math.max(firstSeq, above - span), above);
    found.push(...seen.reverse());
    if (older) return pageOf(found, query.limit, undefined);
    above = from;
    span = Math.max(1, Math.round(span * reading.growth));
  }
  return pageOf(found, query.limit, above > firstSeq ? above : undefined);
}

function pageOf<V>(found: readonly Found<V>[], limit: number, rest: number | undefined): NewestPage<V> {
  const items = found.slice(0, limit).map(({ value }) => value);
  const next = found.length > limit ? found[limit - 1]?.seq : rest;
  return next === undefined ? { items } : { items, next };
}

interface Span<V> {
  /** All that is wanted from here on was seen. */
  readonly from: number;
  /** Ascending. */
  readonly seen: Found<V>[];
  /** The oldest one was stored before what is wanted: so were all below. */
  readonly older: boolean;
}

class SpanReading<V> {
  readonly #log: Log;
  readonly #query: NewestQuery<V>;
  #messages: number;
  #bytes: number;
  #questions: number;
  /** What the next span should be, times this one: there are holes where messages were deleted. */
  growth = 1;

  constructor(log: Log, query: NewestQuery<V>, { messages, bytes, questions }: ReadBounds) {
    this.#log = log;
    this.#query = query;
    [this.#messages, this.#bytes, this.#questions] = [messages, bytes, questions];
  }

  get isOver(): boolean {
    return this.#messages <= 0 || this.#bytes <= 0 || this.#questions <= 0;
  }

  /** Of [low, above) as much as is not too much, from its end. */
  async read(low: number, above: number): Promise<Span<V>> {
    let [from, at] = [low, low];
    let [count, bytes] = [0, 0];
    let seen: Found<V>[] = [];
    let oldest: StoredMessage | undefined;
    while (at < above) {
      const piece = await this.#piece(at, above);
      if (piece.length === 0) break;
      for (const message of piece) {
        oldest ??= message;
        count++;
        bytes += message.payload.length;
        const value = this.#isWanted(message) ? this.#query.accept(message) : undefined;
        if (value !== undefined) seen.push({ seq: message.seq, value });
      }
      at = (piece.at(-1)?.seq ?? above) + 1;
      if ((count < MOST_OF_SPAN && bytes < SPAN_BYTES) || at >= above) continue;
      from = at = Math.floor((at + above) / 2); // too much for one span: its newer half first
      [count, bytes, seen, oldest] = [0, 0, [], undefined];
    }
    this.growth = from > low ? 0.5 : count < (above - low) / 2 ? 4 : count > MOST_OF_SPAN / 2 ? 1 : 2;
    return {
      from,
      seen,
      older: oldest !== undefined && oldest.timeMs < (this.#query.since ?? Number.NEGATIVE_INFINITY),
    };
  }

  async #piece(fromSeq: number, above: number): Promise<readonly StoredMessage[]> {
    const messages = Math.min(above - fromSeq, MOST_OF_SPAN);
    const piece = await this.#log.batch({ stream: this.#query.stream, fromSeq, messages, bytes: PIECE_BYTES });
    this.#questions--;
    this.#messages -= piece.length;
    for (const { payload } of piece) this.#bytes -= payload.length;
    return piece.filter(({ seq }) => seq < above);
  }

  #isWanted({ timeMs }: StoredMessage): boolean {
    return timeMs >= (this.#query.since ?? Number.NEGATIVE_INFINITY);
  }
}
