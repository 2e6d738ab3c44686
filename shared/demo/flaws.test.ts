import { describe, expect, it } from 'vitest';
import type { DemoRecord, SentRecord } from './demo-record.ts';
import { Flaws } from './flaws.ts';

const NOW = Date.UTC(2026, 0, 1);
const COUNT = 20_000;
const SHARES = { late: 0.03, duplicate: 0.02, malformed: 0.01 };

interface Arrival {
  readonly record: SentRecord;
  readonly atMs: number;
}

function made(at: number): DemoRecord {
  return { topic: 'orders', key: `c${at}`, value: { customerId: `c${at}`, amount: 1, timestamp: NOW + at * 100 } };
}

function arrivals(seed: number): Arrival[] {
  const flaws = new Flaws(seed, SHARES, 'json');
  return Array.from({ length: COUNT }, (_, at) => NOW + at * 100).flatMap((atMs, at) =>
    flaws.apply([made(at)], atMs).map((record) => ({ record, atMs })),
  );
}

describe('flaws', () => {
  const all = arrivals(1);
  const originals = new Map(Array.from({ length: COUNT }, (_, at) => [`c${at}`, made(at)]));
  const isSound = ({ record }: Arrival) => JSON.stringify(record) === JSON.stringify(originals.get(record.key));
  const sound = all.filter(isSound);
  const lateMs = sound.map(({ record, atMs }) => atMs - Number((record.value as DemoRecord['value']).timestamp));
  const share = (count: number) => count / COUNT;

  it('are the same for the same seed, and others for another', () => {
    expect(arrivals(1)).toEqual(all);
    expect(arrivals(2)).not.toEqual(all);
  });

  it('make a share late, by 35 s to 8 min, some by more than 5 min, and nothing else (invariant 1)', () => {
    const late = lateMs.filter((ms) => ms > 0);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(35_000);
    expect(Math.max(...late)).toBeLessThanOrEqual(480_100);
    expect(share(late.length)).toBeGreaterThan(0.024);
    expect(share(late.length)).toBeLessThan(0.036);
    expect(late.filter((ms) => ms > 300_000).length / late.length).toBeGreaterThan(0.05);
    expect(late.filter((ms) => ms > 300_000).length / late.length).toBeLessThan(0.15);
  });

  it('send a share twice, at once (invariant 2)', () => {
    const twice = all.filter((arrival, at) => isSound(arrival) && all[at - 1]?.record.key === arrival.record.key);
    expect(share(twice.length)).toBeGreaterThan(0.016);
    expect(share(twice.length)).toBeLessThan(0.024);
  });

  it('add damaged copies behind the good records (invariant 3)', () => {
    const damaged = all.flatMap((arrival, at) => (isSound(arrival) ? [] : [at]));
    expect(share(damaged.length)).toBeGreaterThan(0.007);
    expect(share(damaged.length)).toBeLessThan(0.013);
    for (const at of damaged) expect(all[at - 1]?.record).toEqual(originals.get(all[at]?.record.key ?? ''));
  });

  it('lose nothing but what is held back at the end', () => {
    const missing = COUNT - new Set(sound.map(({ record }) => record.key)).size;
    expect(missing).toBeLessThan((480_000 / 100) * SHARES.late);
  });
});

it('without shares everything is as it was', () => {
  const flaws = new Flaws(1, { late: 0, duplicate: 0, malformed: 0 }, 'json');
  const records = Array.from({ length: 100 }, (_, at) => made(at));
  expect(flaws.apply(records, NOW)).toEqual(records);
});
