/**
 * describe, test and their hooks over a runner that knows only flat tests (Deno.test).
 *
 * Owns: names (`suite > test`), the order of hooks, `each`, `skip`. Does not own: running, timing and reporting tests.
 *
 * Invariants (tested in suite.test.ts):
 * 1. A suite's beforeAll hooks run once, before its first test; outer suites' first. Its afterAll hooks run once, after its last.
 * 2. A test fails when its body or any hook around it does; hooks that end things run all the same.
 * 3. Nothing is ignored silently: what a test file asks for and this does not have is an error.
 */
import { format } from 'node:util';

export type Body = () => unknown;

export interface FlatTest {
  readonly name: string;
  readonly ignore: boolean;
  readonly timeout: number;
  readonly fn: () => Promise<void>;
}

interface Suite {
  readonly path: readonly string[];
  readonly parents: readonly Suite[];
  readonly isSkipped: boolean;
  readonly hooks: Readonly<Record<HookName, Body[]>>;
  /** beforeAll, once it has begun. */
  opened?: Promise<void>;
  /** Tests of it, and of the suites inside, that have not ended. */
  left: number;
}

type HookName = 'beforeAll' | 'beforeEach' | 'afterEach' | 'afterAll';

export function createSuites(register: (test: FlatTest) => void, timeoutMs: number) {
  let current = openSuite([], [], false);

  const addSuite = (name: string, body: Body, isSkipped: boolean) => {
    const outer = current;
    current = openSuite([...outer.path, name], [...outer.parents, outer], outer.isSkipped || isSkipped);
    try {
      if (body() instanceof Promise) throw new TypeError(`Cannot run suite "${name}": its body must not be async`);
    } finally {
      current = outer;
    }
  };
  const addTest = (name: string, body: Body, isSkipped: boolean, timeout: number = timeoutMs) => {
    if (typeof body !== 'function' || typeof timeout !== 'number')
      throw new TypeError(`Cannot run test "${name}": write it as (name, body) or (name, body, timeoutMs)`);
    const suites = [...current.parents, current];
    const ignore = isSkipped || current.isSkipped;
    if (!ignore) for (const suite of suites) suite.left++;
    register({ name: [...current.path, name].join(' > '), ignore, timeout, fn: () => runTest(suites, body) });
  };
  const hook = (name: HookName) => (body: Body) => void current.hooks[name].push(body);

  const describe = Object.assign((name: string, body: Body) => addSuite(name, body, false), {
    skip: (name: string, body: Body) => addSuite(name, body, true),
    each: each((name, body) => addSuite(name, body, false)),
  });
  const test = Object.assign((name: string, body: Body, timeout?: number) => addTest(name, body, false, timeout), {
    skip: (name: string, body: Body) => addTest(name, body, true),
    each: each((name, body, timeout) => addTest(name, body, false, timeout)),
  });
  return {
    describe,
    test,
    it: test,
    beforeAll: hook('beforeAll'),
    beforeEach: hook('beforeEach'),
    afterEach: hook('afterEach'),
    afterAll: hook('afterAll'),
  };
}

/** A row that is an array gives several arguments, any other row is one; the title's `%s` take them in order. */
function each(add: (name: string, body: Body, timeout?: number) => void) {
  return (rows: readonly unknown[]) =>
    (title: string, body: (...row: readonly unknown[]) => unknown, timeout?: number) => {
      for (const row of rows) {
        const values: readonly unknown[] = Array.isArray(row) ? row : [row];
        const named = title.match(/%[sdifjoO]/g)?.length ?? 0;
        add(format(title, ...values.slice(0, named)), () => body(...values), timeout);
      }
    };
}

function openSuite(path: readonly string[], parents: readonly Suite[], isSkipped: boolean): Suite {
  const hooks = { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] };
  return { path, parents, isSkipped, hooks, left: 0 };
}

async function runTest(suites: readonly Suite[], body: Body): Promise<void> {
  const inward = [...suites].reverse();
  const errors: unknown[] = [];
  await attempt(errors, async () => {
    for (const suite of suites) await open(suite);
    for (const suite of suites) await runHooks(suite.hooks.beforeEach);
    await body();
  });
  for (const suite of inward) await attempt(errors, () => runHooks(suite.hooks.afterEach));
  for (const suite of inward) if (--suite.left === 0) await attempt(errors, () => runHooks(suite.hooks.afterAll));
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; and then '));
  if (errors.length > 0) throw errors[0];
}

function open(suite: Suite): Promise<void> {
  suite.opened ??= runHooks(suite.hooks.beforeAll);
  return suite.opened;
}

async function runHooks(hooks: readonly Body[]): Promise<void> {
  for (const hook of hooks) await hook();
}

async function attempt(errors: unknown[], step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    errors.push(error);
  }
}
