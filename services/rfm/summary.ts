/**
 * The second stage of rfm: adds up the partitions' totals to one summary, `all.summary`.
 * `as_of` is the whole minute of event time up to which every partition has told its totals.
 */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { formatMoney } from '../../shared/events/money.ts';
import { BEFORE_ALL_TIME, type Emitted, type StageDefinition } from '../../shared/events/stage.ts';
import { SEGMENTS, type SegmentTotals } from './rfm.ts';

const MINUTE_MS = 60_000;

export interface SummaryValue {
  readonly segments: Readonly<Record<string, { readonly customers: number; readonly monetary_value: string }>>;
  readonly customers: number;
  readonly as_of: string | null;
}

export const rfmSummary: StageDefinition<Emitted<SegmentTotals>> = {
  service: 'rfm',
  input: { kind: 'log', service: 'rfm' },
  tables: { part: { kind: 'state' }, summary: { kind: 'output' } },
  open(ctx) {
    const parts = ctx.table<SegmentTotals>('part');
    const summary = ctx.table<SummaryValue>('summary');
    const show = () =>
      summary.put(
        '',
        addUp(
          [...parts.entries()].map(([, part]) => part),
          minuteOf(ctx.watermark),
        ),
      );
    let shownMinute = minuteOf(ctx.watermark);
    return {
      onEvent({ value }, partition) {
        parts.put(partition, value);
        show();
      },
      onWatermark() {
        if (minuteOf(ctx.watermark) === shownMinute) return;
        shownMinute = minuteOf(ctx.watermark);
        show();
      },
    };
  },
};

/** Undefined before there is a watermark. */
function minuteOf(watermark: number): number | undefined {
  return watermark === BEFORE_ALL_TIME ? undefined : Math.floor(watermark / MINUTE_MS) * MINUTE_MS;
}

function addUp(parts: readonly SegmentTotals[], asOf: number | undefined): SummaryValue {
  let customers = 0;
  const segments = SEGMENTS.map((segment) => {
    let [count, spent] = [0, 0];
    for (const part of parts) {
      count += part[segment][0];
      spent += part[segment][1];
    }
    customers += count;
    return [segment, { customers: count, monetary_value: formatMoney(spent) }] as const;
  });
  return {
    segments: Object.fromEntries(segments),
    customers,
    as_of: asOf === undefined ? null : formatTime(asOf),
  };
}
