/**
 * One worker process of the mesh under measurement: starts it, asks it how far it is, ends it.
 * It is not restarted: a worker that ends by itself ends the benchmark, with the last lines it printed.
 */
import { join } from 'node:path';
import type { Runtime } from '../launcher/arguments.ts';
import { ROOT } from '../launcher/checkout.ts';
import { workerCommand } from '../launcher/worker-command.ts';
import { OwnedProcess } from '../embedded/owned-process.ts';
import type { ProcessGuard } from '../embedded/process-guard.ts';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';

export interface WorkerPlan {
  /** Also the name of its NATS service: `bridge`, `sales`, `sales+rfm`. */
  readonly name: string;
  /** From the root of the checkout. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Beside what every worker gets. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface WorkerContext {
  readonly log: JetStreamLog;
  readonly guard: ProcessGuard;
  readonly runtime: Runtime;
  readonly env: Readonly<Record<string, string>>;
  /** Where Node is to write a CPU profile when the worker ends. */
  readonly profileDir: string | undefined;
}

const STOP_MS = 20_000;
const ASK_MS = 2_000;
const TAIL_LINES = 20;

export class BenchWorker implements AsyncDisposable {
  readonly name: string;
  readonly #log: JetStreamLog;
  readonly #process: OwnedProcess;
  readonly #tail: string[] = [];
  #isEnding = false;

  constructor(plan: WorkerPlan, { log, guard, runtime, env, profileDir }: WorkerContext) {
    this.name = plan.name;
    this.#log = log;
    const { command, args } = workerCommand(runtime, join(ROOT, plan.entry), plan.args ?? []);
    const profiling = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profileDir, plan.name)}`];
    this.#process = new OwnedProcess({
      command,
      args: [...profiling, ...args],
      cwd: ROOT,
      env,
      onLine: (line) => {
        this.#tail.push(line);
        if (this.#tail.length > TAIL_LINES) this.#tail.shift();
      },
    });
    guard.watch('worker', plan.name, this.#process);
  }

  /** Throws when it has ended without being asked to. */
  checkAlive(): void {
    if (this.#isEnding || this.#process.running) return;
    throw new Error(`Cannot go on: worker "${this.name}" ended by itself\n${this.#tail.join('\n')}`);
  }

  /** What it says of itself; undefined while it does not answer. */
  async ask(): Promise<MemberRecord | undefined> {
    const subject = `weir.${this.name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.status`;
    try {
      const answer = await this.#log.connection.request(subject, '', { timeout: ASK_MS });
      return answer.json<MemberRecord>();
    } catch {
      return undefined; // starting, or too busy to answer: asked again
    }
  }

  async kill9(): Promise<void> {
    this.#isEnding = true;
    this.#process.signal('SIGKILL');
    await this.#process.ended;
  }

  /** Lets it drain. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    await this.#process.stop(STOP_MS);
  }
}
