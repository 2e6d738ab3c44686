/**
 * The Log port on NATS JetStream.
 *
 * Owns the connection and the ordered consumers behind `read`. Does not own acks (publish-acks.ts), reads of any replica
 * (direct-reads.ts), the streams' configuration (provision.ts) or any subject (names.ts).
 *
 * One sweep a second settles what was never acked. What was under way when the connection was lost is settled as soon
 * as it is back: no answer can come any more, and waiting for the time-out would cost seconds after every restart.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type MsgHdrs, headers, type NatsConnection } from '@nats-io/nats-core';
import {
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type DirectBatchLimits,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { jetstream, jetstreamManager, type JsMsg, type StoredMsg } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { EncodedHeaders, encodeChain } from './chain-headers.ts';
import { DirectReads } from './direct-reads.ts';
import { hasNoResponder, isPassing } from './is-passing.ts';
import {
  type Appended,
  type AppendOptions,
  type BatchQuery,
  type ChainedMessage,
  type ChainStart,
  type LastOptions,
  type Log,
  LogRefusedError,
  LogUnavailableError,
  type ReadOptions,
  type StoredMessage,
  type StreamState,
} from './log.ts';
import { PublishAcks } from './publish-acks.ts';

export interface ConnectOptions {
  readonly servers: string;
  /** Shown by `nats server report connections`; also the inbox prefix, so that permissions can be given per service. */
  readonly name: string;
  /** How long an append waits for its ack before its outcome counts as unknown, ms. */
  readonly ackTimeoutMs?: number;
}

/** Connects, waiting for the server to come up for as long as it takes; reconnects for ever afterwards. */
export async function connectLog(options: ConnectOptions): Promise<JetStreamLog> {
  const inboxPrefix = `_INBOX_${options.name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`;
  const connection = await connect({
    servers: options.servers,
    name: options.name,
    inboxPrefix,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    pingInterval: 5_000,
    maxPingOut: 2,
    noAsyncTraces: true,
  });
  const manager = await jetstreamManager(connection, { checkAPI: false });
  return new JetStreamLog(connection, manager, inboxPrefix, options.ackTimeoutMs ?? 5_000);
}

/** Keys of one pull at recovery. */
const PULL_KEYS = 4_000;
/** Frames of one pull: so many may wait in memory. */
const PULL_FRAMES = 256;

/** Of a direct read: no message has this sequence or a higher one. */
const NOTHING_THERE = 404;

type BatchCallback = NonNullable<DirectBatchLimits['callback']>;
type Answering = Awaited<ReturnType<JetStreamManager['direct']['getBatch']>>;

interface Reader {
  readonly consumer: Consumer;
  readonly messages: ConsumerMessages;
}

export class JetStreamLog implements Log, AsyncDisposable {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly #client: JetStreamClient;
  readonly #ackTimeoutMs: number;
  readonly #acks: PublishAcks;
  readonly #onReconnect = new Set<() => void>();
  readonly #direct: DirectReads;
  #connected = true;
  readonly #sweep: ReturnType<typeof setInterval>;
  #turn: Promise<void> | undefined;

  constructor(connection: NatsConnection, manager: JetStreamManager, inboxPrefix: string, ackTimeoutMs: number) {
    this.connection = connection;
    this.manager = manager;
    this.#client = jetstream(connection);
    this.#ackTimeoutMs = ackTimeoutMs;
    this.#acks = new PublishAcks(connection, inboxPrefix, ackTimeoutMs);
    this.#direct = new DirectReads(connection, inboxPrefix, ackTimeoutMs);
    void this.#watchConnection();
    this.#sweep = setInterval(() => this.#expire(Date.now()), Math.min(1_000, ackTimeoutMs));
  }

  get maxPayload(): number {
    return this.connection.info?.max_payload ?? 1024 * 1024;
  }

  /** False between a disconnect and the next reconnect. */
  get isConnected(): boolean {
    return this.#connected && !this.connection.isClosed();
  }

