/** The query of the live stream, and what goes over it. */
import { z } from '@hono/zod-openapi';
import { queryId } from '../http/ids.ts';
import { strictQuery } from '../http/route.ts';
import { parseResumePoint } from '../stream/resume-point.ts';
import { RESULT_TYPES, SOURCES, USUAL_TYPES } from '../stream/result-types.ts';
import { Severity } from './alerts.ts';

const KNOWN: ReadonlySet<string> = new Set(RESULT_TYPES);
const TYPES_ERROR = `Expected some of ${RESULT_TYPES.join(',')}`;
const ID_ERROR = { error: 'Expected the id of an event of a stream, unchanged' };
const EXAMPLE_ID = 'sales:123@mi8x2k7f,rfm:88@mi8x2k9q';

const Types = z
  .string()
  .transform((text) => [...new Set(text.split(','))])
  .refine((types) => types.every((type) => KNOWN.has(type)), { error: TYPES_ERROR })
  .optional()
  .openapi({
    type: 'string',
    description: `Types of results, with commas: ${RESULT_TYPES.join(', ')}. Absent: ${USUAL_TYPES.join(', ')}; with a filter, all that it applies to`,
    example: 'sales.window,alert',
  });

/** The place behind which to go on. */
const EventId = (description: string) =>
  z
    .string()
    .refine((text) => parseResumePoint(text, SOURCES) !== undefined, ID_ERROR)
    .optional()
    .openapi({ description, example: EXAMPLE_ID });

export const StreamQuery = strictQuery({
  types: Types,
  from: z.enum(['now', 'start'], { error: 'Expected now or start' }).optional().openapi({
    description: 'Without an id to go on behind: what comes from now on, or first all that the stores hold',
    default: 'now',
    example: 'now',
  }),
  lastEventId: EventId('As the header Last-Event-ID, for clients that cannot set it; the header goes first'),
  customer: queryId('Only results about this customer', '42'),
  product: queryId('Only results about this product', '7'),
  content: queryId('Only results about this content', 'content-7'),
  region: queryId('Only results about this region', 'eu-west'),
  user: queryId('Only results about this user', 'user_001'),
  segment: queryId('Only members of this segment', 'big-spenders'),
  severity: Severity.optional().openapi({ description: 'Only alerts of this severity', example: 'high' }),
});
export type StreamQuery = z.output<typeof StreamQuery>;

/** EventSource sends an empty one when it has no id yet. */
export const StreamHeaders = z.object({
  'last-event-id': z
    .string()
    .refine((text) => text === '' || parseResumePoint(text, SOURCES) !== undefined, ID_ERROR)
    .optional()
    .openapi({ description: 'The id of the last event that was received: the stream goes on behind it' }),
});

export const EventStream = z.string().openapi('EventStream', {
  description:
    'Server-sent events. `event` is the type of a result and `data` the result, as JSON. Besides: `live` (all that was ' +
    'missed has been sent), `deleted` (a result is gone: its type and the fields of its key), `reset` (a store was made ' +
    'anew: forget the results of these types, all that it holds follows), `dropped` (the client was too slow; connect again)',
  example: [
    'retry: 2000',
    '',
    `id: ${EXAMPLE_ID}`,
    'event: live',
    'data: {"types":["sales.window","rfm.customer"]}',
    '',
    'id: sales:124@mi8x2k7f,rfm:88@mi8x2k9q',
    'event: sales.window',
    'data: {"window_start":"2024-06-01T11:45:00Z","window_end":"2024-06-01T12:45:00Z","revenue":"1250.50",' +
      '"order_count":4,"avg_order_value":"312.63","unique_customers":3,"revision":0,"final":true}',
    '',
    'id: sales:124@mi8x2k7f,rfm:91@mi8x2k9q',
    'event: deleted',
    'data: {"type":"rfm.customer","customer_id":"42"}',
    '',
    ':',
    '',
    '',
  ].join('\n'),
});
