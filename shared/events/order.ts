/**
 * The order event: what every kind of order record (CDC row, plain JSON) becomes.
 *
 * An order counts once, at its latest values. A change is two events: one that takes the former values back
 * (`retract`), one that brings the new ones. Both carry the event time, key and amount of the row they speak of.
 */
import type { MeshEvent } from './event.ts';

/** `t`: when the order was placed. `k`: the customer's id. */
export interface OrderEvent extends MeshEvent {
  /** The order's id. */
  readonly id: string;
  /** Minor units (cents). */
  readonly amount: number;
}
