/** The formats in JSON: plain messages, and Debezium's records. */
import type { EventRoute } from '../../shared/config/routes.ts';
import type { Change } from './change.ts';
import { DataError, quoted } from './data-error.ts';
import { DebeziumJson } from './debezium-json.ts';
import type { Format } from './format.ts';
import { isObject, parseText, textOf } from './json-text.ts';
import { readJsonKey } from './record-key.ts';

export function jsonFormat({ fields, kind, decoder }: EventRoute): Format {
  const debezium = new DebeziumJson(Object.values(fields));
  return {
    prepare: () => undefined,
    read:
      decoder === 'debezium-json'
        ? (value, _record, exact) => debezium.read(textOf(value), exact)
        : (value, _record, exact) => readMessage(textOf(value), kind, exact),
    readKey: (key) => readJsonKey(key, fields.key),
    isExact: false,
  };
}

function readMessage(text: string, kind: string, exact: boolean): Change {
  const values = parseText(text, exact);
  if (values === null) return { kind: 'tombstone' };
  if (isObject(values)) return { kind: 'plain', values, types: undefined };
  throw new DataError('malformed', `Cannot read ${quoted(values)} as ${kind}: expected a JSON object`);
}
