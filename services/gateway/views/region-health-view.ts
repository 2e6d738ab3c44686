/**
 * What region-health wrote last, in memory: the newest minute of every region and kind of device, and the downloads of
 * all contents in the newest hour.
 *
 * The bucket keeps a month of minutes of every content, far more than can be read at each start. So regions are read
 * whole, for they have a key of their own for their newest minute; devices and contents from the last writes only.
 *
 * Invariants (region-health-view.test.ts):
 * 1. Regions and devices are the undeleted, unexpired newest minutes, up to the capacity; what was left out makes
 *    `complete` false.
 * 2. The top of contents is a recount of the minutes of its span; `complete` is true only if all of these are known.
 * 3. Contents are kept for the newest `TOP_MINUTES` only, and in all up to the capacity: the oldest minutes go first.
 */
import { formatTime } from '../../../shared/event-time/time-text.ts';
import type { StoredMessage } from '../../../shared/log/log.ts';
import {
  ContentMinute,
  type ContentTotal,
  DeviceMinute,
  RegionMinute,
  type TopMinutesBy,
} from '../schemas/region-health.ts';
import { BucketReader, type Kept, keptValue, MARKERS, type ViewOptions, type ViewState } from './bucket-reader.ts';
import { ContentMinutes, type TopQuery } from './content-minutes.ts';
import { firstByKey } from './first-by-key.ts';
import type { Page } from './newest-list.ts';

export const REGION_HEALTH = 'region-health';
/** Names of regions, and kinds of devices. */
const CAPACITY = 10_000;
/** Writes to the bucket, of any key. Reading them takes seconds at most. */
const LAST_WRITES = 300_000;
const REGION = /^all\.region\.latest\.([^.]+)$/;
const DEVICE = /^all\.device\.1m\.([^.]+\.[^.]+\.[^.]+)\.[^.]+$/;
const CONTENT = /^[^.]+\.content\.1m\.([^.]+)\.(\d{8}T\d{6}Z)$/;

export interface RegionHealthViewOptions extends ViewOptions {
  readonly contentCapacity?: number;
  readonly lastWrites?: number;
}

interface Named<V> extends Kept<V> {
  readonly token: string;
}
interface ListQuery {
  readonly after?: string | undefined;
  readonly limit: number;
}
export interface MinuteList<V> extends Page<V> {
  readonly complete: boolean;
}
export interface TopMinutesQuery {
  readonly by: TopMinutesBy;
  readonly limit: number;
  /** Minutes with fewer downloads are left out. */
  readonly least: number;
}
export interface TopMinutes<V> {
  readonly items: readonly V[];
  readonly complete: boolean;
}
export interface TopList {
  readonly from: string | null;
  readonly to: string | null;
  readonly contents: number;
  readonly complete: boolean;
  readonly items: readonly ContentTotal[];
}

export class RegionHealthView implements AsyncDisposable {
  readonly #options: RegionHealthViewOptions;
  readonly #regions = new Map<string, Named<RegionMinute>>();
  readonly #devices = new Map<string, Named<DeviceMinute>>();
  #regionsComplete = true;
  #devicesComplete = true;
  #contents: ContentMinutes;
  readonly #regionReader: BucketReader;
  readonly #recentReader: BucketReader;

  constructor(options: RegionHealthViewOptions) {
    this.#options = options;
    this.#contents = new ContentMinutes(true, options.contentCapacity);
    const newest = options.lastWrites ?? LAST_WRITES;
    const bucket = REGION_HEALTH;
    this.#regionReader = new BucketReader(
      options,
      { bucket, keys: ['all.region.latest.*', MARKERS] },
      { reset: () => this.#resetRegions(), apply: (key, message) => this.#applyRegion(key, message) },
    );
    this.#recentReader = new BucketReader(
      options,
      { bucket, keys: ['*.content.1m.>', 'all.device.1m.>', MARKERS], newest },
      { reset: (isWhole) => this.#resetRecent(isWhole), apply: (key, message) => this.#applyRecent(key, message) },
    );
  }

  get regionState(): ViewState {
    return this.#regionReader.state;
  }

  /** Of devices and contents. */
  get recentState(): ViewState {
    return this.#recentReader.state;
  }

  /** ms; undefined: no downloads were seen. */
  get newestContentMinute(): number | undefined {
    return this.recentState === 'current' ? this.#contents.newest : undefined;
  }

