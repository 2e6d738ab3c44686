/** Alerts of every service, as they stand in the buckets (shared/alerts/alert.ts) and as the gateway gives them out. */
import { z } from '@hono/zod-openapi';
import { SEVERITIES } from '../../../shared/alerts/alert.ts';
import { Count, NextCursor, Time } from './common.ts';

export const Severity = z.enum(SEVERITIES).openapi({ example: 'medium' });

export const Alert = z
  .object({
    alert_id: z.string().openapi({ example: '42-large_order-20240601T100000Z' }),
    anomaly_type: z.string().openapi({ example: 'large_order' }),
    severity: Severity,
    customer_id: z.string().optional().openapi({ example: '42' }),
    region: z.string().optional().openapi({ example: 'eu-west' }),
    description: z.string().openapi({ example: 'Order 1007 of $1,250.00 is over $1,000.00' }),
    timestamp: Time.openapi({ description: 'Event time of the occurrence that is described' }),
    count: Count.openapi({ description: 'Occurrences folded into this alert', example: 1 }),
    first: Time,
    last: Time,
    resolved: Time.optional().openapi({ description: 'When it was over; absent: it goes on, or it is about a moment' }),
    details: z.record(z.string(), z.unknown()).openapi({ description: 'The evidence', example: { order_id: '1007' } }),
  })
  .openapi('Alert');
export type Alert = z.infer<typeof Alert>;

export const AlertPage = z
  .object({
    items: z.array(Alert),
    next_cursor: NextCursor,
    missing: z.array(z.string()).openapi({
      description: 'Stores of alerts that are not in the list: their service was never started, or is only starting',
      example: [],
    }),
    complete_from: Time.optional().openapi({
      description:
        'Alerts from before may be left out: the gateway lists the newest 10,000 of each store. Absent: none are',
    }),
  })
  .openapi('AlertPage');
