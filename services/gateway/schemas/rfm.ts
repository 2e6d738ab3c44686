/** The results of the rfm service, as they stand in bucket `rfm` and as the gateway gives them out. */
import { z } from '@hono/zod-openapi';
import { Count, Money, Time } from './common.ts';
import { CustomerHour } from './sales.ts';

const Segment = z.enum(['VIP', 'Regular', 'New', 'At-Risk', 'Churned']);

export const RfmCustomer = z
  .object({
    customer_id: z.string().openapi({ example: '42' }),
    segment: Segment.openapi({ example: 'VIP' }),
    recency_days: Count.openapi({ description: 'Whole days since the last order, in event time', example: 3 }),
    frequency: Count.openapi({ description: 'Orders', example: 7 }),
    monetary_value: Money.openapi({ example: '812.50' }),
    first_order: Time,
    last_order: Time.openapi({ example: '2024-06-20T09:30:00Z' }),
  })
  .openapi('RfmCustomer');

export const Customer = z
  .object({
    customer_id: z.string().openapi({ example: '42' }),
    rfm: RfmCustomer.nullable().openapi({ description: 'null while rfm has not seen an order of this customer' }),
    recent_hours: z.array(CustomerHour).openapi({ description: 'Hours with orders, newest first, at most 48' }),
  })
  .openapi('Customer');

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
    as_of: Time.openapi({ description: 'Event time up to which it is complete', example: '2024-06-23T00:00:00Z' }),
  })
  .openapi('RfmSummary');