  regions(query: ListQuery): MinuteList<RegionMinute> {
    return this.#list(this.#regions, query, this.#regionsComplete);
  }

  devices(query: ListQuery): MinuteList<DeviceMinute> {
    return this.#list(this.#devices, query, this.#devicesComplete);
  }

  topRegions(query: TopMinutesQuery): TopMinutes<RegionMinute> {
    return this.#topMinutes(this.#regions, query, this.#regionsComplete);
  }

  topDevices(query: TopMinutesQuery): TopMinutes<DeviceMinute> {
    return this.#topMinutes(this.#devices, query, this.#devicesComplete);
  }

  top(query: TopQuery): TopList {
    const { from, to, ...top } = this.#contents.top(query, this.#now());
    return { ...top, from: from === undefined ? null : formatTime(from), to: to === undefined ? null : formatTime(to) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#regionReader[Symbol.asyncDispose](), this.#recentReader[Symbol.asyncDispose]()]);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #list<V>(minutes: Map<string, Named<V>>, query: ListQuery, complete: boolean): MinuteList<V> {
    const now = this.#now();
    const accept = ({ expiresMs }: Named<V>) => expiresMs > now;
    const { items, next } = firstByKey(minutes.values(), ({ token }) => token, { ...query, accept });
    return { items: items.map(({ value }) => value), complete, ...(next !== undefined && { next }) };
  }

  #topMinutes<V extends Ranked>(
    minutes: Map<string, Named<V>>,
    { by, limit, least }: TopMinutesQuery,
    complete: boolean,
  ): TopMinutes<V> {
    const now = this.#now();
    const items = [...minutes.values()]
      .filter(({ value, expiresMs }) => expiresMs > now && value.events >= least && rankOf(value, by) !== null)
      .sort((a, b) => (rankOf(a.value, by) ?? 0) - (rankOf(b.value, by) ?? 0) || (a.token < b.token ? -1 : 1))
      .slice(0, limit)
      .map(({ value }) => value);
    return { items, complete };
  }

  #resetRegions(): void {
    this.#regions.clear();
    this.#regionsComplete = true;
  }

  #resetRecent(isWhole: boolean): void {
    this.#devices.clear();
    this.#devicesComplete = isWhole;
    this.#contents = new ContentMinutes(isWhole, this.#options.contentCapacity);
  }

  #applyRegion(key: string, message: StoredMessage): void {
    const [, token] = REGION.exec(key) ?? [];
    if (token === undefined) return;
    const kept = keptValue(RegionMinute, message, this.#options.logger);
    if (!kept) this.#regions.delete(token);
    else if (!this.#put(this.#regions, { ...kept, token })) this.#regionsComplete = false;
  }

  #applyRecent(key: string, message: StoredMessage): void {
    const [, content, start] = CONTENT.exec(key) ?? [];
    if (content !== undefined && start !== undefined)
      this.#contents.apply(content, start, keptValue(ContentMinute, message, this.#options.logger), message.timeMs);
    const [, device] = DEVICE.exec(key) ?? [];
    if (device === undefined) return;
    const kept = keptValue(DeviceMinute, message, this.#options.logger);
    const known = this.#devices.get(device);
    if (!kept || (known && known.value.window_start > kept.value.window_start)) return;
    if (!this.#put(this.#devices, { ...kept, token: device })) this.#devicesComplete = false;
  }

  /** False: there is no room for it. */
  #put<V>(minutes: Map<string, Named<V>>, minute: Named<V>): boolean {
    if (minutes.size >= (this.#options.capacity ?? CAPACITY) && !minutes.has(minute.token)) return false;
    minutes.set(minute.token, minute);
    return true;
  }
}

interface Ranked {
  readonly events: number;
  readonly failures: number;
  readonly success_rate: number | null;
  readonly avg_speed_mbps: number | null;
}

/** The lowest is the first; null: it is not in the list. */
function rankOf({ events, failures, success_rate, avg_speed_mbps }: Ranked, by: TopMinutesBy): number | null {
  switch (by) {
    case 'downloads':
      return -events;
    case 'failures':
      return failures === 0 ? null : -failures;
    case 'success_rate':
      return success_rate;
    case 'speed':
      return avg_speed_mbps;
    default:
      return by satisfies never;
  }
}
