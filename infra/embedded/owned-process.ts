/**
 * A child process that this process started and must end: its output goes to a sink, its end is a promise.
 * It does not decide whether to restart. The child leads a process group of its own, so that a Ctrl-C at the terminal
 * reaches only us and we choose the order of the stops.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs as another user; only root may ask for it. */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** Whole lines, without their ends. */
  readonly onLine: (line: string) => void;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

export class OwnedProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  #end: ProcessEnd | undefined;

  constructor(spec: ProcessSpec) {
    this.#child = spawn(spec.command, spec.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...spec.env },
      detached: true,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...(spec.account && { uid: spec.account.uid, gid: spec.account.gid }),
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) if (stream) forEachLine(stream, spec.onLine);
    this.ended = new Promise((resolve) => {
      const settle = (end: ProcessEnd) => {
        this.#end = end;
        resolve(end);
      };
      this.#child.once('error', (error) => settle({ code: null, signal: null, error }));
      this.#child.once('exit', (code, signal) => settle({ code, signal }));
    });
  }

  /** undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#end === undefined;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#end === undefined) this.#child.kill(signal);
  }

  /** SIGTERM, and SIGKILL when it has not ended after `graceMs`. */
  async stop(graceMs: number): Promise<ProcessEnd> {
    this.signal('SIGTERM');
    const patience = new AbortController();
    const overdue = sleep(graceMs, 'overdue' as const, { signal: patience.signal }).catch(() => 'ended' as const);
    if ((await Promise.race([this.ended, overdue])) === 'overdue') this.signal('SIGKILL');
    patience.abort();
    return this.ended;
  }
}

function forEachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.trimEnd());
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
