/**
 * The last thing done to every answer to GET: its validator, whether the client has it already, and its coding.
 *
 * Invariants (represent.test.ts):
 * 1. Every such answer has an ETag: the handler's own, or a weak one of the bytes before they are encoded. A strong one
 *    says in which coding it is (`"12;gzip"`), so that it names bytes; If-Match takes it as `"12"`.
 * 2. 304 has every header that 200 would have, but those of the body.
 * 3. A stream of events is not touched: it is neither read ahead nor encoded. Nor is what is encoded already.
 */
import { hash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { chooseCoding, encode } from './encodings.ts';
import { textOf } from './json-answer.ts';

/** Below this an encoded answer fills a packet just as well. */
const MIN_ENCODED = 1024;
const TEXT = /^(?:application\/(?:json|yaml|openapi\+json|asyncapi\+json)|text\/(?!event-stream)|image\/svg\+xml)/;
const OF_THE_BODY = ['content-type', 'content-length', 'content-encoding', 'content-language'];

export function represent(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { res } = c;
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (!isRead || res.status !== 200 || !TEXT.test(res.headers.get('content-type') ?? '')) return;
    const { headers } = res;
    if (headers.has('content-encoding')) return;
    const kept = textOf(res);
    const body = kept ?? (await res.text());
    const isLarge = body.length >= MIN_ENCODED;
    const coding = isLarge ? chooseCoding(c.req.header('accept-encoding')) : undefined;
    const tag = headers.get('etag') ?? `W/"${hash('sha1', body, 'base64url')}"`;
    headers.set('etag', coding && !tag.startsWith('W/') ? `${tag.slice(0, -1)};${coding}"` : tag);
    if (isLarge) headers.append('vary', 'Accept-Encoding');
    const isKnown = has(c.req.header('if-none-match'), tag);
    if (kept !== undefined && coding === undefined && !isKnown) {
      headers.set('content-length', String(Buffer.byteLength(body)));
      return; // it is as it should be: nothing of it was used
    }
    c.res = undefined; // Hono would put all headers of the former answer on the new one
    c.res = isKnown ? unchanged(headers) : await answer(body, coding, headers);
  };
}

async function answer(body: string, coding: ReturnType<typeof chooseCoding>, headers: Headers): Promise<Response> {
  if (coding === undefined) {
    headers.set('content-length', String(Buffer.byteLength(body)));
    return new Response(body, { headers });
  }
  const bytes = await encode(coding, body);
  headers.set('content-encoding', coding);
  headers.set('content-length', String(bytes.length));
  return new Response(bytes, { headers });
}

function unchanged(headers: Headers): Response {
  for (const name of OF_THE_BODY) headers.delete(name);
  return new Response(null, { status: 304, headers });
}

/** Weakly, as RFC 9110 has it for this: in whatever coding the client has it, it has it. */
function has(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const wanted = opaque(tag);
  return ifNoneMatch.match(/"[^"]*"/g)?.some((each) => opaque(each) === wanted) ?? false;
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '').replace(/;(?:zstd|br|gzip)"$/, '"');
}
