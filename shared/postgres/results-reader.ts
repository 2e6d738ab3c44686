/**
 * What the gateway reads of PostgreSQL: lists that are too large for memory, and times that the buckets have forgotten.
 *
 * Answers have the members and forms that the gateway gives out; money is text. Pages follow one another by cursors.
 * Failures are those of the driver: failureOf (failure.ts) says which are worth a 503.
 */
import type { Database } from './database.ts';
import type * as fields from './queries/fields.ts';
import * as lists from './queries/lists.ts';
import { type Page, type PageQuery, readPage } from './queries/page.ts';
import { TOP_CONTENTS, TOP_DEVICES, TOP_REGIONS, type TopQuery, type TopTable, topStatement } from './queries/top.ts';
import { USER_SEGMENT, userSegmentsStatement } from './queries/user-segments.ts';
import { decodeRow, type Fields, type Wire } from './queries/wire.ts';

export type CustomerRow = Wire<typeof fields.CUSTOMER>;
export type AlertRow = Wire<typeof fields.ALERT>;
export type ProductRow = Wire<typeof fields.PRODUCT>;
export type SalesWindowRow = Wire<typeof fields.SALES_WINDOW>;
export type RegionMinuteRow = Wire<typeof fields.REGION_MINUTE>;
export type ContentMinuteRow = Wire<typeof fields.CONTENT_MINUTE>;
export type DeviceMinuteRow = Wire<typeof fields.DEVICE_MINUTE>;
export type ActivityRow = Wire<typeof fields.ACTIVITY>;
export type MemberRow = Wire<typeof fields.MEMBER>;
export type UserSegmentRow = Wire<typeof USER_SEGMENT>;

export interface SalesHourRow {
  readonly window_start: string;
  readonly window_end: string;
  readonly total_sales: string;
  readonly average_order_value: string;
  readonly order_count: number;
  readonly revision: number;
  readonly final: boolean;
}

export interface ResultsReader {
  customers(query: PageQuery & { readonly segment: string }): Promise<Page<CustomerRow>>;
  alerts(query: PageQuery & lists.AlertFilter): Promise<Page<AlertRow>>;
  products(query: PageQuery & { readonly status?: string | undefined }): Promise<Page<ProductRow>>;
  restock(query: PageQuery & { readonly urgency?: lists.Urgency | undefined }): Promise<Page<ProductRow>>;
  salesWindows(query: PageQuery & lists.TimeRange): Promise<Page<SalesWindowRow>>;
  salesHours(query: PageQuery & lists.TimeRange): Promise<Page<SalesHourRow>>;
  regionMinutes(query: PageQuery & lists.TimeRange & { readonly region: string }): Promise<Page<RegionMinuteRow>>;
  contentMinutes(query: PageQuery & lists.TimeRange & { readonly content: string }): Promise<Page<ContentMinuteRow>>;
  deviceMinutes(query: PageQuery & lists.TimeRange & lists.Device): Promise<Page<DeviceMinuteRow>>;
  topContents(query: TopQuery): Promise<readonly Wire<typeof TOP_CONTENTS.fields>[]>;
  topRegions(query: TopQuery): Promise<readonly Wire<typeof TOP_REGIONS.fields>[]>;
  topDevices(query: TopQuery): Promise<readonly Wire<typeof TOP_DEVICES.fields>[]>;
  activity(query: PageQuery & lists.TimeRange & { readonly customer: string }): Promise<Page<ActivityRow>>;
  users(query: PageQuery & { readonly segment: string }): Promise<Page<MemberRow>>;
  /** All segments of a user, by id; empty: the user is not known. */
  segments(user: string): Promise<readonly UserSegmentRow[]>;
}

export function resultsReader(database: Database): ResultsReader {
  const page = <F extends Fields>(list: Parameters<typeof readPage<F>>[1], query: PageQuery) =>
    readPage(database, list, query);
  const top = async <F extends Fields>(table: TopTable<F>, query: TopQuery) => {
    const { statement, parameters } = topStatement(table, query);
    return (await database.run(statement, parameters)).map((row) => decodeRow(table.fields, row));
  };
  return {
    customers: (query) => page(lists.customersOf(query.segment), query),
    alerts: (query) => page(lists.alertsBy(query), query),
    products: (query) => page(lists.productsBy(query.status), query),
    restock: (query) => page(lists.restockBy(query.urgency), query),
    salesWindows: (query) => page(lists.salesWindows(query), query),
    async salesHours(query) {
      const { items, ...rest } = await page(lists.salesHours(query), query);
      return { items: items.map(salesHour), ...rest };
    },
    regionMinutes: (query) => page(lists.regionMinutes(query.region, query), query),
    contentMinutes: (query) => page(lists.contentMinutes(query.content, query), query),
    deviceMinutes: (query) => page(lists.deviceMinutes(query, query), query),
    topContents: (query) => top(TOP_CONTENTS, query),
    topRegions: (query) => top(TOP_REGIONS, query),
    topDevices: (query) => top(TOP_DEVICES, query),
    activity: (query) => page(lists.activityOf(query.customer, query), query),
    users: (query) => page(lists.usersOf(query.segment), query),
    async segments(user) {
      const { statement, parameters } = userSegmentsStatement(user);
      return (await database.run(statement, parameters)).map((row) => decodeRow(USER_SEGMENT, row));
    },
  };
}

function salesHour({ revenue, avg_order_value, ...row }: Wire<typeof fields.SALES_HOUR>): SalesHourRow {
  return { ...row, total_sales: revenue, average_order_value: avg_order_value };
}