  append(subject: string, payload: Uint8Array | string, options: AppendOptions = {}): Promise<Appended> {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload; // once: the client would do it again
    const obstacle = this.#obstacle(subject, bytes.length);
    if (obstacle) return Promise.reject(obstacle);
    const head = appendHeaders(options);
    return this.#acks.wait(subject, false, (reply) =>
      this.connection.publish(subject, bytes, head === undefined ? { reply } : { reply, headers: head }),
    );
  }

  /** Only the last message asks for an ack: it is stored only if all before it are. */
  appendChain(subject: string, after: ChainStart, messages: readonly ChainedMessage[]): Promise<Appended> {
    const heads = encodeChain(after, messages);
    const sizes = messages.map(({ payload }, at) => payload.length + (heads[at]?.length ?? 0));
    const obstacle = this.#obstacle(subject, Math.max(...sizes));
    if (obstacle) return Promise.reject(obstacle);
    return this.#acks.wait(subject, true, (reply) => {
      for (const [at, { payload }] of messages.entries()) {
        const headers = new EncodedHeaders(heads[at] ?? new Uint8Array());
        this.connection.publish(subject, payload, at + 1 < messages.length ? { headers } : { headers, reply });
      }
    });
  }

  async last(
    stream: string,
    subject: string,
    { anyReplica = false }: LastOptions = {},
  ): Promise<StoredMessage | undefined> {
    if (!anyReplica) return this.#lastOfLeader(stream, subject);
    try {
      return await this.#direct.last(stream, subject);
    } catch (error) {
      // Nobody answers directly where the stream does not allow it, or is not there: the leader knows which.
      if (hasNoResponder(error)) return this.#lastOfLeader(stream, subject);
      throw error;
    }
  }

  async lastOfEach(stream: string, subjects: readonly string[]): Promise<StoredMessage[]> {
    const action = `read the last messages of ${stream}`;
    return this.#available(action, async () => {
      await this.#nextTurn();
      return this.#answers(action, (callback) =>
        this.manager.direct.getLastMessagesFor(stream, { multi_last: [...subjects], callback }),
      );
    });
  }

  /** Without a subject: for one with wildcards the server counts all that match, which of a million takes 200 ms. */
  async batch({ stream, fromSeq, messages, bytes }: BatchQuery): Promise<StoredMessage[]> {
    return this.#available(`read ${stream} from ${fromSeq} on`, () =>
      this.#answers(`read ${stream} from ${fromSeq} on`, (callback) =>
        this.manager.direct.getBatch(stream, {
          seq: Math.max(1, fromSeq),
          batch: messages,
          max_bytes: bytes,
          callback,
        }),
      ).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === NOTHING_THERE) return [];
        throw error;
      }),
    );
  }

  async *read(options: ReadOptions): AsyncGenerator<StoredMessage> {
    const { signal } = options;
    let next = options.lastPerSubject ? undefined : Math.max(1, options.fromSeq ?? 1);
    while (!signal.aborted) {
      let reader: Reader;
      try {
        reader = await this.#consume(options, next);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof LogUnavailableError)) throw error;
        await sleep(250, undefined, { signal }).catch(() => {}); // an abort ends it early
        continue;
      }
      const { messages, consumer } = reader;
      const stop = () => messages.stop();
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      this.#onReconnect.add(stop); // a restarted server has lost the consumer: make a new one at once
      let isLeft = true;
      try {
        if (options.toEnd && (await consumer.info(true)).num_pending === 0) return;
        for await (const message of messages) {
          if (signal.aborted) return;
          if (next !== undefined && message.seq < next) continue; // delivered before a reconnect
          next = message.seq + 1;
          yield fromDelivered(message);
          if (options.toEnd && message.info.pending === 0) return;
        }
        isLeft = signal.aborted;
      } catch (error) {
        if (!isPassing(error)) throw error;
        isLeft = false; // the client gave up on a server that was away: a new consumer goes on
      } finally {
        signal.removeEventListener('abort', stop);
        this.#onReconnect.delete(stop);
        messages.stop();
        // The server would keep it for a while, and holds a thousand of a stream.
        if (isLeft && !this.connection.isClosed()) void consumer.delete().catch(() => false);
      }
    }
  }

  async purge(stream: string, subject: string, belowSeq: number): Promise<void> {
    await this.#available(`purge "${subject}"`, () =>
      this.manager.streams.purge(stream, { filter: subject, seq: belowSeq }),
    );
  }

  async state(stream: string): Promise<StreamState> {
    const info = await this.#available(`ask for the state of ${stream}`, () => this.manager.streams.info(stream));
    const { first_seq: firstSeq, last_seq: lastSeq, messages, bytes } = info.state;
    return { firstSeq, lastSeq, messages, bytes, createdMs: Date.parse(info.created) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep);
    this.#acks.lose('the connection is closing');
    this.#direct.lose('the connection is closing');
    if (!this.connection.isClosed()) await this.connection.close();
  }

  async #lastOfLeader(stream: string, subject: string): Promise<StoredMessage | undefined> {
    const found = await this.#available(`read the last message of "${subject}"`, () =>
      this.manager.streams.getMessage(stream, { last_by_subj: subject }),
    );
    return found ? fromStored(found) : undefined;
  }

  /**
   * Questions of one turn of the event loop leave together: a write to the socket costs more than a question, and without
   * this every HTTP request of a busy gateway would be a write of its own.
   */
  #nextTurn(): Promise<void> {
    this.#turn ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#turn = undefined;
        resolve();
      }),
    );
    return this.#turn;
  }

  /** What no attempt could pass. */
  #obstacle(subject: string, bytes: number): Error | undefined {
    if (bytes > this.maxPayload)
      return new LogRefusedError(
        `Cannot append ${bytes} bytes to "${subject}": the server takes ${this.maxPayload}; raise max_payload of nats-server`,
      );
    if (this.connection.isClosed())
      return new LogUnavailableError(`Cannot append to "${subject}": the connection is closed`);
    return undefined;
  }

  #expire(now: number): void {
    this.#acks.expire(now);
    this.#direct.expire(now);
  }

  async #watchConnection(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') this.#connected = false;
      if (type !== 'reconnect') continue;
      this.#connected = true;
      for (const wake of this.#onReconnect) wake();
      // The client drops what it was given while it was away, so not only what was sent before is unknown.
      this.#acks.lose('the connection was lost before its ack');
      this.#direct.lose('the connection was lost');
    }
  }

  /** Errors of a server that is away become LogUnavailableError; so does a question that a reconnect has overtaken. */
  async #available<T>(action: string, work: () => Promise<T>): Promise<T> {
    const overtaken = Promise.withResolvers<never>();
    const onReconnect = () => overtaken.reject(new LogUnavailableError(`Cannot ${action}: the connection was lost`));
    this.#onReconnect.add(onReconnect);
    try {
      return await Promise.race([work(), overtaken.promise]);
    } catch (cause) {
      if (cause instanceof Error && isPassing(cause))
        throw new LogUnavailableError(`Cannot ${action}: ${cause.message}`, { cause });
      throw cause;
    } finally {
      this.#onReconnect.delete(onReconnect);
    }
  }

  /** By callback: the library's iterator leaves its subscription open for ever, and waits for ever in mid-answer. */
  async #answers(action: string, ask: (callback: BatchCallback) => Promise<Answering>): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = [];
    const finished = Promise.withResolvers<void>();
    const batch = await ask((done, found) => {
      if (done === null) messages.push(fromStored(found));
      else if (done.err === undefined) finished.resolve();
      else finished.reject(done.err);
    });
    const expired = new LogUnavailableError(`Cannot ${action}: no answer in time`);
    const timer = setTimeout(() => finished.reject(expired), this.#ackTimeoutMs);
    try {
      await finished.promise;
      return messages;
    } finally {
      clearTimeout(timer);
      batch.stop();
    }
  }

  async #consume(options: ReadOptions, next: number | undefined): Promise<Reader> {
    const consumer = await this.#available(`read ${options.stream}`, () =>
      this.#client.consumers.get(options.stream, {
        filter_subjects: [...options.subjects],
        inactive_threshold: 30_000,
        ...(next === undefined
          ? { deliver_policy: DeliverPolicy.LastPerSubject }
          : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: next }),
      }),
    );
    // By bytes the client asks for 100 messages at a time, and again after every 25: too few on a busy machine, where an
    // answer takes long. Keys are small; frames may be large, and as many as asked for are held in memory.
    const max_messages = options.lastPerSubject ? PULL_KEYS : PULL_FRAMES;
    const messages = await this.#available(`read ${options.stream}`, () =>
      consumer.consume({ max_messages, expires: 5_000 }),
    );
    return { consumer, messages };
  }
}

