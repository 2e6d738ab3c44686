/**
 * The order event: what every kind of order record (CDC row, plain JSON) becomes.
 *
 * An order counts once, at its latest values. A change is two events: one that takes the former values back
 * (`retract`), one that brings the new ones. Both carry the event time, key and amount of the row they speak of.
 */
export interface OrderEvent {
  /** Event time: when the order was placed, ms since the epoch. */
  readonly t: number;
  /** Key: the customer's id. */
  readonly k: string;
  /** The order's id. */
  readonly id: string;
  /** Minor units (cents). */
  readonly amount: number;
  /** True: an order counted before, at exactly these values, counts no more. */
  readonly retract?: true;
}
