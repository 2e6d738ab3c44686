/** What can be tuned of inventory, and which values go together. */

export interface InventoryOptions {
  /** Days of cover that a restock brings. */
  readonly targetDays: number;
  /** Under so many days until stockout a product is `critical`. */
  readonly criticalDays: number;
  /** Under so many days until stockout a product is `low`. */
  readonly lowDays: number;
  /** Stock is dead after so many days without a sale. */
  readonly deadStockDays: number;
  /** Daily sales are kept for so many days, today's included; an item of an earlier day is late. */
  readonly keptDays: number;
}

export const DEFAULT_INVENTORY: InventoryOptions = {
  targetDays: 30,
  criticalDays: 3,
  lowDays: 7,
  deadStockDays: 30,
  keptDays: 60,
};

/** Days over which the velocity is taken. */
export const VELOCITY_DAYS = 7;
/** So that days times units stay exact numbers. */
const MOST_DAYS = 3_650;

export interface OptionProblem {
  readonly option: keyof InventoryOptions;
  readonly expected: string;
}

/** What is wrong with the options; undefined: nothing. `nameOf` says how messages call an option. */
export function problemOf(
  options: InventoryOptions,
  nameOf: (option: keyof InventoryOptions) => string,
): OptionProblem | undefined {
  const { targetDays, criticalDays, lowDays, deadStockDays, keptDays } = options;
  for (const option of ['criticalDays', 'lowDays', 'targetDays', 'deadStockDays', 'keptDays'] as const) {
    const days = options[option];
    if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
      return { option, expected: `a whole number of days from 1 to ${MOST_DAYS}` };
  }
  if (lowDays < criticalDays) return { option: 'lowDays', expected: atLeast(nameOf('criticalDays'), criticalDays) };
  if (targetDays < lowDays) return { option: 'targetDays', expected: atLeast(nameOf('lowDays'), lowDays) };
  if (keptDays < deadStockDays + VELOCITY_DAYS) {
    const least = deadStockDays + VELOCITY_DAYS;
    return { option: 'keptDays', expected: `${least} or more: ${nameOf('deadStockDays')} and ${VELOCITY_DAYS} days` };
  }
  return undefined;
}

/** Throws RangeError. */
export function checkOptions(options: InventoryOptions): void {
  const problem = problemOf(options, (option) => option);
  if (problem)
    throw new RangeError(
      `Cannot use "${options[problem.option]}" as ${problem.option} of inventory: expected ${problem.expected}`,
    );
}

function atLeast(name: string, days: number): string {
  return `${name} (${days}) or more`;
}
