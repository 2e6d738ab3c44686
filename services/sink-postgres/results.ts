/**
 * Which value becomes which row: the keys that the tables want of every bucket, and the row of each.
 *
 * Members of a value and columns have the same names (shared/postgres/schema.ts), so a row is what the table's columns
 * pick of the value; what differs stands here. Types are checked by PostgreSQL, to which all values go as JSON: numbers
 * and money keep every digit.
 *
 * Hot path: once a value.
 */
import type { PgTable } from 'drizzle-orm/pg-core';
import {
  activityWindows,
  alerts,
  contentStats,
  customerSegments,
  deviceStats,
  inventoryInsights,
  regionHealth,
  salesWindows,
  segmentRuleSets,
  userSegments,
} from '../../shared/postgres/schema.ts';
import type { Json, Row } from './row.ts';
import { ruleSetRow } from './rule-set-row.ts';
import { userDocument } from './user-document.ts';
import { valueColumns } from './table-columns.ts';

export interface ResultKind {
  readonly bucket: string;
  /** As in subjects. */
  readonly keys: string;
  readonly table: PgTable;
  /** Throws RefusedValue when the value can be no row. */
  readonly row: (value: Json) => Row;
}

export const RESULT_KINDS: readonly ResultKind[] = [
  kind('sales', 'all.window.1h.*', salesWindows, (row) => Object.assign(row, { window_type: 'sliding' })),
  kind('sales', 'all.hourly.*', salesWindows, (row, value) =>
    Object.assign(row, {
      window_type: 'hourly',
      revenue: value.total_sales,
      avg_order_value: value.average_order_value,
    }),
  ),
  kind('rfm', '*.customer.*', customerSegments),
  kind('anomaly', '*.alert.*.*.*', alerts, (row) => Object.assign(row, { bucket: 'anomaly' })),
  kind('anomaly-maip', '*.alert.*.*.*', alerts, (row) => Object.assign(row, { bucket: 'anomaly-maip' })),
  kind('inventory', '*.product.*', inventoryInsights),
  kind('region-health', '*.content.1m.*.*', contentStats),
  kind('region-health', 'all.region.1m.*.*', regionHealth),
  kind('region-health', 'all.device.1m.*.*.*.*', deviceStats),
  kind('region-health', 'all.alert.*.*.*', alerts, (row) => Object.assign(row, { bucket: 'region-health' })),
  { bucket: 'segments', keys: '*.user.*', table: userSegments, row: userDocument },
  { bucket: 'segments', keys: '*.rules', table: segmentRuleSets, row: ruleSetRow },
  kind('activity', '*.window.5m.*.*', activityWindows),
];

function kind(
  bucket: string,
  keys: string,
  table: PgTable,
  change: (row: Row, value: Json) => Row = (row) => row,
): ResultKind {
  const columns = valueColumns(table);
  const pick = (value: Json) => {
    const row: Row = {};
    for (const column of columns) row[column] = value[column];
    return row;
  };
  return { bucket, keys, table, row: (value) => change(pick(value), value) };
}

/** Of a bucket's key; undefined: the tables do not want it. */
export function kindOf(bucket: string, key: string): ResultKind | undefined {
  return (BY_BUCKET.get(bucket) ?? []).find(({ mark }) => key.startsWith(mark, key.indexOf('.')))?.kind;
}

/** What stands behind the partition tells the kinds of a bucket apart: `.content.1m.`; ids have no dots. */
const BY_BUCKET = new Map<string, { readonly mark: string; readonly kind: ResultKind }[]>();
for (const one of RESULT_KINDS) {
  const constant = one.keys.replace(/(\.\*)+$/, '.').replace(/^(all|\*)/, '');
  const kinds = BY_BUCKET.get(one.bucket) ?? [];
  kinds.push({ mark: constant, kind: one });
  BY_BUCKET.set(one.bucket, kinds);
}
