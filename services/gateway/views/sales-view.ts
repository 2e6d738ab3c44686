/**
 * The newest sales windows and hours in memory, kept up to date from the stream of bucket `sales`.
 * It owns two bounded lists and the reader that fills them. Point reads do not come through here.
 *
 * Invariants (sales-view.test.ts):
 * 1. It holds exactly the newest undeleted, unexpired values of the bucket, up to its capacity.
 * 2. A value that is not what the schema says is left out and reported, never passed on.
 */
import type { z } from '@hono/zod-openapi';
import type { StoredMessage } from '../../../shared/log/log.ts';
import { HourlySales, SalesWindow } from '../schemas/sales.ts';
import { BucketReader, type Kept, keptValue, type ViewOptions, type ViewState } from './bucket-reader.ts';
import { NewestList, type Page, type PageQuery } from './newest-list.ts';

const WINDOWS = 'all.window.1h.';
const HOURLY = 'all.hourly.';
/** 30 days of windows by 5 minutes, and then some. */
const CAPACITY = 10_000;

type Listing = Pick<PageQuery<never>, 'from' | 'to' | 'after' | 'limit'> & { readonly final: boolean };

export class SalesView implements AsyncDisposable {
  readonly #options: ViewOptions;
  #windows = new NewestList<Kept<SalesWindow>>(0);
  #hourly = new NewestList<Kept<HourlySales>>(0);
  readonly #reader: BucketReader;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#reader = new BucketReader(
      options,
      { bucket: 'sales', keys: [`${WINDOWS}>`, `${HOURLY}>`] },
      {
        reset: () => this.#reset(),
        apply: (key, message) => this.#apply(key, message),
      },
    );
  }

  get state(): ViewState {
    return this.#reader.state;
  }

  windows(listing: Listing): Page<SalesWindow> {
    return this.#page(this.#windows, listing);
  }

  hourly(listing: Listing): Page<HourlySales> {
    return this.#page(this.#hourly, listing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }

  #page<V extends { readonly final: boolean }>(list: NewestList<Kept<V>>, listing: Listing): Page<V> {
    const now = (this.#options.now ?? Date.now)();
    const { final, ...range } = listing;
    const accept = (kept: Kept<V>) => kept.value.final === final && kept.expiresMs > now;
    const { items, ...rest } = list.page({ ...range, accept });
    return { items: items.map(({ value }) => value), ...rest };
  }

  #reset(): void {
    this.#windows = new NewestList(this.#options.capacity ?? CAPACITY);
    this.#hourly = new NewestList(this.#options.capacity ?? CAPACITY);
  }

  #apply(key: string, message: StoredMessage): void {
    if (key.startsWith(WINDOWS)) this.#keep(this.#windows, SalesWindow, key.slice(WINDOWS.length), message);
    else if (key.startsWith(HOURLY)) this.#keep(this.#hourly, HourlySales, key.slice(HOURLY.length), message);
  }

  #keep<V>(list: NewestList<Kept<V>>, schema: z.ZodType<V>, start: string, message: StoredMessage): void {
    const kept = keptValue(schema, message, this.#options.logger);
    if (kept) list.put(start, kept);
    else list.delete(start);
  }
}
