/**
 * The second stage of region-health: adds the partitions' shares to whole minutes of regions and devices, and raises
 * alerts about regions.
 *
 * A minute is final when every partition's watermark has passed its end; until then it is shown live, marked
 * `final: false`, and raises no alert. It is settled, and leaves memory, when it takes no more late downloads.
 *
 * Invariants (combine.test.ts): those of region-health.ts, for whole minutes; and alerts depend on the minutes' last
 * values only (outages.ts).
 */
import type { Alert } from '../../shared/alerts/alert.ts';
import { isWindowComplete, isWindowLate } from '../../shared/event-time/windows.ts';
import { encodeId } from '../../shared/events/id.ts';
import {
  BEFORE_ALL_TIME,
  type Decision,
  type Emitted,
  type StageContext,
  type StageDefinition,
  type Table,
} from '../../shared/events/stage.ts';
import { type DeviceMinuteValue, deviceMinute, type RegionMinuteValue, regionMinute } from './minute-values.ts';
import { checkOptions, DEFAULT_REGION_HEALTH, type RegionHealthOptions } from './options.ts';
import type { RegionMinute } from './outages.ts';
import { cellId, MINUTE_MS, type MinutePart } from './panes.ts';
import { RegionAlerts, regionAlertTable } from './region-alerts.ts';
import { sumTallies, type TallyNumbers } from './tally.ts';

/** The shares of one region or device in one minute, by partition. */
interface Shares {
  readonly start: number;
  readonly names: readonly string[];
  readonly shares: Record<string, TallyNumbers>;
}

type ShareKind = 'region' | 'device';

interface Minute {
  readonly start: number;
  hasFired: boolean;
  /** By the name of the region. */
  readonly regions: Map<string, Shares>;
  /** By id. */
  readonly devices: Map<string, Shares>;
}

/** Throws RangeError on options that cannot be used. */
export function combineRegionHealth(
  options: RegionHealthOptions = DEFAULT_REGION_HEALTH,
): StageDefinition<Emitted<MinutePart>> {
  checkOptions(options);
  const lifetimeMs = () => options.retentionMs;
  return {
    service: 'region-health',
    input: { kind: 'log', service: 'region-health' },
    tables: {
      'shares.region': { kind: 'state' },
      'shares.device': { kind: 'state' },
      run: { kind: 'state' },
      'region.1m': { kind: 'output', lifetimeMs },
      'region.latest': { kind: 'output', lifetimeMs },
      'device.1m': { kind: 'output', lifetimeMs },
      alert: regionAlertTable,
    },
    open: (ctx) => new CombineRegionHealth(ctx, options),
  };
}

class CombineRegionHealth implements Decision<Emitted<MinutePart>> {
  readonly #ctx: StageContext;
  readonly #latenessMs: number;
  readonly #shares: Readonly<Record<ShareKind, Table<Shares>>>;
  readonly #regions: Table<RegionMinuteValue>;
  readonly #latest: Table<RegionMinuteValue>;
  readonly #devices: Table<DeviceMinuteValue>;
  readonly #alerts: RegionAlerts;
  readonly #minutes = new Map<number, Minute>();

