import { describe, expect, it } from 'vitest';
import type { ColumnType } from './connect-schema.ts';
import { convertRow, NO_SHAPE, rowShape } from './row-shape.ts';

const decimal = { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', scale: 2 };
const types = new Map<string, ColumnType>([
  ['id', decimal],
  ['note', decimal],
  ['stock', { type: 'int32', name: undefined, scale: undefined }],
  ['weight', { type: 'float32', name: undefined, scale: undefined }],
]);
const shape = rowShape(types, [['order_id', 'id'], ['stock'], ['weight']]);

describe('a row', () => {
  it('has the columns that are read converted, and their types say so', () => {
    const row = { id: 'AeIT', note: 'AeIT', stock: 5, weight: Math.fround(3.3) };
    convertRow(shape, row);
    expect(row).toEqual({ id: '1234.11', note: 'AeIT', stock: 5, weight: 3.3 });
    expect(shape.types?.get('id')).toEqual({ type: 'string', name: undefined, scale: undefined });
    expect(shape.types?.get('note')).toBe(decimal);
  });
  it('has a value that every reader refuses, for one that cannot be converted', () => {
    const row = { id: '###', stock: 5, weight: 1 };
    convertRow(shape, row);
    expect(row.id).toEqual({ unreadable: '###' });
  });
  it('may be null, and is left alone without a schema', () => {
    convertRow(shape, null);
    const row = { id: 'AeIT' };
    convertRow(rowShape(undefined, [['id']]), row);
    expect(row).toEqual({ id: 'AeIT' });
    expect(rowShape(undefined, [['id']])).toBe(NO_SHAPE);
  });
});
