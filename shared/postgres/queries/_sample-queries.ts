/** Every question that is asked of the tables, as it is asked of the sample rows, and the index that must answer it. */
import type { Parameter } from '../database.ts';
import { SAMPLE_CONTENTS, SAMPLE_END } from './_sample-rows.ts';
import * as lists from './lists.ts';
import { type List, pageStatement } from './page.ts';
import { TOP_CONTENTS, TOP_DEVICES, TOP_REGIONS, topStatement } from './top.ts';
import { userSegmentsStatement } from './user-segments.ts';
import type { Fields } from './wire.ts';

export interface SampleQuery {
  readonly name: string;
  readonly index: string;
  /** Sums are sorted, and may be. */
  readonly sorts?: true;
  /** `n`: any number; another one asks for something else. */
  readonly ask: (n: number) => { readonly statement: string; readonly parameters: readonly Parameter[] };
}

const LIMIT = 50;
const HOUR_MS = 3_600_000;
const hour = (n: number) => {
  const to = new Date(SAMPLE_END.getTime() - (n % 24) * HOUR_MS);
  return { from: new Date(to.getTime() - HOUR_MS), to };
};
const page = <F extends Fields>(list: List<F>, after?: readonly string[]) =>
  pageStatement(list, { limit: LIMIT, after });
const top = (n: number) => ({ by: n % 2 ? ('downloads' as const) : ('failures' as const), ...hour(n), limit: 10 });
const SEGMENTS = ['VIP', 'Regular', 'New', 'At-Risk', 'Churned'];
const SEVERITIES = ['low', 'medium', 'high', 'critical'];
const STATUSES = ['critical', 'low', 'out_of_stock'];
const pick = (of: readonly string[], n: number) => of[n % of.length] ?? '';
const before = (n: number) => new Date(SAMPLE_END.getTime() - n * 1000).toISOString();

export const SAMPLE_QUERIES: readonly SampleQuery[] = [
  {
    name: 'customers of a segment',
    index: 'customer_segments_segment',
    ask: (n) => page(lists.customersOf(pick(SEGMENTS, n))),
  },
  {
    name: 'customers of a segment, a later page',
    index: 'customer_segments_segment',
    ask: (n) => page(lists.customersOf(pick(SEGMENTS, n)), [String((n * 37) % 10_000), '500']),
  },
  { name: 'alerts', index: 'alerts_time', ask: (n) => page(lists.alertsBy({}), [before(n), 'x', 'z']) },
  { name: 'alerts of a time', index: 'alerts_time', ask: (n) => page(lists.alertsBy(hour(n))) },
  { name: 'alerts of a type', index: 'alerts_type', ask: (n) => page(lists.alertsBy({ type: `type_${n % 8}` })) },
  {
    name: 'alerts of a severity',
    index: 'alerts_severity',
    ask: (n) => page(lists.alertsBy({ severity: pick(SEVERITIES, n) })),
  },
  {
    name: 'alerts of a type and severity',
    index: 'alerts_type_severity',
    ask: (n) => page(lists.alertsBy({ type: `type_${n % 8}`, severity: pick(SEVERITIES, n) })),
  },
  {
    name: 'alerts of a customer',
    index: 'alerts_customer',
    sorts: true, // those of one customer
    ask: (n) => page(lists.alertsBy({ customer: String(n % 20_011) })),
  },
  {
    name: 'alerts of a region',
    index: 'alerts_region',
    ask: (n) => page(lists.alertsBy({ region: `region-${n % 20}` })),
  },
  {
    name: 'products',
    index: 'inventory_insights_order',
    ask: (n) => page(lists.productsBy(undefined), ['3', String(n)]),
  },
  {
    name: 'products of a status',
    index: 'inventory_insights_status',
    ask: (n) => page(lists.productsBy(pick(STATUSES, n)), ['3', String(n)]),
  },
  { name: 'restock', index: 'inventory_insights_restock', ask: (n) => page(lists.restockBy(undefined), restockAt(n)) },
  {
    name: 'restock of an urgency',
    index: 'inventory_insights_restock',
    ask: (n) => page(lists.restockBy('soon'), restockAt(n).slice(1)),
  },
  { name: 'sales windows of a time', index: 'sales_windows_time', ask: (n) => page(lists.salesWindows(hour(n))) },
  { name: 'sales hours, newest', index: 'sales_windows_time', ask: () => page(lists.salesHours({})) },
  {
    name: 'minutes of a region',
    index: 'region_health_region',
    ask: (n) => page(lists.regionMinutes(`region-${n % 200}`, hour(n % 3))),
  },
  {
    name: 'minutes of a content',
    index: 'content_stats_content',
    ask: (n) => page(lists.contentMinutes(`content-${n % SAMPLE_CONTENTS}`, {})),
  },
  {
    name: 'minutes of a device',
    index: 'device_stats_device',
    ask: (n) => page(lists.deviceMinutes({ deviceType: 'phone', os: 'android', osVersion: `v${n % 50}` }, hour(n))),
  },
  {
    name: 'top contents of an hour',
    index: 'content_stats_time',
    sorts: true,
    ask: (n) => topStatement(TOP_CONTENTS, top(n)),
  },
  {
    name: 'top regions of an hour',
    index: 'region_health_time',
    sorts: true,
    ask: (n) => topStatement(TOP_REGIONS, top(n)),
  },
  {
    name: 'top devices of an hour',
    index: 'device_stats_time',
    sorts: true,
    ask: (n) => topStatement(TOP_DEVICES, top(n)),
  },
  {
    name: 'activity of a customer',
    index: 'activity_windows_customer',
    sorts: true, // those of one customer
    ask: (n) => page(lists.activityOf(`cust-${n % 5_000}`, {})),
  },
  {
    name: 'users of a segment',
    index: 'user_segments_qualified',
    ask: (n) => page(lists.usersOf(`segment-${n % 10}`)),
  },
  {
    name: 'segments of a user',
    index: 'user_segments_user',
    sorts: true, // ten rows
    ask: (n) => userSegmentsStatement(`user_${n}`),
  },
];

function restockAt(n: number): string[] {
  return ['1', String(n % 30), '-50', '3', '1'];
}
