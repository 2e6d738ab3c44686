/**
 * The placeholder of Debezium for large column values that a change did not touch, and that Postgres therefore did not
 * log (TOAST): it means "as it was", and is no value.
 *
 * Invariants (tested in unavailable.test.ts):
 * 1. In `after` the value of `before` stands for it; where that is not known either, the row lacks it.
 * 2. A placeholder in a column that nobody reads does not matter.
 */
import { isObject, type MutableRow } from './json-text.ts';
import { present } from './model.ts';

const PLACEHOLDER = '__debezium_unavailable_value';
const BYTES = Buffer.from(PLACEHOLDER);
const BASE64 = BYTES.toString('base64');
const NUMBERS = [...BYTES].join(',');

/** Which rows of a change lack a value that is read. */
export interface Lacking {
  readonly before: boolean;
  readonly after: boolean;
}

/** For each member of a kind, the names its column may have. */
export type Members = readonly (readonly string[])[];

/** False: there is no placeholder in this JSON. Hot path. */
export function mayLack(json: string): boolean {
  return json.includes(PLACEHOLDER) || json.includes(BASE64) || json.includes(NUMBERS);
}

/** Fills in `after`. undefined: nothing is lacking. */
export function fillUnavailable(
  members: Members,
  before: MutableRow | null,
  after: MutableRow | null,
): Lacking | undefined {
  const lacking = { before: false, after: false };
  for (const names of members) {
    const name = present(after ?? before ?? {}, names);
    const isKnown = before !== null && before[name] !== undefined && !isUnavailable(before[name]);
    if (before && isUnavailable(before[name])) lacking.before = true;
    if (!after || !isUnavailable(after[name])) continue;
    if (isKnown) after[name] = before[name];
    else lacking.after = true;
  }
  return lacking.before || lacking.after ? lacking : undefined;
}

/** As text, as bytes (base64 in JSON), as the one item of an array, as an array of bytes' numbers, or as a map. */
export function isUnavailable(value: unknown): boolean {
  if (typeof value === 'string') return value === PLACEHOLDER || value === BASE64;
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return BYTES.equals(value);
  if (Array.isArray(value))
    return value.length === 1 ? isUnavailable(value[0]) : value.length === BYTES.length && value.join() === NUMBERS;
  return isObject(value) && value[PLACEHOLDER] === PLACEHOLDER;
}
