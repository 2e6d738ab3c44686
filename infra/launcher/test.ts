/**
 * `npm test`: every vitest project on Node, then the unit suites under Bun and Deno, then the totals over all of it.
 * Arguments are vitest's (`npm test -- shared/log`, `npm test -- --project unit`); with any, only vitest runs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from './checkout.ts';
import { addTotals, failuresOfVitest, type Totals, totalsLine, totalsOfOutput, totalsOfVitest } from './test-totals.ts';

const RUNTIMES = join(ROOT, 'infra', 'runtimes', 'run.ts');

let running: ChildProcess | undefined;
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
process.once('disconnect', () => stop('SIGTERM'));

/** Said again at the end: what comes after them is long. */
const failures: string[] = [];
const args = process.argv.slice(2);
const runs = [await runVitest(args)];
if (args.length === 0 && existsSync(RUNTIMES) && !stopped) runs.push(await runRuntimes());
const totals = addTotals(runs);
for (const failure of failures) console.log(`failed: ${relative(ROOT, failure)}`);
console.log(`\n${totalsLine(totals)}`);
process.exit(totals.failed > 0 || totals.passed === 0 || stopped ? 1 : 0);

async function runVitest(filters: readonly string[]): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-test-report-'));
  try {
    const report = join(folder, 'report.json');
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { code } = await run([vitest, 'run', ...reporters, ...filters], 'show');
    const text = await readFile(report, 'utf8').catch(() => 'null');
    const found: unknown = JSON.parse(text);
    failures.push(...failuresOfVitest(found));
    return totalsOfVitest(found, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runRuntimes(): Promise<Totals> {
  console.log('\nThe unit suites under Bun and Deno:');
  const { code, output } = await run([RUNTIMES], 'show and keep');
  return totalsOfOutput(output, code);
}

function run(command: readonly string[], output: 'show' | 'show and keep'): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', ...command], {
      cwd: ROOT,
      stdio: ['ignore', output === 'show' ? 'inherit' : 'pipe', 'inherit'],
    });
    running = child;
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output: text }));
  });
}

/** vitest ends its tests and tears the servers down at SIGTERM; what it cannot end, the servers' guard does. */
function stop(signal: NodeJS.Signals): void {
  stopped = true;
  running?.kill(signal);
}
