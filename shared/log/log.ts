/**
 * The port every process reads and writes through: streams of messages on subjects, with compare-and-set.
 * A KV bucket is such a stream too, so the store uses the same port.
 *
 * Adapters: jetstream-log.ts (the real one) and memory-log.ts (its twin for tests, with faults).
 * log.contract.ts holds both to the same behaviour.
 *
 * Invariants:
 * 1. `append` with `expectedLast: n` stores only if the last message of that subject has sequence n (0: there is none).
 * 2. A rejected append never throws: it is `conflict`. An append whose outcome is unknown throws LogUnavailableError;
 *    the caller reads `last` to learn what happened. It is never repeated blindly.
 * 3. `appendChain` stores a message only right behind the one before it, so a chain has no gap and no double whoever
 *    sends it, and however often. Its last message is stored only if all before it are.
 * 4. A reader yields every stored message of its subjects with sequence >= fromSeq, in stream order, once, across
 *    reconnects and leader changes.
 */

export interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  readonly payload: Uint8Array;
  /** Server's time of storing, ms. */
  readonly timeMs: number;
  /** Messages of the reader's subjects that were stored behind this one when it was delivered; 0 from `last`. */
  readonly pending: number;
  header(name: string): string | undefined;
  /** All headers, with the values of each in the order they were stored. */
  headers(): Iterable<readonly [name: string, values: readonly string[]]>;
}

/** One message of a chain. */
export interface ChainedMessage {
  /** Printable, without spaces; no other message of its stream has it. Stored as header `Nats-Msg-Id`. */
  readonly id: string;
  readonly payload: Uint8Array;
  /** Further headers as they stand on the wire, each line `Name: value\r\n`. Text, because a chain is a hot path. */
  readonly head: string;
}

/** What the first message of a chain must be right behind: the stream's last sequence, or its last message by its id. */
export type ChainStart = { readonly kind: 'seq'; readonly seq: number } | { readonly kind: 'id'; readonly id: string };

export interface AppendOptions {
  readonly expectedLast?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Per-message lifetime (streams with allow_msg_ttl). Whole seconds, at least 1 s. */
  readonly ttlMs?: number;
}

export type Appended = { readonly kind: 'stored'; readonly seq: number } | { readonly kind: 'conflict' };

export interface ReadOptions {
  readonly stream: string;
  readonly subjects: readonly string[];
  /** First sequence wanted; ignored with lastPerSubject. */
  readonly fromSeq?: number;
  /** Only the newest message of each subject as of now, then whatever is stored later. */
  readonly lastPerSubject?: boolean;
  /** Ends as soon as nothing of what is wanted is left to read, at once when there is nothing; absent: goes on for ever. */
  readonly toEnd?: boolean;
  readonly signal: AbortSignal;
}

export interface LastOptions {
  /**
   * A replica may answer, a little behind: half the price for the client, a third for the server. Where a stream has one
   * replica there is no difference in what is read.
   */
  readonly anyReplica?: boolean;
}

export interface BatchQuery {
  readonly stream: string;
  /** The first sequence wanted. */
  readonly fromSeq: number;
  /** At most so many messages, */
  readonly messages: number;
  /** and about so many bytes; one message comes however large it is. */
  readonly bytes: number;
}

export interface StreamState {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly messages: number;
  readonly bytes: number;
  /** When the stream was made, ms: tells it from one of the same name before it, whose sequences began at 1, too. */
  readonly createdMs: number;
}

export interface Log {
  /** Largest payload the server accepts, bytes. */
  readonly maxPayload: number;
  append(subject: string, payload: Uint8Array | string, options?: AppendOptions): Promise<Appended>;
  /**
   * Appends messages to a subject that has a stream to itself, in one go and without waiting; chains go out in the
   * order of the calls. `stored`: all are, and `seq` is the last one's. `conflict`: the last one is not, of those
   * before it a part may be. LogUnavailableError as with `append`.
   */
  appendChain(subject: string, after: ChainStart, messages: readonly ChainedMessage[]): Promise<Appended>;
  /** The newest message of a subject, read from the leader unless told otherwise; undefined when there is none. */
  last(stream: string, subject: string, options?: LastOptions): Promise<StoredMessage | undefined>;
  /** The newest message of every subject that matches (wildcards allowed), unordered; a replica may answer, a little behind. */
  lastOfEach(stream: string, subjects: readonly string[]): Promise<StoredMessage[]>;
  /**
   * A piece of a stream as it is now, all subjects, in stream order: one question, and nothing is left behind on the
   * server. Empty: there is nothing from there on. A replica may answer, a little behind.
   */
  batch(query: BatchQuery): Promise<StoredMessage[]>;
  /** Ends when the signal aborts. */
  read(options: ReadOptions): AsyncIterable<StoredMessage>;
  /** Deletes messages of a subject with a sequence below this one. */
  purge(stream: string, subject: string, belowSeq: number): Promise<void>;
  /** Throws an error of the name `StreamNotFoundError` where there is none. */
  state(stream: string): Promise<StreamState>;
}

/** The log could not be reached or did not answer in time: whether an append took place is unknown. */
export class LogUnavailableError extends Error {
  readonly code = 'log-unavailable';
}

/** The server refused for a reason that repeating cannot mend (no such stream, payload too large). */
export class LogRefusedError extends Error {
  readonly code = 'log-refused';
}

/** Header names on the wire. */
export const OFFSETS_HEADER = 'Mesh-Offsets';
export const MESSAGE_ID_HEADER = 'Nats-Msg-Id';
