/** Ends what a launcher that was killed left behind, so that its ports and data are free: workers first, then servers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardedProcess } from '../embedded/process-guard.ts';
import { isSameProcess } from '../embedded/process-identity.ts';
import type { LauncherState } from './state-file.ts';

const GRACE_MS = 15_000;
const POLL_MS = 50;

export async function endLeftovers(state: LauncherState, say: (line: string) => void): Promise<void> {
  for (const role of ['worker', 'server'] as const) {
    const left = state.processes.filter((known) => known.role === role && runs(known));
    for (const known of left) {
      say(`ending ${known.name} (pid ${known.pid}), left behind by a launcher that was killed`);
      signal(known, 'SIGTERM');
    }
    await untilGone(left, GRACE_MS);
    for (const known of left) signal(known, 'SIGKILL');
    await untilGone(left, GRACE_MS);
  }
}

async function untilGone(processes: readonly GuardedProcess[], withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (processes.some(runs) && Date.now() < deadline) await sleep(POLL_MS);
}

function runs(known: GuardedProcess): boolean {
  return isSameProcess(known.pid, known.identity);
}

function signal(known: GuardedProcess, name: NodeJS.Signals): void {
  if (!runs(known)) return;
  try {
    process.kill(known.pid, name);
  } catch {
    // It ended between the two calls.
  }
}
