/** Where the time of the profiled workers went: the functions with the most self time, per process. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../launcher/checkout.ts';
import { table } from './table.ts';

/** The part of V8's .cpuprofile format that is needed. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly where: string;
  readonly us: number;
}

const TOP = 25;
const IDLE = new Set(['(idle)', '(program)', '(root)']);

/** Self time by function, the longest first; idle time and V8's own bookkeeping (`(program)`) apart, as `undefined` names. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const us = new Map<string, number>();
  samples.forEach((id, at) => {
    const name = names.get(id) ?? '(root)';
    us.set(name, (us.get(name) ?? 0) + (timeDeltas[at] ?? 0));
  });
  return Array.from(us, ([where, time]) => ({ where, us: time })).sort((a, b) => b.us - a.us);
}

/** A table for each profile in the folder's folders, one of which is a worker. */
export async function profileTables(folder: string): Promise<string> {
  const parts: string[] = [];
  for (const worker of (await readdir(folder)).sort())
    for (const file of (await readdir(join(folder, worker))).sort()) {
      if (!file.endsWith('.cpuprofile')) continue;
      const profile = JSON.parse(await readFile(join(folder, worker, file), 'utf8')) as CpuProfile;
      parts.push(`${worker} (${file})\n\n${profileTable(profile)}`);
    }
  return parts.join('\n\n');
}

export function profileTable(profile: CpuProfile): string {
  const busy = selfTimes(profile).filter(({ where }) => !IDLE.has(where));
  const total = busy.reduce((sum, { us }) => sum + us, 0);
  const rows = busy
    .slice(0, TOP)
    .map(({ where, us }) => [where, `${((100 * us) / total).toFixed(1)} %`, (us / 1000).toFixed(0)]);
  return table(['function', 'self', 'ms'], rows);
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const path = decodeURIComponent(url.replace(/^file:\/\//, ''));
  const short = path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
  return `${name} ${short.replace(/^node_modules\//, '')}:${lineNumber + 1}`;
}
