/**
 * The amount of a maip event, by the rule that all services share (shared/events/maip-amount.ts), looked for where the
 * options say: the first of the paths at which there is anything is the amount, if it can be used.
 */
import { readAmount } from '../../shared/events/maip-amount.ts';

export type FindAmount = (payload: unknown) => number | undefined;

/** Minor units. `paths`: `amount`, `order.total` (dots go into objects). */
export function amountFinder(paths: readonly string[]): FindAmount {
  const split = paths.map((path) => path.split('.'));
  return (payload) => {
    for (const path of split) {
      const found = valueAt(payload, path);
      if (found !== undefined && found !== null) return readAmount(found);
    }
    return undefined;
  };
}

function valueAt(payload: unknown, path: readonly string[]): unknown {
  let value = payload;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
