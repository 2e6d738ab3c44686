import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../launcher/checkout.ts';
import { type CpuProfile, profileTable, selfTimes } from './profile-summary.ts';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });
const own = pathToFileURL(join(ROOT, 'bridge', 'lane.ts')).href;

const PROFILE: CpuProfile = {
  startTime: 1_000,
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 5] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('push', own, 11), children: [4] },
    { id: 4, callFrame: frame('writeBuffer') },
    { id: 5, callFrame: frame('(garbage collector)') },
  ],
  samples: [3, 4, 2, 5, 3],
  timeDeltas: [100, 300, 1_000, 50, 550],
};

describe('selfTimes', () => {
  it('adds up by function, and says who called a native one', () => {
    expect(selfTimes(PROFILE, [])).toEqual([
      { where: '(idle)', us: 1_000 },
      { where: 'push bridge/lane.ts:12', us: 650 },
      { where: 'writeBuffer < push bridge/lane.ts:12', us: 300 },
      { where: '(garbage collector)', us: 50 },
    ]);
  });

  it('counts what was sampled in a window only', () => {
    expect(selfTimes(PROFILE, [{ fromUs: 1_150, toUs: 1_400 }])).toEqual([
      { where: 'writeBuffer < push bridge/lane.ts:12', us: 300 },
    ]);
  });
});

describe('profileTable', () => {
  it('leaves idle time out of the shares', () => {
    expect(profileTable(PROFILE, [])).toMatch(/\| push bridge\/lane\.ts:12 +\| 65\.0 % \| 1 +\|/);
    expect(profileTable(PROFILE, [])).not.toContain('idle');
  });
});
