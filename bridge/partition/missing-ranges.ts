/** Ranges of offsets that Kafka no longer had when they were wanted, as progress tells them. */

/** Ends included. */
export type MissingRanges = readonly (readonly [from: number, to: number])[];

/** Ranges that are remembered: the newest. */
const MAX_RANGES = 8;

/** `missing` offsets more, up to and with this one. */
export function withMissing(ranges: MissingRanges, offset: number, missing: number): MissingRanges {
  const lost = [offset - missing + 1, offset] as const;
  return [...ranges, lost].slice(-MAX_RANGES);
}
