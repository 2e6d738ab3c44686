/**
 * Where the time of a profiled process went: the functions with the most self time. Pure.
 *
 * 1. Time of native functions (socket writes, text encoding) counts for them, named with who called them.
 * 2. Only samples inside the given windows count: not the start, not what came after the measurement.
 */
import { ROOT } from '../launcher/checkout.ts';
import { table } from './table.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** The part of V8's .cpuprofile format that is needed. Times in microseconds of the system's monotonic clock. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Microseconds of the monotonic clock. */
export interface ProfileWindow {
  readonly fromUs: number;
  readonly toUs: number;
}

export interface SelfTime {
  readonly where: string;
  readonly us: number;
}

const TOP = 30;
const IDLE = new Set(['(idle)', '(program)', '(root)']);
const MAX_NAME = 100;

/** The longest first. With no window: the whole profile. */
export function selfTimes(profile: CpuProfile, windows: readonly ProfileWindow[]): SelfTime[] {
  const { samples, timeDeltas, startTime } = profile;
  const names = nodeNames(profile);
  const us = new Map<string, number>();
  let now = startTime;
  samples.forEach((id, at) => {
    const delta = timeDeltas[at] ?? 0;
    now += delta;
    if (windows.length > 0 && !windows.some(({ fromUs, toUs }) => now >= fromUs && now <= toUs)) return;
    const name = names.get(id) ?? '(root)';
    us.set(name, (us.get(name) ?? 0) + delta);
  });
  return Array.from(us, ([where, time]) => ({ where, us: time })).sort((a, b) => b.us - a.us);
}

export function profileTable(profile: CpuProfile, windows: readonly ProfileWindow[]): string {
  const busy = selfTimes(profile, windows).filter(({ where }) => !IDLE.has(where));
  const total = busy.reduce((sum, { us }) => sum + us, 0);
  const rows = busy
    .slice(0, TOP)
    .map(({ where, us }) => [where.slice(0, MAX_NAME), `${((100 * us) / total).toFixed(1)} %`, (us / 1000).toFixed(0)]);
  return table(['function', 'self', 'ms'], rows);
}

function nodeNames({ nodes }: CpuProfile): Map<number, string> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const callerOf = (id: number): string | undefined => {
    for (let at = parents.get(id); at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame;
      if (frame && !isNative(frame)) return nameOf(frame);
    }
    return undefined;
  };
  return new Map(
    nodes.map(({ id, callFrame }) => {
      const caller = isNative(callFrame) ? callerOf(id) : undefined;
      return [id, caller === undefined ? nameOf(callFrame) : `${nameOf(callFrame)} < ${caller}`];
    }),
  );
}

function isNative({ url }: ProfileNode['callFrame']): boolean {
  return url === '' || url.startsWith('node:');
}

function nameOf({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName.slice(0, 40);
  if (url === '') return name;
  const path = decodeURIComponent(url.replace(/^file:\/\//, ''));
  const short = path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
  return `${name} ${short.replace(/^node_modules\//, '')}:${lineNumber + 1}`;
}
