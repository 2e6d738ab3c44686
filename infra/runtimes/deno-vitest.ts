/**
 * What `vitest` is under Deno (deno.json maps the name to this file): the names our unit tests use, over Deno.test and
 * jest's expect. A test file that imports another name does not load, which fails the run.
 */
import { expect as jestExpect } from 'expect';
import { createSuites, type FlatTest } from './suite.ts';
import { TEST_TIMEOUT_MS } from './unit-tests.ts';

declare const Deno: { test(test: FlatTest): void };

export const { describe, test, it, beforeAll, beforeEach, afterEach, afterAll } = createSuites(
  (flat) => Deno.test(flat),
  TEST_TIMEOUT_MS,
);

/** vitest's second argument says what is being looked at; jest has none. */
export const expect = Object.assign((actual: unknown, subject?: string) => {
  const matchers = jestExpect(actual);
  return subject === undefined ? matchers : naming(subject, matchers);
}, jestExpect);

function naming<T extends object>(subject: string, matchers: T): T {
  return new Proxy(matchers, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member === 'object' && member !== null) return naming(subject, member);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]) => {
        try {
          return Reflect.apply(member, target, args);
        } catch (error) {
          throw new Error(`${subject}: ${error instanceof Error ? error.message : error}`, { cause: error });
        }
      };
    },
  });
}
