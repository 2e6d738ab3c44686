/**
 * Ends our children when we cannot: a shell that reads which processes live from a pipe only we hold. When the pipe
 * closes with processes still in the list, we were killed, and the shell ends them.
 * 1. Workers end before the servers they talk to.
 * 2. SIGTERM first, SIGKILL to what is left after ten seconds.
 * 3. It costs one idle shell (about 1 MB) and nothing on the way out: an empty list ends nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { OwnedProcess } from './owned-process.ts';
import { processIdentity } from './process-identity.ts';

export type ProcessRole = 'worker' | 'server';

export interface GuardedProcess {
  readonly name: string;
  readonly role: ProcessRole;
  readonly pid: number;
  /** Its start time, see process-identity.ts. */
  readonly identity: string;
}

const SCRIPT = `
trap '' INT TERM HUP
workers=' '; servers=' '
while read -r role pid; do
  case $role in
    worker) workers="$workers$pid ";;
    server) servers="$servers$pid ";;
    ended)
      case $workers in *" $pid "*) workers="\${workers%% $pid *} \${workers#* $pid }";; esac
      case $servers in *" $pid "*) servers="\${servers%% $pid *} \${servers#* $pid }";; esac;;
  esac
done
finish() {
  for pid in $1; do kill -TERM "$pid" 2>/dev/null; done
  tries=0
  while [ $tries -lt 50 ]; do
    left=' '
    for pid in $1; do kill -0 "$pid" 2>/dev/null && left="$left$pid "; done
    [ "$left" = ' ' ] && return
    tries=$((tries + 1)); sleep 0.2
  done
  for pid in $left; do kill -KILL "$pid" 2>/dev/null; done
}
finish "$workers"; finish "$servers"
`;

export class ProcessGuard {
  readonly #shell: ChildProcess;
  readonly #running = new Map<number, GuardedProcess>();
  readonly #onChange: () => void;

  /** `onChange` is called when a process joins or leaves `running`. */
  constructor(onChange: () => void = () => undefined) {
    this.#onChange = onChange;
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.#shell.once('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
    if (this.#shell.stdin instanceof Socket) this.#shell.stdin.unref();
  }

  get running(): readonly GuardedProcess[] {
    return [...this.#running.values()];
  }

  /** Watches a process until it ends; one that could not be started needs no guard. */
  watch(role: ProcessRole, name: string, { pid, ended }: OwnedProcess): void {
    const identity = pid === undefined ? undefined : processIdentity(pid);
    if (pid === undefined || identity === undefined) return;
    this.#tell(`${role} ${pid}`);
    this.#running.set(pid, { name, role, pid, identity });
    this.#onChange();
    ended.then(() => {
      this.#tell(`ended ${pid}`);
      this.#running.delete(pid);
      this.#onChange();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#shell.once('exit', resolve));
    this.#shell.ref(); // or the event loop may end before it
    this.#shell.stdin?.end();
    if (this.#shell.exitCode === null && this.#shell.pid !== undefined) await gone;
  }

  #tell(line: string): void {
    const stdin = this.#shell.stdin;
    if (stdin?.writable) stdin.write(`${line}\n`);
  }
}
