/**
 * Region health: how downloads go, per minute of event time, by content, region and kind of device.
 *
 *   minute          [-- 10:00 --)[-- 10:01 --)[-- 10:02 --)
 *   this stage      content: whole minutes, for downloads are partitioned by content
 *                   region, device: shares, which combine.ts adds up
 *
 * Late downloads: a minute that fired takes them for `latenessMs` and fires again; later ones go to LATE. A minute's
 * revision is the number of downloads it took after it fired.
 *
 * Invariants (region-health.test.ts):
 * 1. A fired minute equals a recount of all downloads it took, retractions included.
 * 2. What a minute holds depends on the downloads folded and on the watermark at each, not on frames and commits.
 * 3. State is bounded by event time: a minute leaves memory when it takes no more downloads.
 */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { isWindowComplete, isWindowLate, lastWindowStart } from '../../shared/event-time/windows.ts';
import type { DownloadEvent } from '../../shared/events/download.ts';
import type { Decision, StageContext, StageDefinition, Table } from '../../shared/events/stage.ts';
import { checkOptions, DEFAULT_REGION_HEALTH, type RegionHealthOptions } from './options.ts';
import { type Cell, cellTable, MINUTE_MS, Panes, partOf, WINDOWS } from './panes.ts';
import { measure } from './tally.ts';

/** A content's minute as KV shows it. */
export interface ContentMinute {
  readonly content_id: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly downloads: number;
  readonly successes: number;
  readonly failures: number;
  /** Downloads taken after the minute fired. */
  readonly revision: number;
  readonly final: boolean;
}

/** Live minutes are told at most once per this much event time. */
const LIVE_EVERY_MS = 1_000;

/** Throws RangeError on options that cannot be used. */
export function regionHealth(options: RegionHealthOptions = DEFAULT_REGION_HEALTH): StageDefinition<DownloadEvent> {
  checkOptions(options);
  return {
    service: 'region-health',
    input: { kind: 'events', events: ['download'] },
    tables: {
      'pane.content': cellTable('content'),
      'pane.region': cellTable('region'),
      'pane.device': cellTable('device'),
      'content.1m': { kind: 'output', lifetimeMs: () => options.retentionMs },
    },
    open: (ctx) => new RegionHealth(ctx, options),
  };
}

class RegionHealth implements Decision<DownloadEvent> {
  readonly #ctx: StageContext;
  readonly #latenessMs: number;
  readonly #panes: Panes;
  readonly #contents: Table<ContentMinute>;
  #watermark: number;

  constructor(ctx: StageContext, { latenessMs }: RegionHealthOptions) {
    this.#ctx = ctx;
    this.#latenessMs = latenessMs;
    this.#watermark = ctx.watermark;
    this.#contents = ctx.table('content.1m');
    this.#panes = new Panes({
      content: ctx.table('pane.content'),
      region: ctx.table('pane.region'),
      device: ctx.table('pane.device'),
    });
    for (const pane of this.#panes.values()) pane.hasFired = this.#isComplete(pane.start);
  }

  onEvent(download: DownloadEvent): void {
    const start = lastWindowStart(WINDOWS, download.t);
    if (isWindowLate(start + MINUTE_MS, this.#latenessMs, this.#watermark)) {
      this.#reportLate(download, 'too late for its minute');
      return;
    }
    const isLate = this.#isComplete(start);
    const measured = measure(download);
    const cells = download.retract
      ? this.#panes.takeBack(download, measured, isLate)
      : this.#panes.count(download, measured, isLate);
    if (!cells) this.#reportLate(download, 'retraction of a download that was never counted');
    else if (isLate) for (const cell of cells) this.#tell(cell);
  }

  onWatermark(): void {
    const before = this.#watermark;
    this.#watermark = this.#ctx.watermark;
    for (const pane of this.#panes.values()) {
      if (!pane.hasFired && this.#isComplete(pane.start)) {
        pane.hasFired = true;
        for (const cell of pane.cells) this.#tell(cell);
      }
      if (isWindowLate(pane.start + MINUTE_MS, this.#latenessMs, this.#watermark)) this.#panes.forget(pane);
    }
    if (Math.floor(this.#watermark / LIVE_EVERY_MS) !== Math.floor(before / LIVE_EVERY_MS))
      for (const cell of this.#panes.takeTouched()) if (!this.#isComplete(cell.start)) this.#tell(cell);
  }

  #tell(cell: Cell): void {
    cell.isTouched = false;
    if (cell.kind === 'content') this.#contents.put(cell.id, this.#minuteOf(cell));
    else this.#ctx.emit(cell.kind, partOf(cell));
  }

  #minuteOf({ start, names: [content = ''], tally }: Cell): ContentMinute {
    return {
      content_id: content,
      window_start: formatTime(start),
      window_end: formatTime(start + MINUTE_MS),
      downloads: tally.events,
      successes: tally.successes,
      failures: tally.events - tally.successes,
      revision: tally.late,
      final: this.#isComplete(start),
    };
  }

  #isComplete(start: number): boolean {
    return isWindowComplete(start + MINUTE_MS, this.#watermark);
  }

  #reportLate(event: DownloadEvent, reason: string): void {
    const start = lastWindowStart(WINDOWS, event.t);
    this.#ctx.late({ reason, event, window: { start, end: start + MINUTE_MS } });
  }
}
