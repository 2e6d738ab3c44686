import { describe, expect, it } from 'vitest';
import { keyRow, readJsonKey } from './record-key.ts';

const NAMES = ['product_id', 'id'];
const decimal = {
  field: 'id',
  type: 'bytes',
  name: 'org.apache.kafka.connect.data.Decimal',
  parameters: { scale: '0' },
};
const keys: Readonly<Record<string, unknown>> = {
  '{"product_id":7}': { product_id: 7 },
  '{"product_id":9007199254740993}': { product_id: 9007199254740993n },
  '{"schema":{"type":"struct","fields":[]},"payload":{"id":7}}': { id: 7 },
  [JSON.stringify({ schema: { type: 'struct', fields: [decimal] }, payload: { id: 'Cg==' } })]: { id: '10' },
  '{"schema":{"type":"int64"},"payload":7}': { product_id: 7 },
  '7': { product_id: 7 },
  '"p-7"': { product_id: 'p-7' },
  'p-7': { product_id: 'p-7' },
  '007': { product_id: '007' },
  '{"payload":7,"id":8}': { payload: 7, id: 8 },
};

describe('a key is a row', () => {
  for (const [key, row] of Object.entries(keys))
    it(key, () => expect(keyRow(readJsonKey(Buffer.from(key), NAMES), NAMES)).toEqual(row));
});

describe('invariant 1: a key that does not name the row is none', () => {
  for (const key of ['{"sku":7}', '{"product_id":null}', 'null', 'true', '[7]', '', '""'])
    it(key, () => expect(keyRow(readJsonKey(Buffer.from(key), NAMES), NAMES)).toBeUndefined());
});
