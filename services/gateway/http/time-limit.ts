/**
 * No answer takes longer than this to begin: a handler that waits for something that never comes is answered for.
 * What the handler started goes on. A stream of events begins at once, so it has no limit by this.
 *
 * All requests have the same time, so they end in the order in which they came: one timer, for the oldest.
 */
import { setTimeout } from 'node:timers'; // Deno's own cannot be unreferenced
import type { MiddlewareHandler } from 'hono';
import { ProblemError } from './problem.ts';

interface Waiting {
  readonly method: string;
  readonly deadlineMs: number;
  reject(problem: ProblemError): void;
}

export function limitTime(ms: number): MiddlewareHandler {
  const waiting = new Set<Waiting>();
  let isAwake = false;
  const look = () => {
    isAwake = false;
    for (const request of waiting) {
      const leftMs = request.deadlineMs - performance.now();
      if (leftMs > 0) return lookIn(leftMs);
      waiting.delete(request);
      request.reject(tooLate(request.method, ms));
    }
  };
  const lookIn = (leftMs: number) => {
    if (isAwake) return;
    isAwake = true;
    setTimeout(look, Math.ceil(leftMs)).unref(); // the server keeps the process, not this
  };
  return (c, next) =>
    new Promise((resolve, reject) => {
      const request = { method: c.req.method, deadlineMs: performance.now() + ms, reject };
      waiting.add(request);
      lookIn(ms);
      const settle = (done: () => void) => {
        waiting.delete(request);
        done();
      };
      next().then(
        () => settle(resolve),
        (error: unknown) => settle(() => reject(error)),
      );
    });
}

function tooLate(method: string, ms: number): ProblemError {
  const isRead = method === 'GET' || method === 'HEAD';
  const advice = isRead ? 'try again, or ask for less' : 'it may still be done: read it before you repeat it';
  return new ProblemError('timeout', `No answer within ${ms / 1000} s: ${advice}`, { headers: { 'retry-after': '2' } });
}
