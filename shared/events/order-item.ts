/**
 * One line of an order: a product that was sold. Changes come as retract and add, as with orders.
 */
import type { MeshEvent } from './event.ts';

/** `t`: when it was sold. `k`: the product's id. */
export interface OrderItemEvent extends MeshEvent {
  /** The line's id. */
  readonly id: string;
  /** The order it belongs to. */
  readonly order: string;
  /** Units; below zero for a return. */
  readonly quantity: number;
  /** Of one unit, minor units (cents). */
  readonly price: number;
}
