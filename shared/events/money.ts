/**
 * Money: an integer in minor units (cents) inside the mesh, a decimal string at its edges.
 * Nothing is rounded: a value with more fraction digits than the currency, or over 2^53, is an error.
 */

/** Fraction digits of the mesh's currency. */
export const MINOR_DIGITS = 2;
const MINOR_UNITS = 10 ** MINOR_DIGITS;

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Parses "12.5" to 1250. Throws RangeError on anything but a plain decimal that fits. */
export function parseMoney(text: string): number {
  const match = DECIMAL.exec(text);
  if (!match) throw new RangeError(`Cannot read ${quote(text)} as an amount: expected a decimal like "12.50"`);
  const [, sign = '', whole = '', fraction = ''] = match;
  if (/[1-9]/.test(fraction.slice(MINOR_DIGITS)))
    throw new RangeError(`Cannot read ${quote(text)} as an amount: more than ${MINOR_DIGITS} fraction digits`);
  const minor = Number(whole + fraction.slice(0, MINOR_DIGITS).padEnd(MINOR_DIGITS, '0'));
  if (!Number.isSafeInteger(minor))
    throw new RangeError(`Cannot read ${quote(text)} as an amount: over 2^53 minor units`);
  return sign === '-' && minor !== 0 ? -minor : minor;
}

/** Below this, doubles are less than a cent apart: no two amounts in cents share one. */
const CENTS_APART = 2 ** 46;

/** A JSON number (a double) to minor units, through its shortest decimal text, so 12.35 is exactly 1235. */
export function moneyFromNumber(amount: number): number {
  const minor = Math.round(amount * MINOR_UNITS);
  // Hot path: a double this near to a whole number of cents prints as that number of cents.
  if (Math.abs(amount) < CENTS_APART && minor / MINOR_UNITS === amount) return minor === 0 ? 0 : minor;
  if (!Number.isFinite(amount)) throw new RangeError(`Cannot read ${amount} as an amount: not a finite number`);
  const text = String(amount); // has an exponent below 1e-6 and from 1e21 on
  if (DECIMAL.test(text)) return parseMoney(text);
  throw new RangeError(`Cannot read ${amount} as an amount: more than ${MINOR_DIGITS} fraction digits, or over 2^53`);
}

/** 1250 to "12.50"; -5 to "-0.05". */
export function formatMoney(minor: number): string {
  const digits = String(Math.abs(minor)).padStart(MINOR_DIGITS + 1, '0');
  const cut = digits.length - MINOR_DIGITS;
  return `${minor < 0 ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/** total / count in minor units, halves away from zero (SQL's ROUND); 0 for an empty set. */
export function averageMoney(totalMinor: number, count: number): number {
  if (count === 0) return 0;
  const magnitude = Math.round(Math.abs(totalMinor) / count);
  return totalMinor < 0 ? -magnitude : magnitude;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
