/** Dead letters: what could not be used and was kept in stream `DLQ`, and what became of putting some back. */
import { z } from '@hono/zod-openapi';
import { Count, Time } from './common.ts';
import { NextPlace, Sequence } from './late.ts';

const Bytes = z
  .object({
    encoding: z.enum(['utf8', 'base64']).openapi({ example: 'utf8' }),
    data: z.string().openapi({ example: '{"order_id":1007}' }),
  })
  .openapi({ description: 'As text where they are UTF-8, else in base64' });
export type Bytes = z.infer<typeof Bytes>;

const Place = {
  topic: z.string().openapi({ example: 'dbserver1.public.orders' }),
  partition: Count.openapi({ example: 2 }),
};
const Offset = Count.openapi({ example: 4711 });

const KafkaRecord = z.object({
  ...Place,
  offset: Offset,
  timestamp: Time,
  key: Bytes.nullable().openapi({ description: 'The key it goes back with; null: it has none' }),
  bytes: Count.openapi({ description: 'Of its value', example: 312 }),
});

const Refused = z.object({
  sink: z.string().openapi({ example: 'sink-postgres' }),
  bucket: z.string().openapi({ example: 'rfm' }),
  key: z.string().openapi({ example: 'p07.customer.42' }),
  revision: Count.openapi({ example: 812 }),
});

const letter = {
  seq: Sequence,
  kind: z.enum(['record', 'sink', 'unknown']).openapi({
    description: 'A record of Kafka that a bridge could not use; a value that a store did not take; neither',
    example: 'record',
  }),
  reason: z.string().openapi({ description: 'For programs', example: 'bad-amount' }),
  detail: z.string().openapi({ description: 'What was found', example: 'Cannot use amount -12.00: it is below zero' }),
  advice: z.string().openapi({
    description: 'What to do',
    example: 'Refunds are taken when the route says allowNegativeAmounts: true; then put it back',
  }),
  stored_at: Time,
  record: KafkaRecord.optional(),
  refused: Refused.optional(),
  redrivable: z.boolean().openapi({ description: 'False: it cannot be put back, whatever is changed', example: true }),
};

export const DeadLetter = z.object(letter).openapi('DeadLetter');
export type DeadLetter = z.infer<typeof DeadLetter>;

export const DeadLetterPage = z
  .object({ items: z.array(DeadLetter), next_cursor: NextPlace })
  .openapi('DeadLetterPage', { description: 'It may be short, or empty, and have a next page all the same' });

export const WholeDeadLetter = z
  .object({
    ...letter,
    payload: Bytes,
    full_bytes: Count.optional().openapi({
      description: 'Of a value that did not fit and was cut',
      example: 9_000_000,
    }),
    headers: z
      .array(z.object({ name: z.string().openapi({ example: 'trace' }), value: Bytes }))
      .openapi({ description: "The record's own, in their order" }),
  })
  .openapi('WholeDeadLetter');
export type WholeDeadLetter = z.infer<typeof WholeDeadLetter>;

export const MOST_REDRIVEN = 500;

export const RedriveBody = z
  .strictObject({
    topic: z.string().min(1).max(249).openapi({ description: 'Of the records', example: 'orders' }),
    reason: z.string().min(1).max(100).optional().openapi({ description: 'Only these', example: 'bad-amount' }),
    from: z.iso.datetime({ offset: true }).optional().openapi({
      description: 'Only letters stored since then',
      example: '2024-06-01T00:00:00Z',
    }),
    to: z.iso.datetime({ offset: true }).optional().openapi({
      description: 'Only letters stored before then',
      example: '2024-06-02T00:00:00Z',
    }),
    limit: z.number().int().min(1).max(MOST_REDRIVEN).optional().openapi({
      description: 'Letters of this request, the oldest first',
      default: 100,
      example: 100,
    }),
    cursor: z
      .string()
      .regex(/^[1-9]\d{0,14}$/)
      .optional()
      .openapi({
        description: 'next_cursor of an answer, to go on behind its letters',
        example: '812',
      }),
    force: z
      .boolean()
      .optional()
      .openapi({ description: 'Also those that would be dead letters again', example: false }),
    toTopic: z.string().min(1).max(249).optional().openapi({
      description: 'To another topic than the one they came from',
      example: 'orders-repaired',
    }),
  })
  .openapi('RedriveBody', { example: { topic: 'orders', reason: 'bad-amount', limit: 100 } });
export type RedriveBody = z.infer<typeof RedriveBody>;

const RedriveResult = z
  .object({
    seq: Sequence,
    status: z.enum(['sent', 'would-send', 'kept', 'settled']).openapi({
      description: 'settled: an interrupted redrive had sent it, and this one has finished it',
      example: 'sent',
    }),
    from: z
      .object({ ...Place, offset: Offset })
      .optional()
      .openapi({ description: 'Where the record was first' }),
    to: z.object(Place).optional(),
    why: z.string().optional().openapi({ description: 'Why it is kept', example: 'it would be a dead letter again' }),
    outcome: z.string().optional().openapi({ description: 'What it becomes', example: 'counted' }),
    lines: z
      .array(z.string())
      .optional()
      .openapi({
        description: 'The lines of the log that it becomes',
        example: ['{"kind":"order","id":"1007"}'],
      }),
  })
  .openapi('RedriveResult');
export type RedriveResultItem = z.infer<typeof RedriveResult>;

export const Redriven = z
  .object({
    dry_run: z.boolean().openapi({ example: false }),
    sent: Count.openapi({ description: 'Now in Kafka and out of DLQ; of a dry run: what would be', example: 3 }),
    kept: Count.openapi({ description: 'Still in DLQ', example: 1 }),
    results: z.array(RedriveResult).openapi({ description: 'In the order of DLQ' }),
    next_cursor: NextPlace,
  })
  .openapi('Redriven');
export type Redriven = z.infer<typeof Redriven>;
