/** What a number of events have together: for iterative conditions, and for what an alert says. */
import type { Read, Value } from './field-reader.ts';
import type { Aggregate } from './pattern-spec.ts';

/**
 * `count` and `sum` of nothing are 0, the others undefined. sum and avg pass over what is no number, min and max over
 * what is neither number nor text; first and last are those of the first and last event, whatever they are.
 */
export function aggregate(kind: Aggregate, events: readonly unknown[], read: Read | undefined): Value {
  if (kind === 'count') return events.length;
  if (!read) throw new Error(`Cannot compute "${kind}" of no field: validate the pattern first`);
  switch (kind) {
    case 'sum':
      return sum(events, read);
    case 'avg': {
      const count = countNumbers(events, read);
      return count === 0 ? undefined : sum(events, read) / count;
    }
    case 'min':
      return extreme(events, read, -1);
    case 'max':
      return extreme(events, read, 1);
    case 'first':
      return events.length === 0 ? undefined : read(events[0]);
    case 'last':
      return events.length === 0 ? undefined : read(events[events.length - 1]);
    default:
      return kind satisfies never;
  }
}

function sum(events: readonly unknown[], read: Read): number {
  let total = 0;
  for (const event of events) {
    const value = read(event);
    if (typeof value === 'number') total += value;
  }
  return total;
}

function countNumbers(events: readonly unknown[], read: Read): number {
  let count = 0;
  for (const event of events) if (typeof read(event) === 'number') count++;
  return count;
}

/** Of the type of the first value there is. */
function extreme(events: readonly unknown[], read: Read, sign: 1 | -1): Value {
  let found: string | number | undefined;
  for (const event of events) {
    const value = read(event);
    if (typeof value !== 'number' && typeof value !== 'string') continue;
    if (found === undefined) found = value;
    else if (typeof value === typeof found && (sign > 0 ? value > found : value < found)) found = value;
  }
  return found;
}
