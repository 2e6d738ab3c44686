/**
 * What a partition tells the summary: its products counted by status, its dead stock and its restock list.
 *
 * Invariant (inventory.test.ts): a partition's totals are the sum over its products that are shown.
 */
import type { ProductRecord } from './product-record.ts';
import { type RestockUrgency, STATUSES, type StockStatus, URGENCIES } from './stock-figures.ts';

export interface TotalsValue {
  readonly statuses: Readonly<Record<StockStatus, number>>;
  /** Products with dead stock, and stock times price of them, minor units. */
  readonly dead: readonly [products: number, value: number];
  readonly restock: Readonly<Record<RestockUrgency, number>>;
}

export class Totals {
  readonly #statuses = noneOf(STATUSES);
  readonly #restock = noneOf(URGENCIES);
  #dead = 0;
  #deadValue = 0;

  /** Adds a product, or with sign -1 takes it out again, at the same figures. */
  count({ figures, row }: ProductRecord, sign: 1 | -1): void {
    this.#statuses[figures.status] += sign;
    this.#restock[figures.urgency] += sign;
    if (!figures.isDead || !row?.state) return;
    this.#dead += sign;
    this.#deadValue += sign * stockValue(row.state);
  }

  value(): TotalsValue {
    return {
      statuses: { ...this.#statuses },
      dead: [this.#dead, this.#deadValue],
      restock: { ...this.#restock },
    };
  }
}

export function noneOf<const T extends string>(names: readonly T[]): Record<T, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<T, number>;
}

/** One that does not fit 2^53 counts as nothing: a rounded part could not be taken out of the sum again. */
function stockValue({ stock, price }: { readonly stock: number; readonly price: number }): number {
  const value = stock * price;
  return Number.isSafeInteger(value) ? value : 0;
}
