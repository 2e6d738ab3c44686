import { describe, expect, it } from 'vitest';
import { addTotals, failuresOfVitest, totalsLine, totalsOfOutput, totalsOfVitest } from './test-totals.ts';

describe('totals', () => {
  it('are what vitest counted', () => {
    const file = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] };
    expect(totalsOfVitest({ numPassedTests: 5, numFailedTests: 1, testResults: [file] }, 1)).toEqual({
      passed: 5,
      failed: 1,
    });
  });

  it('count a file that could not be loaded as a failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(totalsOfVitest({ numPassedTests: 5, numFailedTests: 0, testResults }, 1)).toEqual({ passed: 5, failed: 1 });
  });

  it('count a run that ended badly, or without a report, as a failure', () => {
    expect(totalsOfVitest({ numPassedTests: 5, numFailedTests: 0, testResults: [] }, 1)).toEqual({
      passed: 5,
      failed: 1,
    });
    expect(totalsOfVitest(null, 1)).toEqual({ passed: 0, failed: 1 });
    expect(totalsOfOutput('', 1)).toEqual({ passed: 0, failed: 1 });
  });

  it('are read from the last line of that form', () => {
    expect(totalsOfOutput('bun\n3 passed, 1 failed\nall\n7 passed, 2 failed\n', 1)).toEqual({ passed: 7, failed: 2 });
    expect(totalsOfOutput('x 7 passed, 2 failed', 0)).toEqual({ passed: 0, failed: 0 });
  });

  it('name what failed', () => {
    const assertionResults = [
      { status: 'failed', fullName: 'a suite its test' },
      { status: 'passed', fullName: 'a suite another' },
    ];
    const testResults = [
      { status: 'failed', name: 'a.test.ts', assertionResults },
      { status: 'failed', name: 'unloadable.test.ts', assertionResults: [] },
      { status: 'passed', name: 'b.test.ts', assertionResults: [{ status: 'passed', fullName: 'b' }] },
    ];
    expect(failuresOfVitest({ testResults })).toEqual(['a.test.ts > a suite its test', 'unloadable.test.ts']);
    expect(failuresOfVitest(null)).toEqual([]);
  });

  it('add up', () => {
    expect(
      totalsLine(
        addTotals([
          { passed: 1, failed: 2 },
          { passed: 3, failed: 4 },
        ]),
      ),
    ).toBe('4 passed, 6 failed');
  });
});
