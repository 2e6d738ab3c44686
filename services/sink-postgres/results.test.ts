/** Which value becomes which row, without a database. */
import { describe, expect, test } from 'vitest';
import { matchesKey } from '../../shared/sink/key-pattern.ts';
import { SAMPLE_KINDS } from '../../shared/sink/sample-values.ts';
import { RefusedValue } from './refused-value.ts';
import { kindOf, RESULT_KINDS } from './results.ts';
import { nameOf, statementsOf } from './statements.ts';

const wanted = (bucket: string, key: string) =>
  RESULT_KINDS.filter((kind) => kind.bucket === bucket && matchesKey(kind.keys, key));

describe('keys', () => {
  test.each(SAMPLE_KINDS.map((kind) => ({ ...kind, title: `${kind.bucket} ${kind.name}` })))(
    '$title: one kind at most, and the one that the pattern says',
    ({ bucket, key }) => {
      const kinds = wanted(bucket, key(1));
      expect(kinds.length).toBeLessThan(2);
      if (kinds[0]) expect(kindOf(bucket, key(1))).toBe(kinds[0]);
    },
  );

  test('what the tables do not want', () => {
    expect(kindOf('rfm', 'all.summary')).toBeUndefined();
    expect(kindOf('segments', 'p07.member.buyers.ann')).toBeUndefined();
    expect(kindOf('region-health', 'all.region.latest.eu-west')).toBeUndefined();
    expect(kindOf('nobody', 'p07.customer.1')).toBeUndefined();
  });
});

describe('rows', () => {
  test('hold the members under the names of the columns, and nothing of the stage itself', () => {
    for (const { bucket, key, value } of SAMPLE_KINDS) {
      const kind = kindOf(bucket, key(1));
      if (!kind) continue;
      const row = kind.row(value(1, 1));
      for (const own of ['state', 'panes', 'between', 'times', 'occurrences']) expect(row).not.toHaveProperty(own);
      expect(statementsOf(kind.table).put).toContain(
        `INTO "${nameOf(kind.table)}"`.replace('"user_segments"', 'user_segments'),
      );
    }
  });

  test('an hour of sales has the names of a window', () => {
    const kind = kindOf('sales', 'all.hourly.20240601T100000Z');
    const row = kind?.row({ total_sales: '90071992547409931234.50', average_order_value: '0.10', order_count: 3 });
    expect(row).toMatchObject({ window_type: 'hourly', revenue: '90071992547409931234.50', avg_order_value: '0.10' });
    expect(row?.unique_customers).toBeUndefined();
  });

  test('a derived segment tells how its bases are combined, an independent one nothing', () => {
    const one = { name: 'n', windowMinutes: 5, revision: 0, createdAt: 'once', updatedAt: '2024-06-01T00:00:00Z' };
    const rule = { id: 'r', eventType: 'purchase', attribute: 'count', operator: 'GTE', value: 0.000001 };
    const segments = [
      { ...one, id: 'a', type: 'INDEPENDENT', rules: [rule] },
      { ...one, id: 'b', type: 'DERIVED', baseSegmentIds: ['a'] },
    ];
    const { document } = kindOf('segments', 'p00.rules')?.row({ version: 1, segments }) ?? {};
    expect(document).toMatchObject([
      { segment_id: 'a', combine: null, window_kind: 'trailing', created_at: null, rules: [{ threshold: 0.000001 }] },
      { segment_id: 'b', combine: 'AND', base_segment_ids: ['a'], updated_at: '2024-06-01T00:00:00.000Z' },
    ]);
  });

  test.each([
    ['p07.user.ann', {}],
    ['p07.user.ann', { user_id: 'ann', segments: [] }],
    ['p07.user.ann', { user_id: 7, segments: {} }],
    ['p07.rules', { version: 1 }],
  ])('%s %j is refused', (key, value) => {
    expect(() => kindOf('segments', key)?.row(value)).toThrow(RefusedValue);
  });
});
