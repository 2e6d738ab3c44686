/**
 * What processes have used so far: CPU time and resident memory, from /proc. Where there is no /proc the answer is
 * undefined, never zero.
 */
import { readFileSync } from 'node:fs';

/** proc(5): times are in clock ticks, and Linux shows user space 100 of them a second on every machine Node runs on. */
const TICK_US = 10_000;

export interface UsageSnapshot {
  readonly atMs: number;
  /** The same moment on the system's monotonic clock, microseconds: what CPU profiles are timed by. */
  readonly monotonicUs: number;
  /** CPU microseconds since each process started; undefined where the system does not tell. */
  readonly cpuUs: ReadonlyMap<string, number> | undefined;
  /** Of all processes together, since the machine started. */
  readonly machineUs: number | undefined;
}

/** `pids` by the name the process is to have in the result. */
export function takeUsage(pids: ReadonlyMap<string, number>): UsageSnapshot {
  const cpuUs = new Map<string, number>();
  for (const [name, pid] of pids) {
    const used = cpuUsOf(readProc(pid, 'stat'));
    if (used !== undefined) cpuUs.set(name, used);
  }
  const monotonicUs = Number(process.hrtime.bigint() / 1000n);
  return {
    atMs: performance.now(),
    monotonicUs,
    cpuUs: cpuUs.size === pids.size ? cpuUs : undefined,
    machineUs: machineUsOf(readText('/proc/stat')),
  };
}

/** CPU microseconds of each process between the two; undefined when either is unknown. */
export function usageBetween(before: UsageSnapshot, after: UsageSnapshot): ReadonlyMap<string, number> | undefined {
  if (!before.cpuUs || !after.cpuUs) return undefined;
  const used = new Map<string, number>();
  for (const [name, cpuUs] of after.cpuUs) used.set(name, cpuUs - (before.cpuUs.get(name) ?? 0));
  return used;
}

/**
 * The share of the machine (0 to 1) that everything else used meanwhile: what makes a rate smaller and a latency longer
 * than they are. `alsoOursUs`: of processes of ours that are not in the snapshots.
 */
export function otherLoad(
  before: UsageSnapshot,
  after: UsageSnapshot,
  cores: number,
  alsoOursUs = 0,
): number | undefined {
  const ours = usageBetween(before, after);
  if (!ours || before.machineUs === undefined || after.machineUs === undefined) return undefined;
  let others = after.machineUs - before.machineUs - alsoOursUs;
  for (const us of ours.values()) others -= us;
  return Math.min(1, Math.max(0, others / (cores * (after.atMs - before.atMs) * 1000)));
}

/** Resident memory; `private` is what no other process shares, unlike the runtime's own file. */
export interface Resident {
  readonly bytes: number;
  readonly privateBytes: number;
}

export function resident(pid: number): Resident | undefined {
  return residentOf(readProc(pid, 'status'));
}

/** The first line of proc(5) stat: user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already. */
export function machineUsOf(stat: string | undefined): number | undefined {
  const fields = /^cpu +(.+)$/m
    .exec(stat ?? '')?.[1]
    ?.split(' ')
    .map(Number);
  if (!fields) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) * TICK_US;
}

/** Fields 14 (user) and 15 (system) of proc(5) stat; the name in field 2 may hold spaces and brackets. */
export function cpuUsOf(stat: string | undefined): number | undefined {
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks * TICK_US : undefined;
}

export function residentOf(status: string | undefined): Resident | undefined {
  const bytes = kilobytesOf(status, 'VmRSS');
  const privateBytes = kilobytesOf(status, 'RssAnon');
  return bytes === undefined || privateBytes === undefined ? undefined : { bytes, privateBytes };
}

function kilobytesOf(status: string | undefined, field: string): number | undefined {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function readProc(pid: number, file: 'stat' | 'status'): string | undefined {
  return readText(`/proc/${pid}/${file}`);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
