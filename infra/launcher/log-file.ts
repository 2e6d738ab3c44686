/**
 * One worker's log on disk, `<name>.log`, and the one before it, `<name>.log.1`.
 * 1. The two never hold more than twice `maxBytes`.
 * 2. A disk that refuses is no reason to stop a worker: the line is lost.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAX_BYTES = 10_000_000;

export class LogFile {
  readonly path: string;
  readonly #maxBytes: number;
  #bytes: number;

  constructor(folder: string, name: string, maxBytes: number = MAX_BYTES) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `${name}.log`);
    this.#maxBytes = maxBytes;
    this.#bytes = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#maxBytes) {
        renameSync(this.path, `${this.path}.1`);
        this.#bytes = 0;
      }
      appendFileSync(this.path, bytes);
      this.#bytes += bytes.length;
    } catch {
      // invariant 2
    }
  }
}
