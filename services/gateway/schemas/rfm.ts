/** The results of the rfm service, as they stand in bucket `rfm` and as the gateway gives them out. */
import { z } from '@hono/zod-openapi';
import { Count, Money, NextCursor, Time } from './common.ts';

export const RfmSegment = z.enum(['VIP', 'Regular', 'New', 'At-Risk', 'Churned']);
export type RfmSegment = z.infer<typeof RfmSegment>;

export const RfmCustomer = z
  .object({
    customer_id: z.string().openapi({ example: '42' }),
    segment: RfmSegment.openapi({ example: 'VIP' }),
    recency_days: Count.openapi({ description: 'Whole days since the last order, in event time', example: 3 }),
    frequency: Count.openapi({ description: 'Orders', example: 7 }),
    monetary_value: Money.openapi({ example: '812.50' }),
    first_order: Time,
    last_order: Time.openapi({ example: '2024-06-20T09:30:00Z' }),
  })
  .openapi('RfmCustomer');
export type RfmCustomer = z.infer<typeof RfmCustomer>;

export const RfmCustomerPage = z
  .object({
    items: z.array(RfmCustomer),
    next_cursor: NextCursor,
    sorted_by: z.enum(['value', 'change']).openapi({
      description: 'value: who spent most comes first. change: who changed last comes last',
      example: 'change',
    }),
  })
  .openapi('RfmCustomerPage', { description: 'It may be short, or empty, and have a next page all the same' });

const SegmentTotals = z.object({
  customers: Count.openapi({ example: 12 }),
  monetary_value: Money.openapi({ example: '12000.00' }),
});

export const RfmSummary = z
  .object({
    segments: z.record(z.string(), SegmentTotals).openapi({
      example: {
        VIP: { customers: 12, monetary_value: '12000.00' },
        New: { customers: 111, monetary_value: '4200.00' },
      },
    }),
    customers: Count.openapi({ example: 123 }),
    as_of: Time.nullable().openapi({
      description: 'Event time up to which it is complete; null: not known yet',
      example: '2024-06-23T00:00:00Z',
    }),
  })
  .openapi('RfmSummary');
