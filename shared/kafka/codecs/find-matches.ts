/**
 * What was there before: a greedy search, one pass, that LZ4's and Snappy's encoders share. Pure.
 * It keeps LZ4's end rules, which are harmless in Snappy: the last five bytes are in no match, and none begins in the
 * last twelve. Matches reach at most 65,535 bytes back and not before the span.
 */

export interface Span {
  readonly from: number;
  readonly to: number;
}

export const MIN_MATCH = 4;
const UNMATCHED_END = 5;
const NO_START = 12;
const MAX_DISTANCE = 0xffff;
const TABLE_BITS = 13;
/** Position + 1 of the last four bytes with this hash; reused, for a search never waits. */
const table = new Int32Array(1 << TABLE_BITS);

/** Calls `onMatch` for each match in order of `at`; between two of them lie literals. */
export function findMatches(
  source: Uint8Array,
  { from, to }: Span,
  onMatch: (at: number, distance: number, length: number) => void,
): void {
  table.fill(0);
  let misses = 0;
  for (let at = from; at <= to - NO_START; ) {
    const four = word(source, at);
    const slot = Math.imul(four, 0x9e3779b1) >>> (32 - TABLE_BITS);
    const before = table[slot]! - 1;
    table[slot] = at + 1;
    if (before < from || at - before > MAX_DISTANCE || word(source, before) !== four) {
      at += 1 + (misses++ >>> 6); // data that does not compress is gone through in growing steps
      continue;
    }
    let length = MIN_MATCH;
    while (at + length < to - UNMATCHED_END && source[before + length] === source[at + length]) length++;
    onMatch(at, at - before, length);
    at += length;
    misses = 0;
  }
}

function word(data: Uint8Array, at: number): number {
  return data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
}
