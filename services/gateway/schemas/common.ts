/** The shapes that several answers share: times, money, counts. */
import { z } from '@hono/zod-openapi';

export const Time = z.iso.datetime().openapi({ example: '2024-06-01T00:00:00Z' });

export const Money = z
  .string()
  .regex(/^-?\d+\.\d{2}$/)
  .openapi({ description: 'Decimal text: never a binary fraction', example: '1250.50' });

export const Count = z.number().int().min(0).openapi({ example: 12 });

export const NextCursor = z.string().optional().openapi({
  description: 'Give it as `cursor` for the next page; absent on the last one',
  example: 'MjAyNDA2MDFUMDAwMDAwWg',
});
