/**
 * `.weir/launcher.json`: who runs this mesh, how to talk to it, and which processes it started.
 * 1. At most one launcher holds a data folder; a file whose launcher no longer runs is nobody's.
 * 2. Every process is named with its start time, so that a later process with the same pid is never taken for it.
 * 3. Only the user can read it: it holds the token of the control server.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess } from '../embedded/process-identity.ts';
import type { GuardedProcess } from '../embedded/process-guard.ts';

export interface LauncherState {
  readonly pid: number;
  readonly identity: string;
  readonly startedAt: string;
  readonly control?: { readonly url: string; readonly token: string };
  readonly processes: readonly GuardedProcess[];
}

export function statePath(dataDir: string): string {
  return join(dataDir, 'launcher.json');
}

export function readState(dataDir: string): LauncherState | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(statePath(dataDir), 'utf8'));
    return isState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

export function isAlive(state: LauncherState): boolean {
  return isSameProcess(state.pid, state.identity);
}

/** Replaces the file as a whole: a reader sees the old or the new one. */
export function writeState(dataDir: string, state: LauncherState): void {
  mkdirSync(dataDir, { recursive: true });
  const next = `${statePath(dataDir)}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(next, statePath(dataDir));
}

export function deleteState(dataDir: string): void {
  rmSync(statePath(dataDir), { force: true });
}

function isState(value: unknown): value is LauncherState {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'pid' in value &&
    typeof value.pid === 'number' &&
    'identity' in value &&
    typeof value.identity === 'string' &&
    'startedAt' in value &&
    typeof value.startedAt === 'string' &&
    'processes' in value &&
    Array.isArray(value.processes)
  );
}
