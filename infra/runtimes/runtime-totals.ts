/** Reads how many tests passed and failed from what Bun and Deno print. Pure. */
import type { Totals } from '../launcher/test-totals.ts';

export type TestedRuntime = 'Bun' | 'Deno';

/** A file that does not load, an error outside of any test, or a run that ends badly is a failure too. */
export function totalsOf(runtime: TestedRuntime, output: string, exitCode: number): Totals {
  const { passed, failed } = runtime === 'Bun' ? totalsOfBun(output) : totalsOfDeno(output);
  return { passed, failed: failed === 0 && (exitCode !== 0 || passed === 0) ? 1 : failed };
}

/** ` 438 pass`, ` 1 fail`, ` 2 errors`, each on a line of its own; the lines that would say 0 may be absent. */
function totalsOfBun(output: string): Totals {
  const last = (word: string) => Number([...output.matchAll(new RegExp(`^ *(\\d+) ${word}$`, 'gm'))].at(-1)?.[1] ?? 0);
  return { passed: last('pass'), failed: last('fail') + last('errors?') };
}

/** `ok | 12 passed | 0 failed (3s)`, also `FAILED | 12 passed | 1 failed | 2 ignored (3s)`. */
function totalsOfDeno(output: string): Totals {
  const last = [...output.matchAll(/^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed/gm)].at(-1);
  return { passed: Number(last?.[1] ?? 0), failed: Number(last?.[2] ?? 0) };
}
