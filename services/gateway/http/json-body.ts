/**
 * What every route with a body asks of it before anything else looks at it: JSON, by its media type and its text, and
 * of a bounded size. What the JSON must say is each route's schema.
 *
 * Invariants (json-body.test.ts): 415, 413 and 400 are told in this order, and a body that is too large is not kept.
 */
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ProblemError } from './problem.ts';

export const MAX_BODY_BYTES = 256 * 1024;

/** To be given to createRoute as `middleware`, which runs before the validation of the body. */
export const JSON_BODY: MiddlewareHandler[] = [requireJsonType, limitSize(), requireJsonText];

async function requireJsonType(c: Parameters<MiddlewareHandler>[0], next: () => Promise<void>): Promise<void> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new ProblemError('unsupported-media-type', 'Send the body with "Content-Type: application/json"');
  await next();
}

function limitSize(): MiddlewareHandler {
  return bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      // What was not read of the body stands between this request and the next on the same connection.
      const headers = { connection: 'close' };
      throw new ProblemError('body-too-large', `Cannot take more than ${MAX_BODY_BYTES} bytes: send less`, { headers });
    },
  });
}

async function requireJsonText(c: Parameters<MiddlewareHandler>[0], next: () => Promise<void>): Promise<void> {
  try {
    await c.req.json();
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : 'not JSON';
    throw new ProblemError('malformed-body', `Cannot read the body as JSON: ${why}`);
  }
  await next();
}
