/**
 * The newest alerts of all services in memory, kept up to date from their buckets: one list shows them all.
 *
 * Invariants (alerts-view.test.ts):
 * 1. It holds the newest undeleted, unexpired alerts of every bucket, up to its capacity; newest by fold window, then
 *    by subject and type.
 * 2. A bucket that is not there, because its service was never started, keeps no other from being shown.
 */
import type { StoredMessage } from '../../../shared/log/log.ts';
import { Alert } from '../schemas/alerts.ts';
import { BucketReader, type Kept, keptValue, type ViewOptions } from './bucket-reader.ts';
import { NewestList, type Page, type PageQuery } from './newest-list.ts';

export const ALERT_BUCKETS = ['anomaly', 'anomaly-maip', 'region-health'] as const;
const CAPACITY = 50_000;
/** `p07.alert.<subject>.<type>.<window>` */
const KEY = /^[^.]+\.alert\.([^.]+)\.([^.]+)\.([^.]+)$/;

export interface AlertQuery extends Pick<PageQuery<never>, 'from' | 'to' | 'after' | 'limit'> {
  readonly accept: (alert: Alert) => boolean;
}

export class AlertsView implements AsyncDisposable {
  readonly #options: ViewOptions;
  /** A list a bucket, so that one that is read anew forgets its own only. */
  readonly #lists = new Map<string, NewestList<Kept<Alert>>>();
  readonly #readers: readonly BucketReader[];

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#readers = ALERT_BUCKETS.map((bucket) => {
      const reset = () => this.#lists.set(bucket, new NewestList(options.capacity ?? CAPACITY));
      const apply = (key: string, message: StoredMessage) => this.#apply(bucket, key, message);
      return new BucketReader(options, bucket, ['*.alert.>'], { reset, apply });
    });
  }

  /** True when every bucket that there is has been read. */
  get isCurrent(): boolean {
    return this.#readers.every(({ state }) => state !== 'loading');
  }

  page({ accept, limit, ...range }: AlertQuery): Page<Alert> {
    const now = (this.#options.now ?? Date.now)();
    const isWanted = (kept: Kept<Alert>) => kept.expiresMs > now && accept(kept.value);
    const pages = [...this.#lists.values()].map((list) => list.keyed({ ...range, limit: limit + 1, accept: isWanted }));
    const newest = pages.flat().sort(([a], [b]) => (a < b ? 1 : -1));
    const items = newest.slice(0, limit).map(([, { value }]) => value);
    const last = newest[limit - 1]?.[0];
    return newest.length > limit && last !== undefined ? { items, next: last } : { items };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader[Symbol.asyncDispose]()));
  }

  #apply(bucket: string, key: string, message: StoredMessage): void {
    const [, subject, type, when] = KEY.exec(key) ?? [];
    const list = this.#lists.get(bucket);
    if (!list || when === undefined) return;
    const listKey = `${when}.${subject}.${type}`;
    const kept = keptValue(Alert, message, this.#options.logger);
    if (kept) list.put(listKey, kept);
    else list.delete(listKey);
  }
}
