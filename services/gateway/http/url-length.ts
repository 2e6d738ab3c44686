/** Addresses that are too long, before anything looks into them. The longest id that could be found fits many times. */
import type { MiddlewareHandler } from 'hono';
import { ProblemError } from './problem.ts';

const MAX_URL = 16 * 1024;

export function limitUrl(): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.url.length > MAX_URL)
      throw new ProblemError('uri-too-long', `Cannot take an address that long: ${MAX_URL} bytes are the limit`);
    await next();
  };
}
