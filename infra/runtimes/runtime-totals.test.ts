import { describe, expect, it } from 'vitest';
import { totalsOf } from './runtime-totals.ts';

describe('totals of Bun', () => {
  it('are those of its summary', () => {
    const output = '(fail) a > b [1ms]\n 99 pass\n\n 438 pass\n 1 fail\n 20291 expect() calls\nRan 439 tests.\n';
    expect(totalsOf('Bun', output, 1)).toEqual({ passed: 438, failed: 1 });
    expect(totalsOf('Bun', ' 438 pass\n 0 fail\n', 0)).toEqual({ passed: 438, failed: 0 });
  });

  it('count errors outside of tests', () => {
    expect(totalsOf('Bun', ' 3 pass\n 1 fail\n 1 error\n', 1)).toEqual({ passed: 3, failed: 2 });
    expect(totalsOf('Bun', ' 3 pass\n 0 fail\n 2 errors\n', 1)).toEqual({ passed: 3, failed: 2 });
  });
});

describe('totals of Deno', () => {
  it('are those of its summary', () => {
    expect(totalsOf('Deno', '.\nok | 439 passed | 0 failed (16s)\n', 0)).toEqual({ passed: 439, failed: 0 });
    expect(
      totalsOf('Deno', 'FAILED | 2 passed (1 step) | 3 failed | 1 ignored (9ms)\nerror: Test failed\n', 1),
    ).toEqual({
      passed: 2,
      failed: 3,
    });
  });
});

describe.each(['Bun', 'Deno'] as const)('a run of %s', (runtime) => {
  it('that ends badly has a failure', () => {
    const output = { Bun: ' 3 pass\n 0 fail\n', Deno: 'ok | 3 passed | 0 failed (1s)\n' }[runtime];
    expect(totalsOf(runtime, output, 1)).toEqual({ passed: 3, failed: 1 });
  });

  it('without any test has a failure', () => {
    expect(totalsOf(runtime, '', 0)).toEqual({ passed: 0, failed: 1 });
  });
});
