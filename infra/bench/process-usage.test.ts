import { describe, expect, it } from 'vitest';
import { cpuUsOf, residentOf, takeUsage, usageBetween } from './process-usage.ts';

const STAT =
  '4711 (a (nasty) name) S 1 4711 4711 0 -1 4194560 5013 0 7 0 1234 66 0 0 20 0 11 0 88123 1234567 2222 18446744073709551615';

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
    const before = { atMs: 0, monotonicUs: 0, cpuUs: new Map([['bridge', 500]]) };
    const after = { atMs: 1, monotonicUs: 1_000, cpuUs: new Map([['bridge', 1_700]]) };
    expect(usageBetween(before, after)).toEqual(new Map([['bridge', 1_200]]));
  });

  it('is unknown when one of the processes is', () => {
    const gone = takeUsage(new Map([['gone', 2 ** 30]]));
    expect(gone.cpuUs).toBeUndefined();
    expect(usageBetween(gone, gone)).toBeUndefined();
  });
});
