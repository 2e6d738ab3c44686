/** A record of the demo, and what makes records: pure, a seed and the times it is asked at decide everything. */
export interface DemoRecord {
  readonly topic: string;
  readonly key: string;
  /** Becomes the record's JSON. */
  readonly value: Readonly<Record<string, unknown>>;
}

export interface DemoSource {
  /** All that next() may name. */
  readonly topics: readonly string[];
  /** The next record, arriving at this time (ms). */
  next(nowMs: number): DemoRecord;
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
