import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unitTests } from './unit-tests.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'weir-unit-tests-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('unitTests', () => {
  it('finds tests that need no servers, and none of packages or hidden folders', async () => {
    for (const file of [
      'b.test.ts',
      'a/a.test.ts',
      'a/a.ts',
      'a/a.int.test.ts',
      'a/a.fault.test.ts',
      'a/a.contract.ts',
    ])
      await touch(file);
    for (const file of ['node_modules/p/p.test.ts', 'a/node_modules/p.test.ts', '.weir/x/x.test.ts']) await touch(file);
    expect(await unitTests(root, [])).toEqual(['a/a.test.ts', 'b.test.ts']);
  });

  it('takes those with any of the filters in their path', async () => {
    for (const file of ['a/x.test.ts', 'b/y.test.ts', 'c/z.test.ts']) await touch(file);
    expect(await unitTests(root, ['a/', 'z.'])).toEqual(['a/x.test.ts', 'c/z.test.ts']);
  });
});

async function touch(file: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), '');
}
