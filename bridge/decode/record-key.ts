/**
 * The key of a record as a row: all that a tombstone says of what it deletes.
 *
 * Invariants (tested in record-key.test.ts):
 * 1. A key that does not name the row by a column the route knows is no row: the tombstone deletes nothing.
 */
import { rowTypes } from './connect-schema.ts';
import { isObject, type JsonObject, parseExact, textOf } from './json-text.ts';
import { convertRow, rowShape } from './row-shape.ts';

/** A key's value in JSON, with or without Connect's wrapper, or in plain text. `names`: of the key's column. */
export function readJsonKey(key: Buffer, names: readonly string[]): unknown {
  const text = textOf(key);
  let document: unknown;
  try {
    document = parseExact(text);
  } catch {
    return text;
  }
  if (!isObject(document) || !('payload' in document) || !isObject(document.schema)) return document;
  const { payload, schema } = document;
  if (isObject(payload)) convertRow(rowShape(rowTypes(schema), [names]), payload);
  return payload;
}

/** A key that is one value is the column of the first name. undefined: it does not name a row. */
export function keyRow(key: unknown, names: readonly string[]): JsonObject | undefined {
  if (isObject(key)) return names.some((name) => (key[name] ?? null) !== null) ? key : undefined;
  const [name] = names;
  const isValue = typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint';
  return isValue && name !== undefined && key !== '' ? { [name]: key } : undefined;
}
