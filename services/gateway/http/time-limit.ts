/**
 * No answer takes longer than this to begin: a handler that waits for something that never comes is answered for.
 * What the handler started goes on. A stream of events begins at once, so it has no limit by this.
 */
import type { MiddlewareHandler } from 'hono';
import { ProblemError } from './problem.ts';

export function limitTime(ms: number): MiddlewareHandler {
  return async (c, next) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLate(c.req.method, ms)), ms);
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function tooLate(method: string, ms: number): ProblemError {
  const isRead = method === 'GET' || method === 'HEAD';
  const advice = isRead ? 'try again, or ask for less' : 'it may still be done: read it before you repeat it';
  return new ProblemError('timeout', `No answer within ${ms / 1000} s: ${advice}`, { headers: { 'retry-after': '2' } });
}
