/** The command line that runs a TypeScript module on each runtime, from the binaries npm installed. Pure but for paths. */
import { join } from 'node:path';
import type { Runtime } from './arguments.ts';
import { ROOT } from './checkout.ts';

export interface WorkerCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export function workerCommand(runtime: Runtime, module: string, args: readonly string[]): WorkerCommand {
  switch (runtime) {
    case 'node':
      // kafkajs computes a negative timeout when it is idle; Node says so on every worker's first line.
      return { command: process.execPath, args: ['--disable-warning=TimeoutNegativeWarning', module, ...args] };
    case 'bun':
      return { command: binary('bun'), args: [module, ...args] };
    case 'deno':
      return { command: binary('deno'), args: ['run', '--allow-all', '--quiet', module, ...args] };
    default:
      return runtime satisfies never;
  }
}

function binary(name: string): string {
  return join(ROOT, 'node_modules', '.bin', name);
}
