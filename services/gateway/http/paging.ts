/** The query of a listing: a span of event time, a limit, and a cursor that stands for the last key of a page. */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { compactTime, parseCompactTime } from '../../../shared/event-time/time-text.ts';
import { ProblemError } from './problem.ts';
import type { Page } from '../views/newest-list.ts';
import { answers, strictQuery } from './route.ts';

export const MAX_LIMIT = 1000;
export const DEFAULT_LIMIT = 100;

export const Instant = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'Expected an ISO 8601 time with a zone, like 2024-06-01T00:00:00Z' })
    .optional()
    .openapi({ description, example: '2024-06-01T00:00:00Z' });

interface Bounds {
  readonly most: number;
  readonly usual: number;
  readonly example: number;
}

/** A number from 1 on. */
export function Whole(description: string, { most, usual, example }: Bounds) {
  const error = `Expected a number from 1 to ${most}`;
  return z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error })
    .refine((text) => Number(text) <= most, { error })
    .transform(Number)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: most, default: usual, description, example });
}

export const Limit = Whole('Items of a page', { most: MAX_LIMIT, usual: DEFAULT_LIMIT, example: 12 });

/** The least start of a window that a key can have. */
export const FIRST_KEY = '00000101T000000Z';
const FIRST_TIME = parseCompactTime(FIRST_KEY);
const LAST_TIME = parseCompactTime('99991231T235959Z');
const KEY = /^\d{8}T\d{6}Z$/;
const CURSOR_ERROR = { error: 'Expected the next_cursor of an earlier answer, unchanged' };
const Cursor = z
  .string()
  .refine((text) => KEY.test(fromBase64(text)), CURSOR_ERROR)
  .optional()
  .openapi({ description: 'next_cursor of the page before', example: 'MjAyNDA2MDFUMDAwMDAwWg' });

/** The key behind which a page begins, of listings whose keys match the pattern. */
export function KeyCursor(pattern: RegExp, example: string) {
  return z
    .string()
    .refine((text) => pattern.test(fromBase64(text)), CURSOR_ERROR)
    .transform(fromBase64)
    .optional()
    .openapi({ type: 'string', description: 'next_cursor of the page before', example: cursorOf(example) });
}

export const LimitQuery = strictQuery({ limit: Limit });

export const PageQuery = strictQuery({
  from: Instant('Only windows that start at or after this time'),
  to: Instant('Only windows that start before this time'),
  limit: Limit,
  cursor: Cursor,
});

/** A place in a stream. */
export const Place = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, { error: 'Expected the next_cursor of an earlier answer, unchanged' })
  .transform(Number)
  .optional()
  .openapi({ type: 'string', description: 'next_cursor of the page before', example: '812' });

/** What only the store behind a listing can read; refuseCursor tells that it could not. */
export const OpaqueCursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,2000}$/, CURSOR_ERROR)
  .optional()
  .openapi({ description: 'next_cursor of the page before', example: '812' });

export function refuseCursor(): ProblemError {
  return new ProblemError('invalid-parameter', `"cursor": ${CURSOR_ERROR.error}`, {
    errors: [{ parameter: 'cursor', detail: CURSOR_ERROR.error }],
  });
}

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
  requireSpan(from, to);
  return {
    ...(from !== undefined && { from: keyAtOrAfter(from) }),
    ...(to !== undefined && { to: keyAtOrAfter(to) }),
    ...(cursor !== undefined && { after: fromBase64(cursor) }),
    limit: limit ?? DEFAULT_LIMIT,
  };
}

/** Throws 400 unless the span begins before it ends. */
export function requireSpan(from: string | undefined, to: string | undefined): void {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    throw new ProblemError('invalid-parameter', `"from" (${from}) must be before "to" (${to})`, {
      errors: [{ parameter: 'from', detail: 'Must be before "to"' }],
    });
}

/** A page as the routes answer it. */
export function pageAnswer<V>({ items, next }: Page<V>): { items: V[]; next_cursor?: string } {
  return { items: [...items], ...(next !== undefined && { next_cursor: cursorOf(next) }) };
}

/** A 200 answer that is a page, with the link to the next one. */
export function pageAnswers<S extends z.ZodType>(schema: S, description: string) {
  const all = answers(schema, description);
  return { ...all, 200: { ...all[200], headers: { Link: LINK } } };
}

const LINK = {
  description: 'The next page (RFC 8288), as next_cursor; absent on the last one',
  schema: { type: 'string', example: '</api/v1/alerts?limit=100&cursor=ODEy>; rel="next"' },
} as const;

/** The same answer; the header says where its next page is. */
export function linked<B extends { readonly next_cursor?: string | undefined }>(c: Context, body: B): B {
  if (body.next_cursor === undefined) return body;
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.set('cursor', body.next_cursor);
  c.header('Link', `<${pathname}?${searchParams}>; rel="next"`);
  return body;
}

/** A page of a stream, as the routes answer it. */
export function placeAnswer<V>({ items, next }: { readonly items: readonly V[]; readonly next?: number }) {
  return { items: [...items], ...(next !== undefined && { next_cursor: String(next) }) };
}

/** A page of stored texts as the routes answer it. */
export function textsAnswer<V>(schema: z.ZodType<V>, { items, ...rest }: Page<string>) {
  return pageAnswer({ items: items.map((text) => schema.parse(JSON.parse(text))), ...rest });
}

export function cursorOf(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** Keys are whole seconds: the first one at or after a time is the time rounded up, within the years keys can have. */
function keyAtOrAfter(iso: string): string {
  const ms = Math.ceil(Date.parse(iso) / 1000) * 1000;
  return compactTime(Math.min(Math.max(ms, FIRST_TIME), LAST_TIME));
}

/** Keys hold an id or three, each of at most 512 bytes, which may take three characters each. */
function fromBase64(text: string): string {
  return /^[A-Za-z0-9_-]{1,8192}$/.test(text) ? Buffer.from(text, 'base64url').toString() : '';
}
