import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BEFORE_ALL_TIME } from '../events/stage.ts';
import { PartitionWatermark, SourceWatermarks } from './watermark.ts';

describe('PartitionWatermark', () => {
  test('is the largest event time less the bound less 1 ms', () => {
    const watermark = new PartitionWatermark(5_000);
    expect(watermark.current).toBeUndefined();
    watermark.observe(20_000);
    watermark.observe(16_000);
    expect(watermark.current).toBe(14_999);
  });

  test('never falls, whatever comes (invariant 1)', () => {
    const watermark = new PartitionWatermark(0);
    watermark.restore(500);
    for (const lower of [() => watermark.observe(100), () => watermark.advanceTo(499), () => watermark.restore(1)]) {
      lower();
      expect(watermark.current).toBe(500);
    }
    watermark.restore(undefined);
    watermark.advanceTo(700);
    expect(watermark.current).toBe(700);
  });

  test('keeps no time that is not a number, and no bound below 0', () => {
    const watermark = new PartitionWatermark(0);
    watermark.observe(Number.NaN);
    expect(watermark.current).toBeUndefined();
    expect(() => new PartitionWatermark(-1)).toThrow('"-1"');
  });
});

describe('SourceWatermarks', () => {
  test('is the minimum over all sources', () => {
    const watermarks = new SourceWatermarks();
    expect(watermarks.current).toBe(BEFORE_ALL_TIME);
    watermarks.update('a', 100, false);
    watermarks.update('b', 70, false);
    expect(watermarks.current).toBe(100); // b came later: what was reached stays
    watermarks.update('a', 200, false);
    watermarks.update('b', 150, false);
    expect(watermarks.current).toBe(150);
  });

  test('a source declared without a watermark holds it (invariant 2)', () => {
    const watermarks = new SourceWatermarks();
    watermarks.update('a', undefined, false);
    watermarks.update('b', 70, false);
    expect(watermarks.current).toBe(BEFORE_ALL_TIME);
    watermarks.update('a', 50, false);
    expect(watermarks.current).toBe(50);
    watermarks.update('c', undefined, false);
    watermarks.update('a', 70, false);
    expect(watermarks.current).toBe(50);
    watermarks.update('c', 60, false);
    expect(watermarks.current).toBe(60);
  });

  test('an idle source leaves the minimum and comes back into it (invariant 3)', () => {
    const watermarks = new SourceWatermarks();
    watermarks.update('a', 10, false);
    watermarks.update('b', undefined, false);
    watermarks.update('b', undefined, true);
    watermarks.update('a', 90, false);
    expect(watermarks.current).toBe(90);
    watermarks.update('b', 20, false);
    watermarks.update('a', 100, false);
    expect(watermarks.current).toBe(90);
    watermarks.update('b', 95, false);
    expect(watermarks.current).toBe(95);
  });

  test('when all are idle the maximum stands (invariant 3)', () => {
    const watermarks = new SourceWatermarks();
    watermarks.update('b', 200, false);
    watermarks.update('a', 300, true);
    expect(watermarks.current).toBe(200);
    watermarks.update('b', 200, true);
    expect(watermarks.current).toBe(300);
  });

  test('update says whether anything changed, and changes tells it once', () => {
    const watermarks = new SourceWatermarks();
    expect(watermarks.update('a', undefined, false)).toBe(true);
    expect(watermarks.update('a', undefined, false)).toBe(false);
    expect(watermarks.update('a', 5, false)).toBe(true);
    expect(watermarks.update('a', 4, false)).toBe(false);
    expect(watermarks.update('a', undefined, true)).toBe(true);
    expect(watermarks.changes()).toEqual([['a', 5, 1]]);
    expect(watermarks.changes()).toEqual([]);
    watermarks.update('b', undefined, false);
    expect(watermarks.changes()).toEqual([['b', null, 0]]);
    expect(watermarks.snapshot()).toEqual([
      ['a', 5, 1],
      ['b', null, 0],
    ]);
  });

  test('restore forgets what was there, and its sources are no changes', () => {
    const watermarks = new SourceWatermarks();
    watermarks.update('old', 1, false);
    watermarks.update('earlier by name', 1, false);
    expect(watermarks.snapshot().map(([source]) => source)).toEqual(['earlier by name', 'old']);
    watermarks.restore([['a', null, 0]], 40); // the value reached does not follow from the sources
    expect(watermarks.current).toBe(40);
    expect(watermarks.changes()).toEqual([]);
    expect(watermarks.snapshot()).toEqual([['a', null, 0]]);
  });
});

const update = fc.record({
  source: fc.constantFrom('a', 'b', 'c', 'd'),
  watermark: fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined }),
  idle: fc.boolean(),
});

test('property: never falls, and snapshot + changes gives the same again (invariants 1 and 4)', () => {
  fc.assert(
    fc.property(fc.array(fc.array(update, { maxLength: 6 }), { maxLength: 8 }), fc.nat(), (commits, cut) => {
      const live = new SourceWatermarks();
      const replica = new SourceWatermarks();
      const snapshotAt = commits.length === 0 ? 0 : cut % commits.length;
      for (const [at, updates] of commits.entries()) {
        for (const { source, watermark, idle } of updates) {
          const before = live.current;
          live.update(source, watermark, idle);
          expect(live.current).toBeGreaterThanOrEqual(before);
        }
        const changes = live.changes();
        if (at < snapshotAt) continue;
        if (at === snapshotAt) replica.restore(live.snapshot(), live.current);
        else replica.apply(JSON.parse(JSON.stringify(changes)), live.current);
        expect(replica.snapshot()).toEqual(live.snapshot());
        expect(replica.current).toBe(live.current);
      }
    }),
  );
});
