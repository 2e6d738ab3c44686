/**
 * Sales: what was sold per window, exactly, with distinct customers.
 *
 *   5-min panes   |  p  |  p  |  p  | ...            a pane holds revenue and orders
 *   windows       [------- 1 h, every 5 min -------)  12 panes; the ones that start on the hour are the hourly sales
 *   customer-hour [------- 1 h, on the hour -------)  one value per customer and hour; also says in which panes the
 *                                                     customer bought, from which distinct customers are counted
 *
 * Distinct customers of a window are kept up to date, not counted when it fires: a customer who becomes active in a
 * pane adds one to exactly the windows that hold this pane and none of the customer's other active panes, which is a
 * range of windows between the nearest active panes on either side.
 *
 * Late orders: a window that fired takes them for `latenessMs` and fires again; later ones go to LATE. A window's
 * revision is the number of orders it took after it fired.
 *
 * Invariants (sales.test.ts):
 * 1. A fired window equals a recount of all orders it took, retractions included.
 * 2. What a window holds depends on the orders folded and on the watermark at each, not on frames and commits.
 * 3. An order that is too late for some of its windows still counts in the others, and is reported once.
 */
import { paneStartOf } from '../../shared/event-time/panes.ts';
import { BEFORE_ALL_TIME, type Decision, type StageContext, type StageDefinition } from '../../shared/events/stage.ts';
import { slidingWindows, isWindowComplete, isWindowLate } from '../../shared/event-time/windows.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { CustomerHours, customerHourTable } from './customer-hours.ts';
import { HOUR_MS, type LateCount, PANE_MS, type Pane, Panes, PANES_PER_WINDOW, type WindowPart } from './panes.ts';

export const WINDOWS = slidingWindows(HOUR_MS, PANE_MS);

export interface SalesOptions {
  /** How long after it fired a window takes late orders, ms. */
  readonly latenessMs: number;
}

export const DEFAULT_SALES: SalesOptions = { latenessMs: HOUR_MS };

/** Live windows are told at most once per this much event time. */
const LIVE_EVERY_MS = 1_000;

export function sales(options: SalesOptions = DEFAULT_SALES): StageDefinition<OrderEvent> {
  return {
    service: 'sales',
    input: { kind: 'events', events: ['order'] },
    tables: { 'customer-hour': customerHourTable, pane: { kind: 'state' }, late: { kind: 'state' } },
    open: (ctx) => new Sales(ctx, options),
  };
}

class Sales implements Decision<OrderEvent> {
  readonly #ctx: StageContext;
  readonly #latenessMs: number;
  readonly #panes: Panes;
  readonly #customers: CustomerHours;
  #watermark: number;

  constructor(ctx: StageContext, options: SalesOptions) {
    this.#ctx = ctx;
    this.#latenessMs = options.latenessMs;
    this.#watermark = ctx.watermark;
    this.#panes = new Panes(ctx.table<Pane>('pane'), ctx.table<LateCount>('late'));
    this.#customers = new CustomerHours(ctx.table('customer-hour'), (first, last, by) =>
      this.#panes.addDistinct(first, last, by),
    );
    this.#forget();
  }

  onEvent(order: OrderEvent): void {
    const paneStart = paneStartOf(WINDOWS, order.t);
    const firstEnd = paneStart + PANE_MS;
    const lastEnd = paneStart + HOUR_MS;
    const watermark = this.#watermark;
    if (isWindowLate(lastEnd, this.#latenessMs, watermark)) {
      this.#reportLate(order, 'too late for every window', lastEnd);
      return;
    }
    const sign = order.retract ? -1 : 1;
    const hourStart = Math.floor(order.t / HOUR_MS) * HOUR_MS;
    const countsInHour = !isWindowLate(hourStart + HOUR_MS, this.#latenessMs, watermark);
    const isFinal = isWindowComplete(hourStart + HOUR_MS, watermark);
    const change = { id: order.k, hourStart, paneStart, sign, amount: order.amount, countsInHour, isFinal } as const;
    if (!this.#customers.add(change)) {
      this.#ctx.late({ reason: 'retraction of an order that was never counted', event: order });
      return;
    }
    this.#panes.add(paneStart, sign * order.amount, sign);
    if (isWindowComplete(firstEnd, watermark)) this.#refire(order, firstEnd, lastEnd);
  }

  onWatermark(): void {
    const before = this.#watermark;
    this.#watermark = this.#ctx.watermark;
    const passedPane = Math.floor((this.#watermark + 1) / PANE_MS) !== Math.floor((before + 1) / PANE_MS);
    if (passedPane) {
      for (const end of this.#panes.windowEnds(before + 1, this.#watermark + 1)) this.#tell(end);
      this.#customers.finish(this.#watermark);
      this.#forget();
    }
    if (Math.floor(this.#watermark / LIVE_EVERY_MS) !== Math.floor(before / LIVE_EVERY_MS))
      for (const end of this.#panes.takeTouchedEnds()) if (end > this.#watermark + 1) this.#tell(end);
  }

  /** An order came for windows that have fired: those fire again while they take late orders. */
  #refire(order: OrderEvent, firstEnd: number, lastEnd: number): void {
    let missed = 0;
    for (let end = firstEnd; end <= lastEnd && isWindowComplete(end, this.#watermark); end += PANE_MS) {
      if (isWindowLate(end, this.#latenessMs, this.#watermark)) missed++;
      else {
        this.#panes.countLate(end - HOUR_MS);
        this.#tell(end);
      }
    }
    if (missed > 0) this.#reportLate(order, `too late for ${missed} of its ${PANES_PER_WINDOW} windows`, firstEnd);
  }

  #tell(end: number): void {
    const part: WindowPart = this.#panes.combine(end - HOUR_MS);
    this.#ctx.emit('window', part);
  }

  /** Drops panes and customer hours that no window can need any more. */
  #forget(): void {
    if (this.#watermark === BEFORE_ALL_TIME) return;
    const isOver = (lastEnd: number) => isWindowLate(lastEnd, this.#latenessMs, this.#watermark);
    this.#panes.forget((paneStart) => isOver(paneStart + HOUR_MS));
    this.#customers.forget((hourStart) => isOver(hourStart + HOUR_MS - PANE_MS + HOUR_MS));
  }

  #reportLate(order: OrderEvent, reason: string, end: number): void {
    this.#ctx.late({ reason, event: order, window: { start: end - HOUR_MS, end } });
  }
}
