/** Who orders, when, for how much: before it is a record of any format. */
export interface OrderPlan {
  readonly customer: number;
  readonly cents: number;
  readonly placedMs: number;
}

/** Customers 1 to 50 buy often. */
export const REGULARS = 50;

/** 5.00 to about 400.00, small ones more often. `dice`: from 0 up to 1. */
export function ordinaryCents(dice: number): number {
  return 500 + Math.floor(dice ** 3 * 39_500);
}
