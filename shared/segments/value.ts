/**
 * What events bring and rules compare with, exactly: an integer of millionths.
 *
 * A value is kept to 6 decimals (further ones are rounded, halves away from zero), up to 2,000,000,000 either way.
 * Sums of integers do not depend on the order of adding, and taking away gives back what was before.
 */

export const VALUE_DIGITS = 6;
const SCALE = 10 ** VALUE_DIGITS;
/** Below 2^51 millionths, the double next to a decimal of 6 digits is scaled to exactly that decimal. */
export const MAX_VALUE = 2_000_000_000;

/** Millionths; undefined: it does not fit. */
export function scaleValue(value: number): number | undefined {
  if (!(Math.abs(value) <= MAX_VALUE)) return undefined;
  const scaled = Math.round(Math.abs(value) * SCALE);
  return value < 0 && scaled !== 0 ? -scaled : scaled;
}

export function unscaleValue(scaled: number): number {
  return scaled / SCALE;
}

/** The mesh computes with exactly this number. */
export function isExactValue(value: number): boolean {
  const scaled = scaleValue(value);
  return scaled !== undefined && unscaleValue(scaled) === value;
}
