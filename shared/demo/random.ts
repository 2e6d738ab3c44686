/** Randomness that a seed decides: the same on every runtime. */

/** A small generator with 32 bits of state; numbers from 0 up to 1. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A choice by weight. `dice`: from 0 up to 1. */
export function pick<T>(choices: readonly (readonly [choice: T, weight: number])[], dice: number): T {
  let left = dice * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  throw new RangeError(`Cannot pick by ${dice}: not from 0 up to 1`);
}

/** A choice, each as likely as the others. `dice`: from 0 up to 1. */
export function pickEvenly<T>(choices: readonly T[], dice: number): T {
  const choice = choices[Math.floor(dice * choices.length)];
  if (choice === undefined) throw new RangeError(`Cannot pick by ${dice} from ${choices.length}`);
  return choice;
}
