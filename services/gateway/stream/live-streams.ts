/**
 * All streams of the gateway: its clients, the feeds they share, and their end.
 *
 * Owns who is connected, how many may be, the heartbeat, and how long a feed outlives its last client. Does not own HTTP
 * (routes/stream.ts).
 *
 * Invariants (live-streams.test.ts, stream.int.test.ts):
 * 1. A source has one reader, whoever and how many want it, and none when nobody does (after `lingerMs`, so that who
 *    connects again finds the ring).
 * 2. Of clients that have gone, by whatever way, nothing is left.
 * 3. Disposing it ends every stream at once.
 */
import type { Log } from '../../../shared/log/log.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import type { Metrics } from '../../../shared/telemetry/metrics.ts';
import { unavailable } from '../http/problem.ts';
import { RESULT_PARTS } from './result-types.ts';
import { Slots } from './slots.ts';
import { SourceFeed } from './source-feed.ts';
import { StreamClient, type Wanted } from './stream-client.ts';
import type { StreamSettings } from './stream-settings.ts';

export interface LiveStreamsOptions {
  readonly log: Log;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'counter' | 'gauge'>;
  readonly settings: StreamSettings;
}

/** Clients that read buckets at the same time, to catch up. */
const READERS = 16;
/** For the last words to one that is cut off; then the connection is. */
const GRACE_MS = 5_000;

interface OpenFeed {
  readonly feed: SourceFeed;
  clients: number;
  closing: NodeJS.Timeout | undefined;
}

export class LiveStreams implements AsyncDisposable {
  readonly #options: LiveStreamsOptions;
  readonly #clients = new Map<StreamClient, readonly string[]>();
  readonly #feeds = new Map<string, OpenFeed>();
  readonly #readers = new Slots(READERS);
  readonly #heartbeat: NodeJS.Timeout;
  readonly #sent;
  readonly #dropped;
  #isClosed = false;

  constructor(options: LiveStreamsOptions) {
    this.#options = options;
    const { metrics, settings } = options;
    metrics.gauge('stream_clients', 'Live streams that are open', [], (gauge) => gauge.set(this.clients));
    metrics.gauge('stream_sources', 'Sources that are read for live streams', [], (gauge) => gauge.set(this.sources));
    this.#sent = metrics.counter('stream_events_total', 'Events sent on live streams that have ended');
    this.#dropped = metrics.counter('stream_dropped_total', 'Live streams cut off by the gateway', ['reason']);
    this.#heartbeat = setInterval(() => this.#beat(), settings.heartbeatMs);
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Sources that are read. */
  get sources(): number {
    return this.#feeds.size;
  }

  /** Clients that sources tell of events, for each of their sources. */
  get watchers(): number {
    return [...this.#feeds.values()].reduce((sum, { feed }) => sum + feed.watchers.size, 0);
  }

  /** Throws 503 when there are too many, or the gateway stops. */
  requireRoom(): void {
    const { clients } = this.#options.settings;
    if (this.#isClosed) throw unavailable('The gateway is stopping: connect again, to another one or in a moment');
    if (this.clients >= clients)
      throw unavailable(`There are ${clients} streams already, and that is the most: close some, or try again later`);
  }

  /** The events as they go on the wire. Cancelling it ends the stream. */
  open(wanted: Wanted): ReadableStream<Uint8Array> {
    this.requireRoom();
    const sources = [...new Set(wanted.parts.map(({ source }) => source))];
    const feeds = new Map(sources.map((source) => [source, this.#feed(source)]));
    const { log, logger, settings } = this.#options;
    const cut = Promise.withResolvers<void>();
    const client = new StreamClient(feeds, wanted, {
      log,
      logger,
      ...settings,
      borrowReader: (signal) => this.#readers.take(signal),
      onEnd: (ended) => {
        this.#remove(ended);
        if (ended.cutOff !== undefined) cut.resolve();
      },
    });
    this.#clients.set(client, sources);
    return streamBody(client, cut.promise, logger);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    for (const client of [...this.#clients.keys()]) client.end();
    const feeds = [...this.#feeds.values()];
    this.#feeds.clear();
    for (const { closing } of feeds) clearTimeout(closing);
    await Promise.all(feeds.map(({ feed }) => feed[Symbol.asyncDispose]()));
  }

  #beat(): void {
    const now = performance.now();
    for (const client of [...this.#clients.keys()]) client.beat(now);
  }

  #feed(source: string): SourceFeed {
    let open = this.#feeds.get(source);
    if (!open) {
      const parts = RESULT_PARTS.filter((part) => part.source === source);
      const { log, logger, settings } = this.#options;
      open = { feed: new SourceFeed(parts, { log, logger, ...settings }), clients: 0, closing: undefined };
      this.#feeds.set(source, open);
    }
    clearTimeout(open.closing);
    open.closing = undefined;
    open.clients++;
    return open.feed;
  }

  #remove(client: StreamClient): void {
    const sources = this.#clients.get(client);
    this.#clients.delete(client);
    this.#sent.inc(client.sent);
    if (client.cutOff !== undefined) this.#dropped.inc({ reason: client.cutOff });
    for (const source of sources ?? []) this.#release(source);
  }

  #release(source: string): void {
    const open = this.#feeds.get(source);
    if (!open || --open.clients > 0 || this.#isClosed) return;
    open.closing = setTimeout(() => {
      this.#feeds.delete(source);
      void open.feed[Symbol.asyncDispose]();
    }, this.#options.settings.lingerMs);
  }
}

const utf8 = new TextEncoder();

/** Asks the client for more only when the socket has taken what was there. `cut`: it will not ask in time. */
function streamBody(client: StreamClient, cut: Promise<void>, logger: Logger): ReadableStream<Uint8Array> {
  const texts = client[Symbol.asyncIterator]();
  let grace: NodeJS.Timeout | undefined;
  const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    void cut.then(() => {
      grace = setTimeout(() => controller.error(cutError()), GRACE_MS);
    });
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const next = await texts.next().catch((error: unknown) => {
      logger.error('A stream ended by an error', { error });
      return { done: true } as const;
    });
    if (!next.done) {
      controller.enqueue(utf8.encode(next.value));
      return;
    }
    clearTimeout(grace);
    controller.close();
  };
  const cancel = async () => {
    clearTimeout(grace);
    client.end();
    await texts.return();
  };
  return new ReadableStream({ start, pull, cancel }, { highWaterMark: 0 });
}

/** What the server prints when it destroys the connection: one line. */
function cutError(): Error {
  const error = new Error('A client of the stream took nothing any more: its connection was cut');
  delete error.stack;
  return error;
}
