/** A sink as the launcher starts it, in a process of its own: killed, frozen or stopped as an operator would. */
import { join } from 'node:path';
import { OwnedProcess } from '../../infra/embedded/owned-process.ts';
import { ProcessGuard } from '../../infra/embedded/process-guard.ts';
import { workerCommand } from '../../infra/launcher/worker-command.ts';

export interface SinkSurroundings {
  readonly natsUrl: string;
  readonly endpoint: string;
  readonly tablePrefix: string;
  readonly instance?: string;
}

const STOP_MS = 30_000;
let guard: ProcessGuard | undefined;

export class SinkProcess implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #process: OwnedProcess;

  constructor({ natsUrl, endpoint, tablePrefix, instance = 'sink' }: SinkSurroundings) {
    this.#process = new OwnedProcess({
      ...workerCommand('node', join(import.meta.dirname, 'main.ts'), []),
      env: {
        NATS_URL: natsUrl,
        DYNAMODB_ENDPOINT: endpoint,
        TABLE_PREFIX: tablePrefix,
        WEIR_INSTANCE: instance,
        WEIR_DYNAMODB_CREATE_TABLES: 'true',
      },
      onLine: (line) => void this.lines.push(line),
    });
    guard ??= new ProcessGuard();
    guard.watch('worker', instance, this.#process);
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(name);
  }

  async kill9(): Promise<void> {
    this.#process.signal('SIGKILL');
    await this.#process.ended;
  }

  /** SIGTERM; the exit code, which is 0 only after a drain. */
  async stop(): Promise<number | null> {
    return (await this.#process.stop(STOP_MS)).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.running) await this.kill9();
  }
}
