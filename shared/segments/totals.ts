/**
 * Counts and exact sums of a user's events by window and type, as one flat array: three numbers a cell.
 *
 * A sum is kept as high and low part, so that it neither rounds nor depends on the order of adding and taking away: of
 * each scaled value the low part is its last 26 bits, and either part of 2^26 such values fits 2^53.
 *
 * Hot path: added to at every event, for every window.
 */
import { USER_EVENT_TYPES } from '../events/user-event.ts';

const TYPES = USER_EVENT_TYPES.length;
const NUMBERS_A_CELL = 3;
const HIGH = 2 ** 26;

/** `windows`: how many. */
export function emptyTotals(windows: number): number[] {
  return new Array<number>(windows * TYPES * NUMBERS_A_CELL).fill(0);
}

/** Where the totals of a window and a type begin. */
export function cellOf(window: number, type: number): number {
  return (window * TYPES + type) * NUMBERS_A_CELL;
}

/** Adds (or with `sign` -1 takes away) so many events of together `scaled`. */
export function addToCell(totals: number[], cell: number, sign: 1 | -1, count: number, scaled: number): void {
  const high = Math.trunc(scaled / HIGH);
  totals[cell] = (totals[cell] ?? 0) + sign * count;
  totals[cell + 1] = (totals[cell + 1] ?? 0) + sign * high;
  totals[cell + 2] = (totals[cell + 2] ?? 0) + sign * (scaled - high * HIGH);
}

export function countInCell(totals: readonly number[], cell: number): number {
  return totals[cell] ?? 0;
}

/** In millionths: exact up to 2^53, the nearest double beyond. */
export function sumInCell(totals: readonly number[], cell: number): number {
  return (totals[cell + 1] ?? 0) * HIGH + (totals[cell + 2] ?? 0);
}
