/** How answers look on the wire, and how parameters are read, the same for all routes. */
import type { Context } from 'hono';
import { z } from 'zod';
import { invalidSubject, invalidVersion, RegistryError } from './errors.ts';
import type { VersionName, Visible } from './queries.ts';

export const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

export function answer(body: unknown, status = 200): Response {
  return textAnswer(JSON.stringify(body), status);
}

/** A body that is JSON already. */
export function textAnswer(body: string, status = 200): Response {
  return new Response(body, { status, headers: { 'content-type': CONTENT_TYPE } });
}

export async function readBody<T>(c: Context, shape: z.ZodType<T>): Promise<T> {
  let json: unknown;
  try {
    json = await c.req.json();
  } catch {
    throw new RegistryError(422, 'Cannot read the body: it is not JSON');
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new RegistryError(422, `Cannot use the body: ${z.prettifyError(parsed.error)}`);
}

export function subjectOf(c: Context): string {
  const subject = c.req.param('subject') ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (subject.trim() === '' || /[\u0000-\u001f\u007f-\u009f]/.test(subject)) throw invalidSubject(subject);
  return subject;
}

export function versionOf(c: Context): VersionName {
  const text = c.req.param('version') ?? '';
  if (text === 'latest' || text === '-1') return 'latest';
  const version = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (version < 1 || version > 2 ** 31 - 1) throw invalidVersion(text);
  return version;
}

export function flag(c: Context, name: string): boolean {
  return c.req.query(name)?.toLowerCase() === 'true';
}

export function visibleOf(c: Context): Visible {
  if (flag(c, 'deletedOnly')) return 'deleted';
  return flag(c, 'deleted') ? 'all' : 'live';
}
