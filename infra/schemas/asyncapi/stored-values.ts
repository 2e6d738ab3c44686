/**
 * What the buckets hold for readers, by bucket and key: the results of each service's README, with the schemas that the
 * gateway answers by. `{partition}` is `p00` to `p15`; other names in braces stand for one token.
 */
import type { z } from '@hono/zod-openapi';
import { ActivityWindow } from '../../../services/gateway/schemas/activity.ts';
import { Alert } from '../../../services/gateway/schemas/alerts.ts';
import { InventorySummary, Product } from '../../../services/gateway/schemas/inventory.ts';
import { ContentMinute, DeviceMinute, RegionMinute } from '../../../services/gateway/schemas/region-health.ts';
import { RfmCustomer, RfmSummary } from '../../../services/gateway/schemas/rfm.ts';
import { CustomerHour, HourlySales, SalesWindow } from '../../../services/gateway/schemas/sales.ts';
import { SegmentMember, UserSegments } from '../../../services/gateway/schemas/segments.ts';
import { Lease, SegmentRules } from './frame-schemas.ts';

export interface StoredValue {
  /** In camelCase: names the channel and the message. */
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  readonly schema: z.ZodType;
  /** Members that the stage keeps there for itself: they may change with any version. */
  readonly own?: readonly string[];
  readonly about: string;
}

const ALERT = { schema: Alert, own: ['occurrences'] } as const;

export const STORED_VALUES: readonly StoredValue[] = [
  {
    ...{ name: 'salesWindow', bucket: 'sales', key: 'all.window.1h.{start}', schema: SalesWindow },
    about: 'Sales of an hour; windows slide by 5 minutes; live until `final`',
  },
  {
    ...{ name: 'hourlySales', bucket: 'sales', key: 'all.hourly.{start}', schema: HourlySales },
    about: 'Sales of an hour by the clock',
  },
  {
    ...{ name: 'customerHour', bucket: 'sales', key: '{partition}.customer-hour.{customer}.{start}' },
    ...{ schema: CustomerHour, own: ['panes'], about: 'Orders of a customer in an hour by the clock' },
  },
  {
    ...{ name: 'rfmCustomer', bucket: 'rfm', key: '{partition}.customer.{customer}', schema: RfmCustomer },
    ...{ own: ['between'], about: 'Recency, frequency, spend and segment of a customer' },
  },
  {
    ...{ name: 'rfmSummary', bucket: 'rfm', key: 'all.summary', schema: RfmSummary },
    about: 'All customers by segment',
  },
  {
    ...{ name: 'orderAlert', bucket: 'anomaly', key: '{partition}.alert.{customer}.{type}.{window}', ...ALERT },
    about: 'Alerts about the orders of a customer',
  },
  {
    ...{ name: 'maipAlert', bucket: 'anomaly-maip', key: '{partition}.alert.{customer}.{type}.{window}', ...ALERT },
    about: 'Alerts about the MAIP events of a customer',
  },
  {
    ...{ name: 'globalAlert', bucket: 'anomaly-maip', key: 'all.alert.=.{type}.{window}', ...ALERT },
    about: 'Alerts of patterns over all customers',
  },
  {
    ...{ name: 'product', bucket: 'inventory', key: '{partition}.product.{product}', schema: Product, own: ['state'] },
    about: 'Stock, velocity and what to order of a product',
  },
  {
    ...{ name: 'inventorySummary', bucket: 'inventory', key: 'all.summary', schema: InventorySummary },
    about: 'All products by status',
  },
  {
    ...{ name: 'contentMinute', bucket: 'region-health', key: '{partition}.content.1m.{content}.{start}' },
    ...{ schema: ContentMinute, about: 'Downloads of a content in a minute' },
  },
  {
    ...{ name: 'regionMinute', bucket: 'region-health', key: 'all.region.1m.{region}.{start}', schema: RegionMinute },
    about: 'Downloads of a region in a minute',
  },
  {
    ...{ name: 'regionLatest', bucket: 'region-health', key: 'all.region.latest.{region}', schema: RegionMinute },
    about: 'The newest minute of a region',
  },
  {
    ...{ name: 'deviceMinute', bucket: 'region-health', key: 'all.device.1m.{device}.{os}.{osVersion}.{start}' },
    ...{ schema: DeviceMinute, about: 'Downloads of a kind of device in a minute' },
  },
  {
    ...{ name: 'regionAlert', bucket: 'region-health', key: 'all.alert.{region}.{type}.{first}', ...ALERT },
    about: 'Alerts about a region, which resolve',
  },
  {
    ...{ name: 'userSegments', bucket: 'segments', key: '{partition}.user.{user}', schema: UserSegments },
    about: 'Which segments a user is in, and by what value',
  },
  {
    ...{ name: 'segmentMember', bucket: 'segments', key: '{partition}.member.{segment}.{user}', schema: SegmentMember },
    about: 'There while the user is in the segment',
  },
  {
    ...{ name: 'segmentRulesInForce', bucket: 'segments', key: '{partition}.rules', schema: SegmentRules },
    about: 'The rule set by which a partition counts',
  },
  {
    ...{ name: 'activityWindow', bucket: 'activity', key: '{partition}.window.5m.{customer}.{start}' },
    ...{ schema: ActivityWindow, own: ['times'], about: 'What a customer did in 5 minutes' },
  },
  {
    ...{ name: 'lease', bucket: 'leases', key: '{service}.{partition}', schema: Lease },
    about: 'Who works on a partition of a service',
  },
];
