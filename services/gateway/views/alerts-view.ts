/**
 * The newest alerts of all services in memory, kept up to date from their buckets: one list shows them all.
 *
 * Invariants (alerts-view.test.ts):
 * 1. It holds the newest undeleted, unexpired alerts of every bucket, up to its capacity; newest by fold window, then
 *    by subject and type. The place of an alert in the list does not change while it grows.
 * 2. A bucket that is not there, because its service was never started, keeps no other from being shown, and is named.
 * 3. When a bucket has more alerts than are kept, `completeFrom` says from which time on all are.
 */
import type { StoredMessage } from '../../../shared/log/log.ts';
import { Alert } from '../schemas/alerts.ts';
import { BucketReader, type Kept, keptValue, MARKERS, type ViewOptions, type ViewState } from './bucket-reader.ts';
import { NewestList, type Page, type PageQuery } from './newest-list.ts';

export const ALERT_BUCKETS = ['anomaly', 'anomaly-maip', 'region-health'] as const;
/** Of each bucket. An alert takes about a kilobyte. */
const CAPACITY = 10_000;
/** `p07.alert.<subject>.<type>.<window>` */
const KEY = /^[^.]+\.alert\.([^.]+)\.([^.]+)\.([^.]+)$/;
/** The time at the head of a list key, `20240601T100000Z`; of alerts that stand alone, with milliseconds and an id. */
const KEY_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})?Z/;

export interface AlertQuery extends Pick<PageQuery<never>, 'after' | 'limit'> {
  readonly accept: (alert: Alert) => boolean;
  /** Only alerts about something in this span of event time, ms: from <= last and first < to. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

interface KeptAlert extends Kept<Alert> {
  /** ms. */
  readonly first: number;
  readonly last: number;
}

interface Source {
  readonly bucket: string;
  list: NewestList<KeptAlert>;
  readonly reader: BucketReader;
}

export class AlertsView implements AsyncDisposable {
  readonly #options: ViewOptions;
  /** A list a bucket, so that one that is read anew forgets its own only. */
  readonly #sources: readonly Source[];

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#sources = ALERT_BUCKETS.map((bucket) => this.#follow(bucket));
  }

  /** `current` when at least one bucket is, and none is being read for the first time. */
  get state(): ViewState {
    const states = this.#sources.map(({ reader }) => reader.state);
    if (states.includes('loading')) return 'loading';
    if (states.includes('current')) return 'current';
    return states.includes('waiting') ? 'waiting' : 'absent';
  }

  /** Buckets whose alerts are not in the list: absent, or silent. */
  get missing(): string[] {
    return this.#sources.filter(({ reader }) => reader.state !== 'current').map(({ bucket }) => bucket);
  }

  /** ms; undefined: none was left out. */
  get completeFrom(): number | undefined {
    const times = this.#sources.flatMap(({ list }) => (list.leftOut === undefined ? [] : [keyTime(list.leftOut) + 1]));
    return times.length === 0 ? undefined : Math.max(...times);
  }

  page({
    accept,
    limit,
    after,
    from = Number.NEGATIVE_INFINITY,
    to = Number.POSITIVE_INFINITY,
  }: AlertQuery): Page<Alert> {
    const now = (this.#options.now ?? Date.now)();
    const isWanted = (kept: KeptAlert) =>
      kept.last >= from && kept.first < to && kept.expiresMs > now && accept(kept.value);
    const found = this.#sources.map(({ list }) => list.keyed({ after, limit: limit + 1, accept: isWanted }));
    const newest = found.flat().sort(([a], [b]) => (a < b ? 1 : -1));
    const items = newest.slice(0, limit).map(([, { value }]) => value);
    const last = newest[limit - 1]?.[0];
    return newest.length > limit && last !== undefined ? { items, next: last } : { items };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sources.map(({ reader }) => reader[Symbol.asyncDispose]()));
  }

  #follow(bucket: string): Source {
    const newList = () => new NewestList<KeptAlert>(this.#options.capacity ?? CAPACITY);
    const reader = new BucketReader(
      this.#options,
      { bucket, keys: ['*.alert.>', MARKERS] },
      {
        reset: () => {
          source.list = newList();
        },
        apply: (key, message) => this.#apply(source, key, message),
      },
    );
    const source: Source = { bucket, list: newList(), reader };
    return source;
  }

  #apply({ bucket, list }: Source, key: string, message: StoredMessage): void {
    const [, subject, type, when] = KEY.exec(key) ?? [];
    if (when === undefined || !KEY_TIME.test(when)) return;
    const listKey = `${when}.${subject}.${type}.${bucket}`;
    const kept = keptValue(Alert, message, this.#options.logger);
    if (kept) list.put(listKey, { ...kept, first: Date.parse(kept.value.first), last: Date.parse(kept.value.last) });
    else list.delete(listKey);
  }
}

function keyTime(key: string): number {
  const [, year, month, day, hour, minute, second, milli = '000'] = KEY_TIME.exec(key) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
}
