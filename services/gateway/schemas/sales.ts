/** The results of the sales service, as they stand in bucket `sales` and as the gateway gives them out. */
import { z } from '@hono/zod-openapi';
import { Count, Money, NextCursor, Time } from './common.ts';

const Revision = Count.openapi({
  description: 'Late orders counted after the window was first final',
  example: 0,
});
const Final = z.boolean().openapi({ description: 'False while orders of this window are still expected' });

export const SalesWindow = z
  .object({
    window_start: Time,
    window_end: Time.openapi({ example: '2024-06-01T01:00:00Z' }),
    revenue: Money,
    order_count: Count.openapi({ example: 4 }),
    avg_order_value: Money.openapi({ example: '312.63' }),
    unique_customers: Count.openapi({ example: 3 }),
    revision: Revision,
    final: Final.openapi({ example: true }),
  })
  .openapi('SalesWindow', { description: 'Sales of one hour; windows slide by 5 minutes' });
export type SalesWindow = z.infer<typeof SalesWindow>;

export const HourlySales = z
  .object({
    window_start: Time,
    window_end: Time.openapi({ example: '2024-06-01T01:00:00Z' }),
    total_sales: Money,
    average_order_value: Money.openapi({ example: '312.63' }),
    order_count: Count.openapi({ example: 4 }),
    revision: Revision,
    final: Final.openapi({ example: true }),
  })
  .openapi('HourlySales', { description: 'Sales of one hour by the clock' });
export type HourlySales = z.infer<typeof HourlySales>;

export const CustomerHour = z
  .object({
    customer_id: z.string().openapi({ example: '42' }),
    window_start: Time,
    orders: Count.openapi({ example: 3 }),
    total_spent: Money.openapi({ example: '450.75' }),
    final: Final.openapi({ example: true }),
  })
  .openapi('CustomerHour', { description: 'Orders of one customer in one hour by the clock' });
export type CustomerHour = z.infer<typeof CustomerHour>;

export const SalesWindowPage = z
  .object({ items: z.array(SalesWindow), next_cursor: NextCursor })
  .openapi('SalesWindowPage');
export const HourlySalesPage = z
  .object({ items: z.array(HourlySales), next_cursor: NextCursor })
  .openapi('HourlySalesPage');
export const LiveSales = z
  .object({ windows: z.array(SalesWindow), hourly: z.array(HourlySales) })
  .openapi('LiveSales', { description: 'What is not final yet, newest first' });
