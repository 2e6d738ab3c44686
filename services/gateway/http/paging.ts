/** The query of a listing: a span of event time, a limit, and a cursor that stands for the last key of a page. */
import { z } from '@hono/zod-openapi';
import { compactTime, parseCompactTime } from '../../../shared/event-time/time-text.ts';
import { ProblemError } from './problem.ts';
import { strictQuery } from './route.ts';

export const MAX_LIMIT = 1000;
export const DEFAULT_LIMIT = 100;

const Instant = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'Expected an ISO 8601 time with a zone, like 2024-06-01T00:00:00Z' })
    .optional()
    .openapi({ description, example: '2024-06-01T00:00:00Z' });

const Limit = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, { error: `Expected a number from 1 to ${MAX_LIMIT}` })
  .refine((text) => Number(text) <= MAX_LIMIT, { error: `Expected a number from 1 to ${MAX_LIMIT}` })
  .transform(Number)
  .optional()
  .openapi({
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    description: 'Items of a page',
    example: 12,
  });

const FIRST_KEY = parseCompactTime('00000101T000000Z');
const LAST_KEY = parseCompactTime('99991231T235959Z');
const KEY = /^\d{8}T\d{6}Z$/;
const Cursor = z
  .string()
  .refine((text) => KEY.test(fromBase64(text)), { error: 'Expected the next_cursor of an earlier answer, unchanged' })
  .optional()
  .openapi({ description: 'next_cursor of the page before', example: 'MjAyNDA2MDFUMDAwMDAwWg' });

export const LimitQuery = strictQuery({ limit: Limit });

export const PageQuery = strictQuery({
  from: Instant('Only windows that start at or after this time'),
  to: Instant('Only windows that start before this time'),
  limit: Limit,
  cursor: Cursor,
});

const Place = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, { error: 'Expected the next_cursor of an earlier answer, unchanged' })
  .transform(Number)
  .optional()
  .openapi({ type: 'string', description: 'next_cursor of the page before', example: '812' });

/** Of listings in the order of a stream, whose cursor is a place in it. */
export const StreamPageQuery = strictQuery({ limit: Limit, cursor: Place });

export interface KeyRange {
  readonly from?: string;
  readonly to?: string;
  readonly after?: string;
  readonly limit: number;
}

/** A valid query as a range of keys (compact times, which sort as the times do). */
export function keyRange(query: z.output<typeof PageQuery>): KeyRange {
  const { from, to, cursor, limit } = query;
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    throw new ProblemError('invalid-parameter', `"from" (${from}) must be before "to" (${to})`, {
      errors: [{ parameter: 'from', detail: 'Must be before "to"' }],
    });
  return {
    ...(from !== undefined && { from: keyAtOrAfter(from) }),
    ...(to !== undefined && { to: keyAtOrAfter(to) }),
    ...(cursor !== undefined && { after: fromBase64(cursor) }),
    limit: limit ?? DEFAULT_LIMIT,
  };
}

export function cursorOf(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** Keys are whole seconds: the first one at or after a time is the time rounded up, within the years keys can have. */
function keyAtOrAfter(iso: string): string {
  const ms = Math.ceil(Date.parse(iso) / 1000) * 1000;
  return compactTime(Math.min(Math.max(ms, FIRST_KEY), LAST_KEY));
}

function fromBase64(text: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text) ? Buffer.from(text, 'base64url').toString() : '';
}
