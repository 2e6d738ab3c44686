/**
 * Replays messages of EVENTS for one pattern, as a stage would read them. Synchronous, without IO and without a clock.
 *
 *     data frame -> filters -> waits for the watermark -> KeyMatchers, in the order of (t, source, arrival)
 *     progress   -> watermark: the minimum over all sources, as stages have it
 *
 * Invariants (tested in replay.test.ts):
 * 1. The result does not depend on how events were cut into frames, nor on how sources interleave, but for what is late.
 * 2. Every event that is read is counted in exactly one of `matched`, `late`, `outsideTime`, `passedOver`, `withdrawn`,
 *    `corrections` once the replay is finished.
 */
import type { CepResult } from '../../shared/cep/cep-result.ts';
import type { EventPattern } from '../../shared/cep/json/event-pattern.ts';
import { EventTimeBuffer } from '../../shared/event-time/event-time-order.ts';
import { SourceWatermarks } from '../../shared/event-time/watermark.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import { BEFORE_ALL_TIME } from '../../shared/events/stage.ts';
import type { Progress } from '../../shared/log/frame.ts';
import { Corrections, replaces, type Waiting } from './corrections.ts';
import { KeyMatchers } from './key-matchers.ts';

/** Keys are counted up to here: their names are held for it. */
export const MOST_KEYS = 1_000_000;

export interface ReplayOptions {
  readonly pattern: EventPattern;
  /** Event time, ms; included. */
  readonly from: number;
  /** Event time, ms; excluded. */
  readonly to: number;
  /** Only events of this key. */
  readonly key: string | undefined;
  onMatch(key: string, match: CepResult<MeshEvent>): void;
}

export interface ReplayTotals {
  /** Events read, whatever became of them. */
  read: number;
  /** Events that the pattern was given. */
  matched: number;
  /** Behind the watermark when they came. */
  late: number;
  /** Before `from`, or from `to` on. */
  outsideTime: number;
  /** Of another topic or key, or not what the pattern's input asks for. */
  passedOver: number;
  /** Taken back before they were matched, and what took them back. */
  withdrawn: number;
  /** Took back what was matched already, or replaced it. */
  corrections: number;
  keys: number;
  matches: number;
  /** Partial matches whose time ran out. */
  timedOut: number;
  /** Partial matches that might still become whole. */
  open: number;
}

export class Replay {
  readonly totals: ReplayTotals = {
    ...{ read: 0, matched: 0, late: 0, outsideTime: 0, passedOver: 0, withdrawn: 0, corrections: 0 },
    ...{ keys: 0, matches: 0, timedOut: 0, open: 0 },
  };
  readonly #options: ReplayOptions;
  readonly #matchers: KeyMatchers;
  readonly #sources = new SourceWatermarks();
  readonly #buffer = new EventTimeBuffer<Waiting>();
  readonly #corrections = new Corrections();
  readonly #keys = new Set<string>();
  #lastTime = BEFORE_ALL_TIME;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#matchers = new KeyMatchers(options.pattern, (key, result) => {
      if (result.kind === 'timeout') {
        this.totals.timedOut++;
        return;
      }
      this.totals.matches++;
      options.onMatch(key, result);
    });
  }

  get watermark(): number {
    return this.#sources.current;
  }

  /** Events that wait for the watermark. */
  get waiting(): number {
    return this.#buffer.size;
  }

  progress(source: string, { watermark, idle }: Progress): void {
    const before = this.watermark;
    this.#sources.update(source, watermark, idle === true);
    if (this.watermark <= before) return;
    this.#release(this.watermark);
    this.#matchers.advanceTime(Math.min(this.#options.to - 1, this.watermark));
  }

  /** The events of one data frame. `order`: of its source, as parseEventSubject says. */
  data(order: string, events: readonly MeshEvent[]): void {
    this.totals.read += events.length;
    for (let at = 0; at < events.length; at++) {
      const event = events[at];
      if (!event) continue;
      if (!event.retract) this.#add(event, order);
      else if (this.#retract(event, order, events[at + 1])) at++;
    }
  }

  /** What still waits has its turn as well: the log has no more, and whoever tries a pattern wants to see it. */
  finish(): ReplayTotals {
    this.#release(Number.MAX_SAFE_INTEGER);
    this.#matchers.advanceTime(Math.min(this.#options.to - 1, Math.max(this.watermark, this.#lastTime - 1)));
    this.totals.open = this.#matchers.partialMatches;
    this.totals.keys = this.#keys.size;
    return this.totals;
  }

  /** True when the next event is dealt with, too. */
  #retract(event: MeshEvent, order: string, next: MeshEvent | undefined): boolean {
    const { totals } = this;
    if (!this.#isWanted(event, order)) return false;
    if (this.#corrections.withdraw(event)) {
      totals.matched--;
      totals.withdrawn += 2;
      return false;
    }
    totals.corrections++;
    if (!replaces(event, next)) return false;
    totals.corrections++;
    return true;
  }

  #add(event: MeshEvent, order: string): void {
    const { totals } = this;
    if (!this.#isWanted(event, order)) return;
    if (event.t <= this.watermark) {
      totals.late++;
      return;
    }
    totals.matched++;
    this.#buffer.add(this.#corrections.wait(event), event.t, order);
  }

  #isWanted(event: MeshEvent, order: string): boolean {
    const { from, to, key, pattern } = this.#options;
    if ((key !== undefined && event.k !== key) || !pattern.accepts(event, order)) {
      this.totals.passedOver++;
      return false;
    }
    if (event.t >= from && event.t < to) return true;
    this.totals.outsideTime++;
    return false;
  }

  #release(watermark: number): void {
    this.#buffer.release(watermark, ({ event: waiting, t }) => {
      if (waiting.isWithdrawn) return;
      this.#corrections.release(waiting);
      if (this.#keys.size < MOST_KEYS) this.#keys.add(waiting.event.k);
      this.#lastTime = t;
      this.#matchers.process(waiting.event);
    });
  }
}
