/** Adds up test runs. Pure. A run that ended badly without a failed test counts as one failure: nothing failing is hidden. */

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

export function addTotals(runs: readonly Totals[]): Totals {
  return {
    passed: runs.reduce((sum, run) => sum + run.passed, 0),
    failed: runs.reduce((sum, run) => sum + run.failed, 0),
  };
}

/** A file that could not be loaded has no failed tests, and an error outside of any test fails none: one each. */
export function totalsOfVitest(report: unknown, exitCode: number): Totals {
  const passed = count(report, 'numPassedTests');
  const tests = count(report, 'numFailedTests');
  const failed = tests + unloadableFiles(report);
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}

/** The last line of the form `N passed, N failed` that a run printed. */
export function totalsOfOutput(output: string, exitCode: number): Totals {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  const totals = { passed: Number(last?.[1] ?? 0), failed: Number(last?.[2] ?? 0) };
  return totals.failed === 0 && exitCode !== 0 ? { ...totals, failed: 1 } : totals;
}

export function totalsLine({ passed, failed }: Totals): string {
  return `${passed} passed, ${failed} failed`;
}

/** `file > suite > test` of each failed test, and the files that could not be loaded: what to look at first. */
export function failuresOfVitest(report: unknown): string[] {
  const files = field(report, 'testResults');
  if (!Array.isArray(files)) return [];
  return files.flatMap((file: unknown) => {
    if (field(file, 'status') !== 'failed') return [];
    const tests = field(file, 'assertionResults');
    const failed = Array.isArray(tests) ? tests.filter((test) => field(test, 'status') === 'failed') : [];
    const name = String(field(file, 'name'));
    return failed.length === 0 ? [name] : failed.map((test) => `${name} > ${String(field(test, 'fullName'))}`);
  });
}

function unloadableFiles(report: unknown): number {
  const files = field(report, 'testResults');
  if (!Array.isArray(files)) return 0;
  return files.filter((file: unknown) => {
    const tests = field(file, 'assertionResults');
    return (
      field(file, 'status') === 'failed' &&
      Array.isArray(tests) &&
      !tests.some((test) => field(test, 'status') === 'failed')
    );
  }).length;
}

function count(report: unknown, name: string): number {
  const value = field(report, name);
  return typeof value === 'number' ? value : 0;
}

function field(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  return Object.entries(object).find(([key]) => key === name)?.[1];
}