function appendHeaders(options: AppendOptions): MsgHdrs | undefined {
  const { expectedLast, headers: extra, ttlMs } = options;
  if (expectedLast === undefined && extra === undefined && ttlMs === undefined) return undefined;
  const head = headers();
  if (expectedLast !== undefined) head.set('Nats-Expected-Last-Subject-Sequence', String(expectedLast));
  if (ttlMs !== undefined) head.set('Nats-TTL', `${Math.max(1, Math.ceil(ttlMs / 1000))}s`);
  for (const name in extra) head.set(name, extra[name] ?? '');
  return head;
}

function fromStored(found: StoredMsg): StoredMessage {
  return {
    subject: found.subject,
    seq: found.seq,
    payload: found.data,
    timeMs: found.time.getTime(),
    pending: 0,
    header: (name) => (found.header?.has(name) ? found.header.get(name) : undefined),
    headers: () => found.header ?? [],
  };
}

function fromDelivered(message: JsMsg): StoredMessage {
  const { info } = message;
  return {
    subject: message.subject,
    seq: info.streamSequence,
    payload: message.data,
    timeMs: Math.floor(info.timestampNanos / 1e6),
    pending: info.pending,
    header: (name) => (message.headers?.has(name) ? message.headers.get(name) : undefined),
    headers: () => message.headers ?? [],
  };
}
