/** The results of the activity service, as they stand in bucket `activity` and as the gateway gives them out. */
import { z } from '@hono/zod-openapi';
import { Count, Money, NextCursor, Time } from './common.ts';

const Amounts = z.object({ count: Count.openapi({ example: 2 }), sum: Money.openapi({ example: '19.75' }) });

export const ActivityWindow = z
  .object({
    customer_id: z.string().openapi({ example: 'cust-7' }),
    window_start: Time,
    window_end: Time.openapi({ example: '2024-06-01T00:05:00Z' }),
    total_events: Count.openapi({ example: 3 }),
    event_counts: z.record(z.string(), Count).openapi({
      description: 'By type of event',
      example: { 'maip.order.created': 2, 'maip.product.viewed': 1 },
    }),
    total_amount: Money.nullable().openapi({ description: 'null: no event had an amount', example: '19.75' }),
    amounts: z.record(z.string(), Amounts).openapi({
      description: 'By type of event, of those with amounts',
      example: { 'maip.order.created': { count: 2, sum: '19.75' } },
    }),
    unusable_amounts: Count.optional().openapi({ description: 'Events with an amount that is in no sum', example: 1 }),
    first_event: Time.nullable().openapi({ description: 'null: every event was taken back' }),
    last_event: Time.nullable().openapi({ example: '2024-06-01T00:04:30Z' }),
    revision: Count.openapi({ description: 'Events counted after the window was first final', example: 0 }),
    final: z.boolean().openapi({ description: 'False while events of this window are still expected', example: true }),
  })
  .openapi('ActivityWindow', { description: 'What one customer did in 5 minutes' });
export type ActivityWindow = z.infer<typeof ActivityWindow>;

export const ActivityPage = z
  .object({ items: z.array(ActivityWindow), next_cursor: NextCursor })
  .openapi('ActivityPage');
