/** One customer across services, as the gateway joins what their stores hold. */
import { z } from '@hono/zod-openapi';
import { ActivityWindow } from './activity.ts';
import { Alert } from './alerts.ts';
import { NextCursor } from './common.ts';
import { RfmCustomer } from './rfm.ts';
import { CustomerHour } from './sales.ts';
import { UserSegments } from './segments.ts';

export const CUSTOMER_PARTS = ['rfm', 'recent_hours', 'alerts', 'segments', 'activity'] as const;
export type CustomerPart = (typeof CUSTOMER_PARTS)[number];

const Missing = z.object({
  part: z.enum(CUSTOMER_PARTS).openapi({ example: 'segments' }),
  reason: z.string().openapi({ example: 'The segments service has not been started on this mesh yet' }),
});

export const Customer = z
  .object({
    customer_id: z.string().openapi({ example: '42' }),
    rfm: RfmCustomer.nullable().optional().openapi({ description: 'null: rfm knows no order, or see `missing`' }),
    recent_hours: z.array(CustomerHour).nullable().optional().openapi({
      description: 'Hours with orders, newest first, at most 48; null: see `missing`',
    }),
    alerts: z.array(Alert).nullable().optional().openapi({
      description: 'Last raised first, at most 20; null: see `missing`',
    }),
    segments: UserSegments.nullable().optional().openapi({
      description: 'null: nothing changed within the hour, or see `missing`',
    }),
    activity: z.array(ActivityWindow).nullable().optional().openapi({
      description: 'Windows of 5 minutes with events, newest first, at most 12; null: see `missing`',
    }),
    missing: z.array(Missing).openapi({ description: 'Parts that could not be read now, and why', example: [] }),
  })
  .openapi('Customer', { description: 'A part that was not asked for is absent' });
export type Customer = z.infer<typeof Customer>;

export const CustomerHourPage = z
  .object({ items: z.array(CustomerHour), next_cursor: NextCursor })
  .openapi('CustomerHourPage');
