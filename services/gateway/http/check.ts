/** What is asked of a request before anything is done for it. One step for several: each step of Hono's is promises. */
import type { Context, MiddlewareHandler } from 'hono';

/** Throws ProblemError when the request cannot be let through. */
export type Check = (c: Context) => void;

export function checks(...all: readonly Check[]): MiddlewareHandler {
  return (c, next) => {
    for (const check of all) check(c);
    return next();
  };
}