  constructor(ctx: StageContext, options: RegionHealthOptions) {
    this.#ctx = ctx;
    this.#latenessMs = options.latenessMs;
    this.#shares = { region: ctx.table('shares.region'), device: ctx.table('shares.device') };
    this.#regions = ctx.table('region.1m');
    this.#latest = ctx.table('region.latest');
    this.#devices = ctx.table('device.1m');
    this.#alerts = new RegionAlerts(ctx.table<Alert>('alert'), ctx.table<Alert>('run'), options);
    for (const kind of ['region', 'device'] as const)
      for (const [id, shares] of this.#shares[kind].entries()) this.#index(kind, shares, id);
    for (const region of this.#regionNames()) this.#alerts.restore(region, this.#completeMinutes(region));
  }

  onEvent({ kind, value }: Emitted<MinutePart>, partition: string): void {
    if (kind !== 'region' && kind !== 'device')
      throw new Error(`Cannot combine "${kind}": the stage before emits region and device only`);
    const id = cellId(value.names, value.start);
    const known = this.#shares[kind].get(id);
    const shares = known ?? { start: value.start, names: value.names, shares: {} };
    shares.shares[partition] = value.tally;
    this.#shares[kind].put(id, shares);
    if (!known) this.#index(kind, shares, id);
    if (kind === 'device') this.#showDevice(id, shares);
    else {
      this.#showRegion(shares);
      if (this.#isComplete(value.start)) this.#review(nameOf(shares));
    }
  }

  onWatermark(): void {
    const changed = new Set<string>();
    for (const minute of this.#minutes.values()) {
      if (minute.hasFired || !this.#isComplete(minute.start)) continue;
      minute.hasFired = true;
      for (const [id, shares] of minute.devices) this.#showDevice(id, shares);
      for (const [region, shares] of minute.regions) {
        this.#showRegion(shares);
        changed.add(region);
      }
    }
    for (const region of changed) this.#review(region);
    this.#settle();
  }

  /** Lets go of minutes that can change no more, oldest first. */
  #settle(): void {
    const settled = Array.from(this.#minutes.values())
      .filter(({ start }) => isWindowLate(start + MINUTE_MS, this.#latenessMs, this.#ctx.watermark))
      .sort((a, b) => a.start - b.start);
    for (const { start, regions, devices } of settled) {
      this.#minutes.delete(start);
      for (const [region, shares] of regions) {
        this.#alerts.settle(region, minuteOf(shares));
        this.#shares.region.delete(cellId(shares.names, start));
      }
      for (const id of devices.keys()) this.#shares.device.delete(id);
    }
    const takesStill = this.#ctx.watermark - this.#latenessMs - MINUTE_MS;
    if (settled.length > 0) this.#alerts.forget(takesStill);
  }

  #showDevice(id: string, shares: Shares): void {
    this.#devices.put(id, deviceMinute(shares, minuteOf(shares).tally, this.#isComplete(shares.start)));
  }

  #showRegion(shares: Shares): void {
    const name = nameOf(shares);
    const value = regionMinute(shares, minuteOf(shares).tally, this.#isComplete(shares.start));
    this.#regions.put(cellId(shares.names, shares.start), value);
    if (shares.start >= this.#latestStart(name)) this.#latest.put(encodeId(name), value);
  }

  #review(region: string): void {
    this.#alerts.review(region, this.#completeMinutes(region));
  }

  #completeMinutes(region: string): RegionMinute[] {
    const minutes: RegionMinute[] = [];
    for (const { start, regions } of this.#minutes.values()) {
      const shares = regions.get(region);
      if (shares && this.#isComplete(start)) minutes.push(minuteOf(shares));
    }
    return minutes.sort((a, b) => a.start - b.start);
  }

  /** Of a region whose minutes are all settled, any minute to come is later than they. */
  #latestStart(region: string): number {
    let latest = BEFORE_ALL_TIME;
    for (const { start, regions } of this.#minutes.values()) if (start > latest && regions.has(region)) latest = start;
    return latest;
  }

  #regionNames(): Set<string> {
    return new Set(Array.from(this.#minutes.values(), ({ regions }) => [...regions.keys()]).flat());
  }

  #index(kind: ShareKind, shares: Shares, id: string): void {
    const { start } = shares;
    let minute = this.#minutes.get(start);
    if (!minute) {
      minute = { start, hasFired: this.#isComplete(start), regions: new Map(), devices: new Map() };
      this.#minutes.set(start, minute);
    }
    if (kind === 'region') minute.regions.set(nameOf(shares), shares);
    else minute.devices.set(id, shares);
  }

  #isComplete(start: number): boolean {
    return isWindowComplete(start + MINUTE_MS, this.#ctx.watermark);
  }
}

function nameOf({ names: [name = ''] }: Shares): string {
  return name;
}

function minuteOf({ start, shares }: Shares): RegionMinute {
  return { start, tally: sumTallies(Object.values(shares)) };
}
