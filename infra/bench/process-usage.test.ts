import { describe, expect, it } from 'vitest';
import { cpuUsOf, machineUsOf, otherLoad, residentOf, takeUsage, usageBetween } from './process-usage.ts';

const STAT =
  '4711 (a (nasty) name) S 1 4711 4711 0 -1 4194560 5013 0 7 0 1234 66 0 0 20 0 11 0 88123 1234567 2222 18446744073709551615';

const EMPTY = { atMs: 0, monotonicUs: 0, cpuUs: undefined, machineUs: undefined };

describe('cpuUsOf', () => {
  it('adds user and system time, whatever the name of the process', () => {
    expect(cpuUsOf(STAT)).toBe((1234 + 66) * 10_000);
  });

  it('knows nothing of a process that is gone or a line that is none', () => {
    expect(cpuUsOf(undefined)).toBeUndefined();
    expect(cpuUsOf('')).toBeUndefined();
  });
});

describe('residentOf', () => {
  it('reads what is resident, and what of it is private', () => {
    expect(residentOf('Name:\tnode\nVmHWM:\t  99999 kB\nVmRSS:\t   51200 kB\nRssAnon:\t       1 kB\n')).toEqual({
      bytes: 51_200 * 1024,
      privateBytes: 1024,
    });
    expect(residentOf('Name:\tnode\n')).toBeUndefined();
  });
});

describe('usageBetween', () => {
  it('subtracts by process', () => {
    const before = { ...EMPTY, cpuUs: new Map([['bridge', 500]]) };
    const after = { ...EMPTY, cpuUs: new Map([['bridge', 1_700]]) };
    expect(usageBetween(before, after)).toEqual(new Map([['bridge', 1_200]]));
  });

  it('is unknown when one of the processes is', () => {
    const gone = takeUsage(new Map([['gone', 2 ** 30]]));
    expect(gone.cpuUs).toBeUndefined();
    expect(usageBetween(gone, gone)).toBeUndefined();
  });
});

describe('machineUsOf', () => {
  it('adds all but idling and waiting', () => {
    expect(machineUsOf('cpu  10 1 5 9000 800 2 3 4 7 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n')).toBe(25 * 10_000);
    expect(machineUsOf(undefined)).toBeUndefined();
  });
});

describe('otherLoad', () => {
  const before = { ...EMPTY, cpuUs: new Map([['bridge', 0]]), machineUs: 1_000_000 };

  it('is the share of all cores that was not ours', () => {
    const after = { ...EMPTY, atMs: 1_000, cpuUs: new Map([['bridge', 500_000]]), machineUs: 2_000_000 };
    expect(otherLoad(before, after, 2)).toBe(0.25);
  });

  it('is never below nothing, and unknown where processes are', () => {
    const after = { ...EMPTY, atMs: 1_000, cpuUs: new Map([['bridge', 500_000]]), machineUs: 1_400_000 };
    expect(otherLoad(before, after, 2)).toBe(0);
    expect(otherLoad(before, { ...EMPTY, atMs: 1_000 }, 2)).toBeUndefined();
  });
});
