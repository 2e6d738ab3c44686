/**
 * Shows and follows the log files of a worker, a service's workers, or a server. Reads files only, so it works on a mesh
 * that has stopped, too. A file that got shorter was rotated: it is read from its start.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArgumentError } from './arguments.ts';

const TAIL_BYTES = 16_384;
const POLL_MS = 300;

export async function showLogs(dataDir: string, target: string, follow: boolean): Promise<number> {
  const folder = join(dataDir, 'logs');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.log')) : [];
  const chosen = matchingLogs(names, target);
  if (chosen.length === 0) {
    const known = names.map((name) => basename(name, '.log')).join(', ');
    throw new ArgumentError(
      `Cannot find a log of "${target}": ${known ? `there is ${known}` : 'nothing ran here yet'}`,
    );
  }
  const followers = chosen.map((name) => new LogFollower(join(folder, name)));
  const prefixed = followers.length > 1;
  do {
    for (const follower of followers)
      for (const line of follower.newLines()) console.log(prefixed ? `${follower.name} | ${line}` : line);
    if (follow) await sleep(POLL_MS);
  } while (follow);
  return 0;
}

/** `rfm` means rfm-1, rfm-2, ...; `rfm-2` and `kafka` only themselves. */
export function matchingLogs(names: readonly string[], target: string): string[] {
  return names.filter((name) => {
    const worker = basename(name, '.log');
    return worker === target || worker.replace(/-\d+$/, '') === target;
  });
}

export class LogFollower {
  readonly name: string;
  readonly #path: string;
  #position: number;

  /** Begins near the end, at the start of a line. */
  constructor(path: string, tailBytes: number = TAIL_BYTES) {
    this.#path = path;
    this.name = basename(path, '.log');
    const size = sizeOf(path);
    this.#position = Math.max(0, size - tailBytes);
    if (this.#position > 0) this.#position += this.#read(size).indexOf(10) + 1;
  }

  newLines(): string[] {
    const size = sizeOf(this.#path);
    if (size < this.#position) this.#position = 0;
    const bytes = this.#read(size);
    const end = bytes.lastIndexOf(10) + 1;
    this.#position += end;
    return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n');
  }

  #read(size: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, size - this.#position));
    if (bytes.length === 0) return bytes;
    const file = openSync(this.#path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, this.#position));
    } finally {
      closeSync(file);
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
