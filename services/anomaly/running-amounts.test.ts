import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunningAmounts } from './running-amounts.ts';

function of(amounts: readonly number[]): RunningAmounts {
  const running = new RunningAmounts();
  for (const amount of amounts) running.add(amount);
  return running;
}

/** As Welford writes it. */
function welford(amounts: readonly number[]): { mean: number; deviation: number } {
  let [count, mean, m2] = [0, 0, 0];
  for (const amount of amounts) {
    count++;
    const delta = amount - mean;
    mean += delta / count;
    m2 += delta * (amount - mean);
  }
  return { mean, deviation: Math.sqrt(m2 / (count - 1)) };
}

const amount = fc.integer({ min: -10_000, max: 10_000_000 });

test('five amounts by hand', () => {
  const running = of([1000, 1200, 800, 1100, 900]);
  expect(running.mean).toBe(1000);
  expect(running.deviation).toBeCloseTo(158.113883, 6);
});

test('mean and deviation are those of Welford and of the definition (invariant 1)', () => {
  fc.assert(
    fc.property(fc.array(amount, { minLength: 2, maxLength: 60 }), (amounts) => {
      const running = of(amounts);
      const mean = amounts.reduce((sum, each) => sum + each, 0) / amounts.length;
      const squares = amounts.reduce((sum, each) => sum + (each - mean) ** 2, 0);
      const deviation = Math.sqrt(squares / (amounts.length - 1));
      expect(running.mean).toBeCloseTo(mean, 6);
      expect(Math.abs(running.deviation - deviation)).toBeLessThanOrEqual(1e-9 * deviation);
      expect(Math.abs(running.deviation - welford(amounts).deviation)).toBeLessThanOrEqual(1e-9 * deviation);
      expect(of(amounts.toReversed()).encode()).toBe(running.encode());
    }),
  );
});

test('removing leaves what adding the others gives, to the last bit (invariant 2)', () => {
  const removed = fc.array(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), { maxLength: 10 });
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1 }), removed, (kept, taken) => {
      const running = of([...taken, ...kept]);
      for (const each of taken) expect(running.remove(each)).toBe(true);
      expect(running.encode()).toBe(of(kept).encode());
      expect(running.deviation).toBe(of(kept).deviation);
      expect(RunningAmounts.decode(JSON.parse(running.encode())).encode()).toBe(running.encode());
    }),
  );
});

test('what cannot have been added cannot be removed', () => {
  expect(of([]).remove(5)).toBe(false);
  const one = of([7]);
  expect(one.remove(5)).toBe(false);
  expect(one.encode()).toBe('[1,"7","49"]');
  expect(one.remove(7)).toBe(true);
  expect(of([10, 10]).remove(5)).toBe(false);
});
