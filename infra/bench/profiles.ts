/** The CPU profiles of a bench: which parts of them were measured, and the tables of all of them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsageSnapshot } from './process-usage.ts';
import { type CpuProfile, profileTable, type ProfileWindow } from './profile-summary.ts';

export class Profiles {
  readonly folder: string;
  readonly #measured = new Map<string, ProfileWindow[]>();

  /** Node writes the profiles of each worker into a folder of its name. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** A measurement of these processes took place between the two. */
  note(processes: Iterable<string>, before: UsageSnapshot, after: UsageSnapshot): void {
    const window = { fromUs: before.monotonicUs, toUs: after.monotonicUs };
    for (const name of processes) this.#measured.set(name, [...(this.#measured.get(name) ?? []), window]);
  }

  async tables(): Promise<string> {
    const parts: string[] = [];
    for (const [worker, windows] of this.#measured)
      for (const file of (await readdir(join(this.folder, worker)).catch(() => [])).sort()) {
        if (!file.endsWith('.cpuprofile')) continue;
        const profile = JSON.parse(await readFile(join(this.folder, worker, file), 'utf8')) as CpuProfile;
        const own = windows.filter(({ fromUs }) => fromUs >= profile.startTime && fromUs <= endOf(profile));
        if (own.length > 0) parts.push(`${worker} (${file})\n\n${profileTable(profile, own)}`);
      }
    return parts.join('\n\n');
  }
}

function endOf({ startTime, timeDeltas }: CpuProfile): number {
  return timeDeltas.reduce((sum, delta) => sum + delta, startTime);
}
