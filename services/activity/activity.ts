/**
 * Activity: what every customer did, per 5 minutes of event time.
 *
 *   window 5 min   [-- 10:00 --)[-- 10:05 --)[-- 10:10 --)      one value per customer and window
 *   watermark         live         fires: final, then again for each late event, until the lateness is over
 *
 * Invariants (activity.test.ts):
 * 1. A final window equals a recount of the events it took, retractions included.
 * 2. What a window holds depends on the events folded and on the watermark at each, not on frames and commits.
 * 3. `revision` is the number of events (and retractions) that a window took after it fired.
 * 4. A window leaves memory when it takes no more events; then readers keep it for its lifetime.
 */
import { isWindowComplete, isWindowLate, lastWindowStart, tumblingWindows } from '../../shared/event-time/windows.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { Decision, StageContext, StageDefinition, Table } from '../../shared/events/stage.ts';
import {
  countEvent,
  createBounds,
  createWindow,
  type CustomerWindow,
  decodeWindow,
  encodeWindow,
  takeBack,
  WINDOW_MS,
  type WindowBounds,
} from './customer-window.ts';

export const WINDOWS = tumblingWindows(WINDOW_MS);

export interface ActivityOptions {
  /** How long after it fired a window takes late events, ms. */
  readonly latenessMs: number;
  /** How long readers keep a final window, ms of wall clock. */
  readonly retentionMs: number;
}

export const DEFAULT_ACTIVITY: ActivityOptions = { latenessMs: 5 * 60_000, retentionMs: 48 * 3_600_000 };

/** Throws RangeError on options that cannot be used. */
export function activity(options: ActivityOptions = DEFAULT_ACTIVITY): StageDefinition<MaipEvent> {
  checkOptions(options);
  return {
    service: 'activity',
    input: { kind: 'events', events: ['maip'] },
    tables: {
      'window.5m': {
        kind: 'result',
        lifetimeMs: ({ isFinal }: CustomerWindow) => (isFinal ? options.retentionMs : undefined),
        encode: encodeWindow,
        decode: decodeWindow,
      },
    },
    open: (ctx) => new Activity(ctx, options),
  };
}

/** The windows that start at one time. */
interface Windows {
  readonly bounds: WindowBounds;
  readonly byCustomer: Map<string, CustomerWindow>;
}

class Activity implements Decision<MaipEvent> {
  readonly #ctx: StageContext;
  readonly #latenessMs: number;
  readonly #table: Table<CustomerWindow>;
  readonly #byStart = new Map<number, Windows>();
  /** Starts of windows that have not fired. */
  readonly #unfired = new Set<number>();

  constructor(ctx: StageContext, { latenessMs }: ActivityOptions) {
    this.#ctx = ctx;
    this.#latenessMs = latenessMs;
    this.#table = ctx.table('window.5m');
    for (const [, window] of this.#table.entries())
      this.#windowsAt(window.bounds.start).byCustomer.set(window.customer, window);
    this.#forget();
  }

  onEvent(event: MaipEvent): void {
    const start = lastWindowStart(WINDOWS, event.t);
    const end = start + WINDOW_MS;
    const { watermark } = this.#ctx;
    if (isWindowLate(end, this.#latenessMs, watermark)) {
      this.#ctx.late({ reason: 'too late for its window', event, window: { start, end } });
      return;
    }
    const isFinal = isWindowComplete(end, watermark);
    const windows = this.#windowsAt(start);
    const window = windows.byCustomer.get(event.k) ?? (event.retract ? undefined : open(windows, event.k, isFinal));
    if (!window || (event.retract && !takeBack(window, event))) {
      this.#ctx.late({ reason: 'retraction of an event that was never counted', event, window: { start, end } });
      return;
    }
    if (!event.retract) countEvent(window, event);
    if (isFinal) window.late++;
    this.#table.put(window.key, window);
  }

  onWatermark(): void {
    for (const start of this.#unfired) if (isWindowComplete(start + WINDOW_MS, this.#ctx.watermark)) this.#fire(start);
    this.#forget();
  }

  #fire(start: number): void {
    this.#unfired.delete(start);
    for (const window of this.#windowsAt(start).byCustomer.values()) {
      window.isFinal = true;
      this.#table.put(window.key, window);
    }
  }

  #windowsAt(start: number): Windows {
    let windows = this.#byStart.get(start);
    if (!windows) {
      windows = { bounds: createBounds(start), byCustomer: new Map() };
      this.#byStart.set(start, windows);
      if (!isWindowComplete(start + WINDOW_MS, this.#ctx.watermark)) this.#unfired.add(start);
    }
    return windows;
  }

  /** Lets go of the windows that take no more events. */
  #forget(): void {
    for (const [start, windows] of this.#byStart) {
      if (!isWindowLate(start + WINDOW_MS, this.#latenessMs, this.#ctx.watermark)) continue;
      this.#byStart.delete(start);
      for (const { key } of windows.byCustomer.values()) this.#table.release(key);
    }
  }
}

function open({ bounds, byCustomer }: Windows, customer: string, isFinal: boolean): CustomerWindow {
  const window = createWindow(customer, bounds, isFinal);
  byCustomer.set(customer, window);
  return window;
}

function checkOptions({ latenessMs, retentionMs }: ActivityOptions): void {
  if (!Number.isSafeInteger(latenessMs) || latenessMs < 0)
    throw new RangeError(`Cannot allow a lateness of "${latenessMs}" ms: expected whole ms, 0 or more`);
  if (!Number.isSafeInteger(retentionMs) || retentionMs <= 0)
    throw new RangeError(`Cannot keep windows for "${retentionMs}" ms: expected whole ms, more than 0`);
}
