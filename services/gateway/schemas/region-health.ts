/** The results of region-health, as they stand in its bucket and as the gateway gives them out. */
import { z } from '@hono/zod-openapi';
import { Count, NextCursor, Time } from './common.ts';

const Bounds = { window_start: Time, window_end: Time.openapi({ example: '2024-06-01T00:01:00Z' }) };
const Revision = Count.openapi({ description: 'Downloads counted after the minute was first final', example: 0 });
const Final = z
  .boolean()
  .openapi({ description: 'False while downloads of this minute are still expected', example: true });
const Rate = z.number().min(0).max(1).nullable().openapi({
  description: 'Successes of all downloads; null: all of them were taken back',
  example: 0.985,
});
const Speed = z.number().nullable().openapi({ description: 'null: none was measured', example: 42.125 });
const Outcomes = {
  successes: Count.openapi({ example: 197 }),
  failures: Count.openapi({ example: 3 }),
  revision: Revision,
  final: Final,
};

export const RegionMinute = z
  .object({
    region: z.string().openapi({ example: 'eu-west' }),
    ...Bounds,
    events: Count.openapi({ description: 'Downloads', example: 200 }),
    success_rate: Rate,
    avg_speed_mbps: Speed,
    avg_duration_seconds: z.number().nullable().openapi({ description: 'null: none was measured', example: 12.5 }),
    ...Outcomes,
  })
  .openapi('RegionMinute', { description: 'Downloads of one region in one minute' });
export type RegionMinute = z.infer<typeof RegionMinute>;

export const DeviceMinute = z
  .object({
    device_type: z.string().openapi({ example: 'mobile' }),
    os: z.string().openapi({ example: 'android' }),
    os_version: z.string().openapi({ example: '15' }),
    ...Bounds,
    events: Count.openapi({ description: 'Downloads', example: 200 }),
    success_rate: Rate,
    avg_speed_mbps: Speed,
    ...Outcomes,
  })
  .openapi('DeviceMinute', { description: 'Downloads of one kind of device in one minute' });
export type DeviceMinute = z.infer<typeof DeviceMinute>;

export const ContentMinute = z
  .object({
    content_id: z.string().openapi({ example: 'content-7' }),
    ...Bounds,
    downloads: Count.openapi({ example: 200 }),
    ...Outcomes,
  })
  .openapi('ContentMinute', { description: 'Downloads of one content in one minute' });
export type ContentMinute = z.infer<typeof ContentMinute>;

const Complete = (description: string) => z.boolean().openapi({ description, example: true });

export const RegionPage = z
  .object({
    items: z.array(RegionMinute),
    next_cursor: NextCursor,
    complete: Complete('False: there are more regions than the gateway lists (10,000)'),
  })
  .openapi('RegionPage');
export const DevicePage = z
  .object({
    items: z.array(DeviceMinute),
    next_cursor: NextCursor,
    complete: Complete('False: kinds of devices without downloads lately, or beyond 10,000, are left out'),
  })
  .openapi('DevicePage');
export const RegionMinutePage = z
  .object({ items: z.array(RegionMinute), next_cursor: NextCursor })
  .openapi('RegionMinutePage');
export const ContentMinutePage = z
  .object({ items: z.array(ContentMinute), next_cursor: NextCursor })
  .openapi('ContentMinutePage');

export const ContentTotal = z
  .object({
    content_id: z.string().openapi({ example: 'content-7' }),
    downloads: Count.openapi({ example: 1200 }),
    successes: Count.openapi({ example: 1190 }),
    failures: Count.openapi({ example: 10 }),
    success_rate: Rate,
  })
  .openapi('ContentTotal');
export type ContentTotal = z.infer<typeof ContentTotal>;

/** What a list of the first few is sorted by: most downloads, most failures, lowest rate of successes. */
export const TopContentBy = z.enum(['downloads', 'failures', 'success_rate']);
/** The same, and the lowest speed. */
export const TopMinutesBy = z.enum(['downloads', 'failures', 'success_rate', 'speed']);
export type TopMinutesBy = z.infer<typeof TopMinutesBy>;

export const TopRegions = z
  .object({
    by: TopMinutesBy.openapi({ example: 'success_rate' }),
    complete: Complete('False: there are more regions than the gateway lists (10,000)'),
    items: z.array(RegionMinute).openapi({ description: 'The newest minute of each region; the first ones first' }),
  })
  .openapi('TopRegions');
export const TopDevices = z
  .object({
    by: TopMinutesBy.openapi({ example: 'failures' }),
    complete: Complete('False: kinds of devices without downloads lately, or beyond 10,000, are left out'),
    items: z.array(DeviceMinute).openapi({ description: 'The newest minute of each kind; the first ones first' }),
  })
  .openapi('TopDevices');
export const DeviceMinutePage = z
  .object({ items: z.array(DeviceMinute), next_cursor: NextCursor })
  .openapi('DeviceMinutePage');

export const TopContent = z
  .object({
    by: TopContentBy.openapi({ example: 'downloads' }),
    from: Time.nullable().openapi({ description: 'Start of the oldest minute; null: there were no downloads yet' }),
    to: Time.nullable().openapi({
      description: 'End of the newest minute, which may be live',
      example: '2024-06-01T01:00:00Z',
    }),
    contents: Count.openapi({ description: 'Contents with downloads in this time', example: 812 }),
    complete: Complete('False: some of these minutes are not known whole: the gateway keeps the newest 100,000 values'),
    items: z.array(ContentTotal),
  })
  .openapi('TopContent');
