/** Worker processes of one mesh, each on a runtime of its own choice. Disposing kills those that still run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Runtime } from '../launcher/arguments.ts';
import { ROOT } from '../launcher/checkout.ts';
import { workerCommand } from '../launcher/worker-command.ts';

type Environment = Readonly<Record<string, string>>;

export class Workers implements Disposable {
  readonly #env: Environment;
  readonly #children = new Set<ChildProcess>();

  constructor(env: Environment) {
    this.#env = env;
  }

  start(runtime: Runtime, module: string, instance: string): void {
    const { command, args } = workerCommand(runtime, join(ROOT, module), []);
    const env = { ...process.env, ...this.#env, WEIR_INSTANCE: instance, WEIR_LOG_LEVEL: 'error' };
    this.#children.add(spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }));
  }

  /** Asks all to drain; their exit codes, in the order of their starts. */
  drain(): Promise<(number | null)[]> {
    return Promise.all(Array.from(this.#children, drain));
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

async function drain(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}
