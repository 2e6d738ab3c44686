/** The results of the inventory service, as they stand in bucket `inventory` and as the gateway gives them out. */
import { z } from '@hono/zod-openapi';
import { Count, Money, NextCursor, Time } from './common.ts';

export const StockStatus = z.enum(['out_of_stock', 'critical', 'low', 'healthy', 'unknown']);
export const RestockUrgency = z.enum(['immediate', 'soon', 'planned', 'none']);
const Day = z.iso.date().openapi({ example: '2024-06-03' });

export const Product = z
  .object({
    product_id: z.string().openapi({ example: '7' }),
    name: z
      .string()
      .nullable()
      .openapi({ description: 'null, as stock and price: its row was never seen', example: 'Mug' }),
    stock_quantity: z.number().int().nullable().openapi({ example: 12 }),
    price: Money.nullable().openapi({ example: '9.90' }),
    units_sold_7d: z.number().int().openapi({ description: 'Less what was returned', example: 21 }),
    velocity_units_per_day: z.number().openapi({ example: 3 }),
    days_until_stockout: z.number().nullable().openapi({ description: 'null: nothing is sold', example: 4 }),
    stock_status: StockStatus.openapi({
      description: 'critical: under 3 days until stockout, low: under 7 (settings of inventory)',
      example: 'low',
    }),
    dead_stock: z.boolean().openapi({ description: 'In stock, and not sold for 30 days (a setting)', example: false }),
    last_sale: Day.nullable(),
    restock_quantity: Count.nullable().openapi({
      description: 'What brings the stock to 30 days of sales',
      example: 78,
    }),
    restock_urgency: RestockUrgency.openapi({ example: 'soon' }),
    as_of: Day.nullable().openapi({
      description: 'The day of event time that the figures are of',
      example: '2024-06-03',
    }),
  })
  .openapi('Product');
export type Product = z.infer<typeof Product>;

export const ProductPage = z
  .object({
    items: z.array(Product),
    next_cursor: NextCursor,
    complete: z.boolean().openapi({
      description: 'False: the gateway lists 25,000 products of each kind (to be ordered, others), and there are more',
      example: true,
    }),
  })
  .openapi('ProductPage');

const ByStatus = z.object({
  out_of_stock: Count.openapi({ example: 2 }),
  critical: Count.openapi({ example: 5 }),
  low: Count.openapi({ example: 9 }),
  healthy: Count.openapi({ example: 180 }),
  unknown: Count.openapi({ example: 0 }),
});

export const InventorySummary = z
  .object({
    products: Count.openapi({ example: 196 }),
    by_status: ByStatus,
    dead_stock: z.object({
      products: Count.openapi({ example: 4 }),
      value: z.string().openapi({ description: 'Stock times price, decimal text', example: '812.50' }),
    }),
    restock: z
      .object({
        products: Count.openapi({ example: 16 }),
        immediate: Count.openapi({ example: 7 }),
        soon: Count.openapi({ example: 9 }),
        planned: Count.openapi({ example: 0 }),
      })
      .openapi({ description: 'Products to be ordered, by urgency' }),
    as_of: Time.nullable().openapi({ description: 'Event time up to which it is complete' }),
  })
  .openapi('InventorySummary');
