/** The lines of data frames, by kind of event: what shared/events says in types, as schemas. */
import { z } from '@hono/zod-openapi';
import type { EventKind } from '../../../shared/config/routes.ts';
import { DOWNLOAD_STATUSES, type DownloadEvent } from '../../../shared/events/download.ts';
import type { MaipEvent } from '../../../shared/events/maip.ts';
import type { OrderEvent } from '../../../shared/events/order.ts';
import type { OrderItemEvent } from '../../../shared/events/order-item.ts';
import type { ProductEvent } from '../../../shared/events/product.ts';
import { USER_EVENT_TYPES, type UserEvent } from '../../../shared/events/user-event.ts';
import { describes } from './describes.ts';

export const Milliseconds = z.int().openapi({ description: 'Event time, ms since the epoch', example: 1717200000000 });
const Cents = z.int().openapi({ description: 'Minor units (cents)', example: 1250 });

function eventOf(key: string, example: string) {
  return {
    t: Milliseconds,
    k: z.string().openapi({ description: `${key}: decides the mesh partition`, example }),
    retract: z
      .literal(true)
      .optional()
      .openapi({ description: 'What counted before, at these values, counts no more' }),
  };
}

const order = describes<OrderEvent>()(
  z
    .object({
      ...eventOf("The customer's id", '42'),
      id: z.string().openapi({ description: "The order's id", example: '1007' }),
      amount: Cents,
    })
    .openapi('OrderEvent', { description: 'An order at its latest values; a change takes the former ones back' }),
);

const orderItem = describes<OrderItemEvent>()(
  z
    .object({
      ...eventOf("The product's id", '7'),
      id: z.string().openapi({ description: "The line's id", example: '90071' }),
      order: z.string().openapi({ description: 'The order it belongs to', example: '1007' }),
      quantity: z.int().openapi({ description: 'Units; below zero for a return', example: 2 }),
      price: Cents.openapi({ description: 'Of one unit, minor units (cents)' }),
    })
    .openapi('OrderItemEvent', { description: 'One line of an order' }),
);

const product = describes<ProductEvent>()(
  z
    .object({
      ...eventOf("The product's id", '7'),
      name: z.string().optional().openapi({ example: 'Mug' }),
      stock: z.int().optional().openapi({ description: 'Units in stock', example: 12 }),
      price: Cents.optional(),
      deleted: z
        .literal(true)
        .optional()
        .openapi({ description: 'Its row is gone; there is no name, stock and price' }),
    })
    .openapi('ProductEvent', { description: 'The state of a product; the latest one stands' }),
);

const download = describes<DownloadEvent>()(
  z
    .object({
      ...eventOf("The content's id", 'content-7'),
      id: z.string().openapi({ example: 'd-1007' }),
      user: z.string().openapi({ example: 'user_001' }),
      region: z
        .string()
        .openapi({ description: 'Empty, as the texts below, when the record has none', example: 'eu-west' }),
      device: z.string().openapi({ example: 'mobile' }),
      os: z.string().openapi({ example: 'android' }),
      osVersion: z.string().openapi({ example: '15' }),
      status: z.enum(DOWNLOAD_STATUSES),
      bytes: z.number().openapi({ example: 1048576 }),
      seconds: z.number().optional().openapi({ description: 'Absent where nothing was measured', example: 12.5 }),
      mbps: z.number().optional().openapi({ example: 42.125 }),
    })
    .openapi('DownloadEvent', { description: 'One download of a content, finished or failed' }),
);

const maip = describes<MaipEvent>()(
  z
    .object({
      ...eventOf("The customer's id", 'cust-7'),
      id: z.string().openapi({ example: 'evt-1007' }),
      type: z
        .string()
        .openapi({ description: "The topic's name when the record has none", example: 'maip.order.created' }),
      payload: z.unknown().openapi({ description: 'As it came; null when there was none', example: { total: 19.75 } }),
    })
    .openapi('MaipEvent', { description: 'A business event of MAIP' }),
);

const userEvent = describes<UserEvent>()(
  z
    .object({
      ...eventOf("The user's id", 'user_001'),
      type: z.enum(USER_EVENT_TYPES),
      value: z.number().openapi({ description: 'What rules compare with; 0 when the record has none', example: 120.5 }),
      session: z.string().optional().openapi({ example: 's-7' }),
      metadata: z.record(z.string(), z.unknown()).optional().openapi({ description: 'As it came', example: {} }),
    })
    .openapi('UserEvent', { description: 'What a user did' }),
);

/** By kind, as routes name them. */
export const EVENT_SCHEMAS = { order, orderItem, product, download, maip, userEvent } satisfies Record<
  EventKind,
  z.ZodType
>;
