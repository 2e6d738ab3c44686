/** Which tests run on every runtime: those that vitest's project `unit` runs, with its timeout. */
import { glob } from 'node:fs/promises';

/** Of one test. */
export const TEST_TIMEOUT_MS = 60_000;

/** The unit test files below `root`, as paths from there; with filters, those whose path contains one of them. */
export async function unitTests(root: string, filters: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  const exclude = (path: string) => /(^|[/\\])node_modules$/.test(path);
  for await (const file of glob('**/*.test.ts', { cwd: root, exclude })) {
    const isUnit = !/\.(int|fault|cdc)\.test\.ts$/.test(file);
    if (isUnit && (filters.length === 0 || filters.some((filter) => file.includes(filter)))) files.push(file);
  }
  return files.sort();
}
