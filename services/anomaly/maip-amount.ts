/**
 * The amount of a maip event: payloads have no schema, so it is looked for.
 *
 * The first of the paths (dots go into objects) that holds a number, or a text that is a decimal, is the amount. It is
 * taken to the cent, halves away from zero; what is no finite number or beyond 2^53 cents is no amount.
 */
const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;

export type FindAmount = (payload: unknown) => number | undefined;

/** Minor units. `paths`: `amount`, `order.total`. */
export function amountFinder(paths: readonly string[]): FindAmount {
  const split = paths.map((path) => path.split('.'));
  return (payload) => {
    for (const path of split) {
      const amount = amountOf(valueAt(payload, path));
      if (amount !== undefined) return amount;
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

function amountOf(value: unknown): number | undefined {
  if (typeof value === 'string' && !DECIMAL.test(value)) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const number = Number(value);
  const minor = Math.sign(number) * Math.round(Math.abs(number) * 100);
  return Number.isSafeInteger(minor) ? minor + 0 : undefined;
}
