/** Addresses that are too long, before anything looks into them. The longest id that could be found fits many times. */
import type { Check } from './check.ts';
import { ProblemError } from './problem.ts';

const MAX_URL = 16 * 1024;

export function limitUrl(): Check {
  return (c) => {
    if (c.req.url.length > MAX_URL)
      throw new ProblemError('uri-too-long', `Cannot take an address that long: ${MAX_URL} bytes are the limit`);
  };
}
