import { describe, expect, it } from 'vitest';
import { NO_COMMIT, readFlatSource, readSource } from './place.ts';

const source = {
  connector: 'postgresql',
  name: 'shop',
  snapshot: 'false',
  sequence: '["100","90"]',
  ts_ms: 1_700_000_000_000,
  ts_us: 1_700_000_000_000_123,
};
const place = { origin: 'shop', commit: 100, lsn: 90, us: 1_700_000_000_000_123, op: 'u', rows: 'rows' };

it('the place of a streamed change of a Postgres connector', () => {
  expect(readSource(source, 'u', 'rows')).toEqual({ writtenMs: source.ts_ms, place });
  expect(readSource({ ...source, sequence: '[null,"90"]' }, 'u', 'rows')?.place).toEqual({
    ...place,
    commit: NO_COMMIT,
  });
  const { ts_us, ...older } = source;
  expect(readSource(older, 'u', 'rows')?.place).toEqual({ ...place, us: source.ts_ms * 1000 });
});

describe('invariant 1: other changes have none', () => {
  const others: Readonly<Record<string, object>> = {
    'of a snapshot': { snapshot: 'true' },
    'the last of a snapshot': { snapshot: 'last' },
    'of MySQL': { connector: 'mysql' },
    'of an older connector': { sequence: undefined },
    'without an LSN': { sequence: '["100",null]' },
    'of nobody knows which connector': { name: undefined },
    'without a time': { ts_ms: 0, ts_us: undefined },
  };
  for (const [name, change] of Object.entries(others))
    it(name, () => expect(readSource({ ...source, ...change }, 'u', 'rows')?.place).toBeUndefined());
  it('without a source', () =>
    expect([readSource(undefined, 'u', ''), readSource('x', 'u', '')]).toEqual([undefined, undefined]));
});

describe('invariant 2: LSNs that a double cannot hold are no place', () => {
  for (const sequence of ['["9007199254740993","90"]', '["90","9007199254740993"]', '[null,"9007199254740993"]'])
    it(sequence, () => expect(readSource({ ...source, sequence }, 'u', 'rows')?.place).toBeUndefined());
});

describe('flattened rows', () => {
  const row = {
    id: 1,
    __source_name: 'shop',
    __source_sequence: source.sequence,
    __source_ts_ms: source.ts_ms,
    __source_ts_us: source.ts_us,
  };
  it('have the place that add.fields tells', () => {
    expect(readFlatSource(row, 'u')).toEqual({ writtenMs: source.ts_ms, place: { ...place, rows: row } });
  });
  it('have none without it, of a snapshot, or of another connector', () => {
    expect(readFlatSource({ id: 1, __lsn: 90, __source_ts_ms: 5 }, 'u')).toEqual({ writtenMs: 5, place: undefined });
    expect(readFlatSource(row, 'r').place).toBeUndefined();
    expect(readFlatSource({ ...row, __source_snapshot: 'true' }, 'c').place).toBeUndefined();
    expect(readFlatSource({ ...row, __source_connector: 'mysql' }, 'c').place).toBeUndefined();
  });
});
