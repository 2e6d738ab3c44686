/** Events that came too late to be counted, as stream `LATE` holds them: one message a commit, one line an event. */
import { z } from '@hono/zod-openapi';
import { Count, Time } from './common.ts';

/** Of a place in a stream. */
export const Sequence = z.number().int().min(1).openapi({ description: 'Its place in the stream', example: 812 });

export const NextPlace = z.string().optional().openapi({
  description: 'Give it as `cursor` for the next page; absent on the last one',
  example: '812',
});

const LateEvent = z.object({
  reason: z.string().openapi({ example: 'behind the watermark' }),
  event: z.unknown().openapi({
    description: 'As the service saw it; `t` is its event time, ms',
    example: { id: '1007', key: '42', amount: 1250, t: 1717232400000 },
  }),
  window: z
    .object({ start: Time, end: Time.openapi({ example: '2024-06-01T01:00:00Z' }) })
    .optional()
    .openapi({ description: 'The window that was closed already' }),
  watermark: Time.nullable().openapi({ description: 'Of the partition when it came', example: '2024-06-01T10:00:00Z' }),
});
export type LateEvent = z.infer<typeof LateEvent>;

export const LateCommit = z
  .object({
    seq: Sequence,
    service: z.string().openapi({ example: 'sales' }),
    partition: z.string().openapi({ example: 'p07' }),
    stored_at: Time,
    commit: Count.optional().openapi({ description: "Sequence of its commit in the service's log", example: 4711 }),
    count: Count.openapi({ description: 'Late events of this commit', example: 1 }),
    events: z.array(LateEvent).openapi({ description: 'The first ones: 20 in a list, 1000 in a single answer' }),
  })
  .openapi('LateEvents', { description: 'Late events of one commit of a partition' });
export type LateCommit = z.infer<typeof LateCommit>;

export const LatePage = z
  .object({ items: z.array(LateCommit), next_cursor: NextPlace })
  .openapi('LatePage', { description: 'It may be short, or empty, and have a next page all the same' });
