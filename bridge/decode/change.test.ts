import { describe, expect, it } from 'vitest';
import { changeIn } from './change.ts';
import { NO_SHAPE } from './row-shape.ts';

const read = (document: unknown) => changeIn(document, { members: [['id']], shape: NO_SHAPE, mayLack: true });
const source = { connector: 'postgresql', name: 'shop', ts_ms: 5 };

describe("invariant 1: a connector's own records are control", () => {
  const records: Readonly<Record<string, object>> = {
    'the begin of a transaction': { status: 'BEGIN', id: '571:1', ts_ms: 5, event_count: null, data_collections: null },
    'the end of a transaction': { status: 'END', id: '571:1', ts_ms: 5, event_count: 2, data_collections: [] },
    'a heartbeat': { ts_ms: 5 },
    'a heartbeat in several units': { ts_ms: 5, ts_us: 5000, ts_ns: 5000000 },
    'a schema change': { source, ts_ms: 5, databaseName: 'shop', schemaName: 'public', ddl: null, tableChanges: [] },
    'the history of schemas': { source, position: {}, databaseName: 'shop', ddl: 'CREATE TABLE a', tableChanges: [] },
  };
  for (const [name, record] of Object.entries(records))
    it(name, () => expect(read(record)).toEqual({ kind: 'control' }));

  const rows: Readonly<Record<string, object>> = {
    'a row with a status': { id: 7, status: 'BEGIN' },
    'a row with a status and a count': { id: 7, status: 'END', event_count: 5, customer: 1 },
    'a row with a time alone and a key': { id: 7, ts_ms: 5 },
    'a row about DDL': { id: 7, source: 'x', ddl: 'CREATE', databaseName: 'x' },
  };
  for (const [name, record] of Object.entries(rows)) it(`not ${name}`, () => expect(read(record).kind).toBe('change'));
});

describe('invariant 2: flattened rows', () => {
  const row = { id: 7 };
  it('say by __op and __deleted what they are', () => {
    for (const op of ['c', 'r', 'u'])
      expect(read({ ...row, __op: op, __deleted: 'false' })).toMatchObject({ op, before: null, after: row });
    for (const more of [{ __deleted: 'true' }, { __deleted: true }, { __op: 'd' }, { __op: 'd', __deleted: 'true' }])
      expect(read({ ...row, ...more })).toMatchObject({ op: 'd', before: row, after: null });
  });
  it('may be updates when they say neither', () =>
    expect(read(row)).toMatchObject({ op: 'u', before: null, after: row }));
  it('are refused with an op that none has', () => expect(() => read({ ...row, __op: 'x' })).toThrow('__op "x"'));
  it('may have a column op', () =>
    expect(read({ ...row, op: 'buy' })).toMatchObject({ op: 'u', after: { op: 'buy' } }));
  it('tell when the database made the change', () =>
    expect(read({ ...row, __op: 'c', __source_ts_ms: 5 })).toMatchObject({ writtenMs: 5 }));
});

describe('what is refused', () => {
  it('an envelope without op', () => expect(() => read({ before: null, after: { id: 7 } })).toThrow('it has no "op"'));
  it('documents of MongoDB', () =>
    expect(() => read({ after: '{"_id":7}', source, op: 'c' })).toThrow('MongoDB documents come as text'));
  it('what is no object', () => expect(() => read([7])).toThrow('not a change event'));
});
