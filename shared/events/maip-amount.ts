/**
 * The amount of a MAIP event: one rule for every service that counts money in payloads that nobody has described.
 *
 * The rule: the payload is an object, and the first of `AMOUNT_FIELDS` that it has and that is not null is the amount;
 * a JSON number or a decimal text, in major units (12.5 is 12.50). Fields inside fields are not looked into, and a
 * `price` is none: it says what a thing costs, not that somebody paid it. The payload's currency is not looked at.
 * An amount that is not exact in minor units ("12,50", three decimals, over 13 digits before the point) cannot be used:
 * nothing is rounded, and nothing throws.
 *
 * Use `maipAmount` where an event without a usable amount is of no interest; use `findAmount` and `readAmount` where
 * amounts that cannot be used are to be counted. Cases in maip-amount.test.ts.
 */
import { MINOR_DIGITS, parseMoney } from './money.ts';

/** In the order they are looked for. */
export const AMOUNT_FIELDS = ['amount', 'totalAmount', 'total_amount', 'total', 'orderTotal', 'order_total'] as const;

const MINOR_UNITS = 10 ** MINOR_DIGITS;
/** What parseMoney takes without an error. */
const EXACT = /^[+-]?\d{1,13}(?:\.\d{1,2}0*)?$/;
/** Below this a double that is a whole number of cents prints as that number of cents. */
const CENTS_APART = 10 ** 13;

/** Minor units; undefined: there is none, or none that can be used. Hot path. */
export function maipAmount(payload: unknown): number | undefined {
  const found = findAmount(payload);
  return found === undefined ? undefined : readAmount(found);
}

/** The amount as it stands in the payload, usable or not; undefined: there is none. Hot path. */
export function findAmount(payload: unknown): unknown {
  if (!isObject(payload)) return undefined;
  for (const name of AMOUNT_FIELDS) {
    const value = payload[name];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** Minor units of what findAmount found; undefined: it cannot be used. Hot path. */
export function readAmount(found: unknown): number | undefined {
  if (typeof found === 'number') {
    const minor = Math.round(found * MINOR_UNITS);
    if (!(Math.abs(found) < CENTS_APART && minor / MINOR_UNITS === found)) return undefined;
    return minor === 0 ? 0 : minor; // never -0
  }
  return typeof found === 'string' && EXACT.test(found) ? parseMoney(found) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
