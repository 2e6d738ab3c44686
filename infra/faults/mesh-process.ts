/**
 * One process of the mesh under test: started as the launcher does, killed, frozen, or stopped as an operator would.
 * Its output is kept, for it says what a test looks for and why a test failed. A guard ends it when the test process is killed.
 */
import { join } from 'node:path';
import { OwnedProcess } from '../embedded/owned-process.ts';
import { ProcessGuard } from '../embedded/process-guard.ts';
import { ROOT } from '../launcher/checkout.ts';
import { workerCommand } from '../launcher/worker-command.ts';

export type ServiceName = 'rfm' | 'sales' | 'inventory' | 'region-health';
export type Role =
  | 'bridge'
  | 'verify'
  | 'schema-registry'
  | 'sink-dynamodb'
  | 'sink-postgres'
  | ServiceName
  | 'sales+rfm';

const MODULES: Readonly<Record<Role, readonly [module: string, ...args: string[]]>> = {
  bridge: ['bridge/main.ts'],
  verify: ['bridge/cli/main.ts', 'verify'],
  'schema-registry': ['infra/schema-registry/main.ts'],
  rfm: ['services/rfm/main.ts'],
  sales: ['services/sales/main.ts'],
  inventory: ['services/inventory/main.ts'],
  'region-health': ['services/region-health/main.ts'],
  'sink-dynamodb': ['services/sink-dynamodb/main.ts'],
  'sink-postgres': ['services/sink-postgres/main.ts'],
  'sales+rfm': ['infra/launcher/fused.ts', 'sales', 'rfm'],
};

const STOP_MS = 30_000;
const KEPT_LINES = 2_000;

let guard: ProcessGuard | undefined;

export class MeshProcess implements AsyncDisposable {
  readonly name: string;
  readonly #process: OwnedProcess;
  readonly #lines: string[] = [];

  constructor(role: Role, name: string, env: Readonly<Record<string, string>>) {
    const [module, ...args] = MODULES[role];
    const command = workerCommand('node', join(ROOT, module), args);
    this.name = name;
    this.#process = new OwnedProcess({
      ...command,
      env,
      onLine: (line) => {
        this.#lines.push(line);
        if (this.#lines.length > KEPT_LINES) this.#lines.shift();
      },
    });
    guard ??= new ProcessGuard();
    guard.watch('worker', name, this.#process);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get running(): boolean {
    return this.#process.running;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** What it said so far does not count. */
  forgetLines(): void {
    this.#lines.length = 0;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill9(): Promise<void> {
    this.#process.signal('SIGKILL');
    await this.#process.ended;
  }

  freeze(): void {
    this.#process.signal('SIGSTOP');
  }

  thaw(): void {
    this.#process.signal('SIGCONT');
  }

  /** The exit code, when it ends by itself. */
  async end(): Promise<number | null> {
    return (await this.#process.ended).code;
  }

  /** SIGTERM; the exit code, which is 0 only after a drain. */
  async stop(): Promise<number | null> {
    return (await this.#process.stop(STOP_MS)).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) await this.kill9();
  }
}
