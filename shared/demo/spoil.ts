/** A damaged copy of a record, of which no event can be made: it becomes a dead letter. Pure. */
import type { DemoRecord, SentRecord } from './demo-record.ts';
import { pickEvenly } from './random.ts';

export type RecordFormat = 'json' | 'debezium-json' | 'avro';
type Members = Readonly<Record<string, unknown>>;

const TIMES = ['order_date', 'created_at', 'updated_at', 'timestamp'];
const KEYS = ['customerId', 'userId'];

/** `dice`: from 0 up to 1, decides how. */
export function spoil(record: DemoRecord, dice: number, format: RecordFormat): SentRecord {
  const { value } = record;
  const text = JSON.stringify(value);
  const cut = text.slice(0, Math.ceil(text.length / 2));
  switch (format) {
    case 'avro': // somebody sends JSON to a topic of Avro
      return { ...record, value: pickEvenly([cut, text], dice) };
    case 'json':
      return { ...record, value: pickEvenly([cut, withoutKey(value), withBadTime(value)], dice) };
    case 'debezium-json':
      return { ...record, value: pickEvenly([cut, newRowWithBadTime(value) ?? cut], dice) };
    default:
      return format satisfies never;
  }
}

function withoutKey(value: Members): Members {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !KEYS.includes(name)));
}

function withBadTime(value: Members): Members {
  return Object.fromEntries(Object.entries(value).map(([name, was]) => [name, TIMES.includes(name) ? 'soon' : was]));
}

/** Only of a new row: of another change, what the row was before may be read, and would be taken back twice. */
function newRowWithBadTime({ before, after, ...rest }: Members): Members | undefined {
  if (before !== null || typeof after !== 'object' || after === null) return undefined;
  return { ...rest, before, after: withBadTime({ ...after }) };
}
