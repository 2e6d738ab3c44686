/**
 * The newest sales windows and hours in memory, kept up to date from the stream of bucket `sales`.
 * It owns two bounded lists and the reader that fills them. Point reads do not come through here.
 *
 * Invariants (sales-view.test.ts):
 * 1. It holds exactly the newest undeleted, unexpired values of the bucket, up to its capacity.
 * 2. The bucket may come later than the gateway, and the reader may fail: it starts again, for as long as it takes.
 * 3. A value that is not what the schema says is left out and reported, never passed on.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from '@hono/zod-openapi';
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { bucketStream, keySubject, subjectKey } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { HourlySales, SalesWindow } from '../schemas/sales.ts';
import { NewestList, type Page, type PageQuery } from './newest-list.ts';

const BUCKET = 'sales';
const WINDOWS = 'all.window.1h.';
const HOURLY = 'all.hourly.';
const RETRY_MS = 1_000;
const CAPACITY = 10_000;

export interface SalesViewOptions {
  readonly log: Log;
  readonly logger: Logger;
  /** Values kept of each kind: 30 days of windows by 5 minutes, and then some. */
  readonly capacity?: number;
  readonly now?: () => number;
  /** Pause before the reader starts again. */
  readonly retryMs?: number;
}

interface Kept<V> {
  readonly value: V;
  /** ms; Infinity when the entry has no lifetime. The server tells nobody when an entry expires. */
  readonly expiresMs: number;
}

type Listing = Pick<PageQuery<never>, 'from' | 'to' | 'after' | 'limit'> & { readonly final: boolean };

/** `waiting`: nothing seen yet. `loading`: reading what is stored. `current`: up to date. */
export type ViewState = 'waiting' | 'loading' | 'current';

export class SalesView implements AsyncDisposable {
  readonly #options: SalesViewOptions;
  #windows = new NewestList<Kept<SalesWindow>>(0);
  #hourly = new NewestList<Kept<HourlySales>>(0);
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #state: ViewState = 'waiting';

  constructor(options: SalesViewOptions) {
    this.#options = options;
    this.#running = this.#follow();
  }

  get state(): ViewState {
    return this.#state;
  }

  windows(listing: Listing): Page<SalesWindow> {
    return this.#page(this.#windows, listing);
  }

  hourly(listing: Listing): Page<HourlySales> {
    return this.#page(this.#hourly, listing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #page<V extends { readonly final: boolean }>(list: NewestList<Kept<V>>, listing: Listing): Page<V> {
    const now = this.#now();
    const { final, ...range } = listing;
    const accept = (kept: Kept<V>) => kept.value.final === final && kept.expiresMs > now;
    const { items, ...rest } = list.page({ ...range, accept });
    return { items: items.map(({ value }) => value), ...rest };
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#read(signal);
      } catch (error) {
        this.#options.logger.debug('Sales are not readable yet', { because: error });
      }
      if (!signal.aborted) await pause(this.#options.retryMs ?? RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const subjects = [keySubject(BUCKET, `${WINDOWS}>`), keySubject(BUCKET, `${HOURLY}>`)];
    const stream = bucketStream(BUCKET);
    this.#reset(); // what was deleted while nobody read is not said again
    for await (const message of this.#options.log.read({ stream, subjects, lastPerSubject: true, signal })) {
      this.#apply(message);
      if (this.#state !== 'current') this.#state = message.pending === 0 ? 'current' : 'loading';
    }
  }

  #reset(): void {
    this.#state = 'waiting';
    this.#windows = new NewestList(this.#options.capacity ?? CAPACITY);
    this.#hourly = new NewestList(this.#options.capacity ?? CAPACITY);
  }

  #apply(message: StoredMessage): void {
    const key = subjectKey(BUCKET, message.subject);
    if (key.startsWith(WINDOWS)) this.#keep(this.#windows, SalesWindow, key.slice(WINDOWS.length), message);
    else if (key.startsWith(HOURLY)) this.#keep(this.#hourly, HourlySales, key.slice(HOURLY.length), message);
  }

  #keep<V>(list: NewestList<Kept<V>>, schema: z.ZodType<V>, start: string, message: StoredMessage): void {
    if (isDeleteMarker(message)) {
      list.delete(start);
      return;
    }
    const parsed = schema.safeParse(parseJson(entryText(message)));
    if (parsed.success) list.put(start, { value: parsed.data, expiresMs: expiryOf(message) });
    else this.#options.logger.warn('Left out a sales entry that is not as expected', { subject: message.subject });
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function expiryOf(message: StoredMessage): number {
  const seconds = /^(\d+)s$/.exec(message.header('Nats-TTL') ?? '')?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : message.timeMs + Number(seconds) * 1000;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
