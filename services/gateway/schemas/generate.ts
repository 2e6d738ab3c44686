/** Demo records: what is asked for, and what was sent. */
import { z } from '@hono/zod-openapi';
import { GENERATED_TOPICS } from '../../../shared/demo/generate.ts';
import { Count } from './common.ts';

export const MOST_RECORDS = 1_000;
const MOST_SEED = 2 ** 31;

export const GenerateBody = z
  .strictObject({
    topic: z
      .enum(GENERATED_TOPICS, { error: `Expected one of ${GENERATED_TOPICS.join(', ')}` })
      .openapi({ description: 'Of Kafka; made when it is missing', example: 'order_events' }),
    count: z.number().int().min(1).max(MOST_RECORDS).openapi({ example: 3 }),
    userPrefix: z
      .string()
      .regex(/^[\w.-]{1,64}$/, { error: 'Expected 1 to 64 letters, digits, ".", "_" or "-"' })
      .optional()
      .openapi({ description: 'Users are prefix_001 to prefix_100; user when absent', example: 'test' }),
    seed: z.number().int().min(0).max(MOST_SEED).optional().openapi({
      description: 'The same seed makes the same records, but for their times; made up when absent',
      example: 42,
    }),
    dryRun: z.boolean().optional().openapi({ description: 'Only show what would be sent', example: false }),
  })
  .openapi('GenerateBody', { example: { topic: 'order_events', count: 3, userPrefix: 'test' } });

const PreviewRecord = z.object({
  key: z.string().openapi({ example: 'test_001' }),
  value: z.record(z.string(), z.unknown()).openapi({
    example: { userId: 'test_001', eventType: 'purchase', value: 42.5, timestamp: 1717236000000 },
  }),
});

export const Generated = z
  .object({
    topic: z.string().openapi({ example: 'order_events' }),
    count: Count.openapi({ example: 3 }),
    sent: Count.openapi({ description: 'Kafka has taken so many; 0 of a dry run', example: 3 }),
    dry_run: z.boolean(),
    seed: Count.openapi({ example: 42 }),
    preview: z.array(PreviewRecord).openapi({ description: 'The first five' }),
  })
  .openapi('Generated');
