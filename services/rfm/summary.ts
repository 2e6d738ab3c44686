/**
 * The second stage of rfm: adds up the partitions' totals to one summary, `all.summary`.
 * `as_of` is the whole minute of event time up to which every partition has told its totals.
 */
import { partSummary } from '../../shared/event-time/part-summary.ts';
import { formatTime } from '../../shared/event-time/time-text.ts';
import { formatMoney } from '../../shared/events/money.ts';
import { SEGMENTS, type SegmentTotals } from './rfm.ts';

export interface SummaryValue {
  readonly segments: Readonly<Record<string, { readonly customers: number; readonly monetary_value: string }>>;
  readonly customers: number;
  readonly as_of: string | null;
}

export const rfmSummary = partSummary('rfm', addUp);

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
