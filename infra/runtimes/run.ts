/**
 * The unit suites, the law among them, under Bun and Deno: `node infra/runtimes/run.ts [part of a path ...]`.
 * Quiet about what passes; what a runtime printed is shown when something fails. The last line is the total.
 *
 * Invariants:
 * 1. Nothing is left out silently: both runtimes must run the same number of tests.
 * 2. Nothing is written into the tree, and no process outlives this one's end by a signal.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../launcher/checkout.ts';
import { addTotals, type Totals, totalsLine } from '../launcher/test-totals.ts';
import { type TestedRuntime, totalsOf } from './runtime-totals.ts';
import { TEST_TIMEOUT_MS, unitTests } from './unit-tests.ts';

const COMMANDS: Readonly<Record<TestedRuntime, readonly string[]>> = {
  Bun: ['bun', 'test', '--isolate', '--only-failures', '--no-orphans', `--timeout=${TEST_TIMEOUT_MS}`],
  Deno: ['deno', 'test', '--quiet', '--allow-all', '--no-check', '--reporter=dot'],
};

/** Bun keeps what files have loaded until its process ends: with all of them, gigabytes. */
const FILES_A_PROCESS: Readonly<Record<TestedRuntime, number>> = { Bun: 75, Deno: Number.POSITIVE_INFINITY };

const running = new Set<ChildProcess>();
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    // What is ended counts as failed, which ends us, too.
    isStopped = true;
    for (const child of running) child.kill(signal);
    if (running.size === 0) process.exit(1);
  });

const files = await unitTests(ROOT, process.argv.slice(2));
if (files.length === 0)
  throw new Error(`Cannot run tests: none has "${process.argv.slice(2).join('" or "')}" in its path`);
// Side by side: each has one thread for its tests.
const [bun, deno] = await Promise.all([runUnder('Bun'), runUnder('Deno')]);
const totals = addTotals([bun, deno, agreement(bun, deno)]);
console.log(totalsLine(totals));
process.exitCode = totals.failed > 0 ? 1 : 0;

async function runUnder(runtime: TestedRuntime): Promise<Totals> {
  const [name = '', ...args] = COMMANDS[runtime];
  const command = join(ROOT, 'node_modules', '.bin', name);
  if (!existsSync(command)) {
    console.log(`Cannot run the tests under ${runtime}: ${name} is not installed; run npm ci`);
    return { passed: 0, failed: 1 };
  }
  const runs: Totals[] = [];
  for (let from = 0; from < files.length && !isStopped; from += FILES_A_PROCESS[runtime]) {
    // Bun takes a bare path as a filter over file names; `./` makes it a file.
    const some = files.slice(from, from + FILES_A_PROCESS[runtime]).map((file) => `./${file}`);
    const { code, output } = await run(command, [...args, ...some]);
    const totals = totalsOf(runtime, output, code);
    if (totals.failed > 0) console.log(withoutDots(output));
    runs.push(totals);
  }
  const totals = addTotals(runs);
  console.log(`${runtime}: ${totalsLine(totals)}`);
  return totals;
}

/** Deno's dot reporter prints a line for each test that passed. */
function withoutDots(output: string): string {
  return output.replaceAll(/^\.?\n/gm, '');
}

function agreement(bun: Totals, deno: Totals): Totals {
  if (bun.passed + bun.failed === deno.passed + deno.failed || bun.failed > 0 || deno.failed > 0)
    return { passed: 0, failed: 0 };
  console.log(`Bun ran ${bun.passed} tests and Deno ${deno.passed}: some were left out; see infra/runtimes`);
  return { passed: 0, failed: 1 };
}

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, DENO_NO_UPDATE_CHECK: '1' };
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const chunks: Buffer[] = [];
    for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() });
    });
  });
}
