import { describe, expect, it } from 'vitest';
import { createSuites, type FlatTest } from './suite.ts';

type Suites = ReturnType<typeof createSuites>;

/** Declares tests, runs them as Deno would, and tells what was called and what failed. */
async function run(declare: (suites: Suites, call: (name: string) => () => void) => void) {
  const tests: FlatTest[] = [];
  const calls: string[] = [];
  const failures: Record<string, string> = {};
  declare(
    createSuites((flat) => tests.push(flat), 5),
    (name) => () => void calls.push(name),
  );
  for (const { name, ignore, fn } of tests)
    if (!ignore)
      await fn().catch((error: Error) => {
        failures[name] = error.message;
      });
  return { calls, failures, tests };
}

function fail(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

describe('suites', () => {
  it('run hooks around tests, outer ones outside (invariant 1)', async () => {
    const { calls, failures } = await run((suites, call) => {
      suites.describe('outer', () => {
        for (const hook of ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] as const) suites[hook](call(hook));
        suites.it('one', call('one'));
        suites.describe('inner', () => {
          for (const hook of ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] as const)
            suites[hook](call(`inner ${hook}`));
          suites.test('two', call('two'));
        });
      });
      suites.it('three', call('three'));
    });
    expect(failures).toEqual({});
    expect(calls).toEqual([
      ...['beforeAll', 'beforeEach', 'one', 'afterEach'],
      ...['inner beforeAll', 'beforeEach', 'inner beforeEach', 'two', 'inner afterEach', 'afterEach'],
      ...['inner afterAll', 'afterAll', 'three'],
    ]);
  });

  it('wait for what is asynchronous', async () => {
    const { failures } = await run(({ it }) => it('rejects', async () => fail('late')()));
    expect(failures).toEqual({ rejects: 'late' });
  });

  it('fail every test when beforeAll fails, and end all the same (invariant 2)', async () => {
    const { calls, failures } = await run((suites, call) => {
      suites.beforeAll(fail('no server'));
      suites.afterEach(call('afterEach'));
      suites.afterAll(call('afterAll'));
      suites.it('one', call('one'));
      suites.it('two', call('two'));
    });
    expect(failures).toEqual({ one: 'no server', two: 'no server' });
    expect(calls).toEqual(['afterEach', 'afterEach', 'afterAll']);
  });

  it('fail a test by its hooks, and say all that went wrong (invariant 2)', async () => {
    const { failures } = await run((suites) => {
      suites.afterEach(fail('not tidied'));
      suites.afterAll(fail('not closed'));
      suites.it('one', () => {});
      suites.it('two', fail('wrong'));
    });
    expect(failures).toEqual({
      one: 'not tidied',
      two: 'Error: wrong; and then Error: not tidied; and then Error: not closed',
    });
  });

  it('give each row its test, and a row that is an array its arguments', async () => {
    const seen: unknown[] = [];
    const { tests } = await run(({ describe, test }) => {
      describe.each(['a', 'b'])('suite %s', (letter) => {
        test.each([
          [1, 'one'],
          [2, 'two'],
        ])('test %s', (number, word) => void seen.push([letter, number, word]), 7);
      });
    });
    expect(tests.map(({ name }) => name)).toEqual([
      'suite a > test 1',
      'suite a > test 2',
      'suite b > test 1',
      'suite b > test 2',
    ]);
    expect(seen).toEqual([
      ['a', 1, 'one'],
      ['a', 2, 'two'],
      ['b', 1, 'one'],
      ['b', 2, 'two'],
    ]);
    expect(tests.map(({ timeout }) => timeout)).toEqual([7, 7, 7, 7]);
  });

  it('skip what says so, and still end', async () => {
    const { calls, tests } = await run((suites, call) => {
      suites.afterAll(call('afterAll'));
      suites.it('runs', call('runs'));
      suites.it.skip('alone', call('skipped'));
      suites.describe.skip('all of it', () => {
        suites.describe('and deeper', () => suites.it('inside', call('skipped')));
      });
    });
    expect(tests.map(({ ignore }) => ignore)).toEqual([false, true, true]);
    expect(calls).toEqual(['runs', 'afterAll']);
  });

  it('refuse what they do not have (invariant 3)', async () => {
    // @ts-expect-error vitest has options there
    await expect(run(({ it }) => it('retried', { retry: 3 }, () => {}))).rejects.toThrow('Cannot run test "retried"');
    await expect(run(({ describe }) => describe('async', async () => {}))).rejects.toThrow('must not be async');
  });
});
