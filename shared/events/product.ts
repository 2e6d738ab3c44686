/**
 * The state of a product, as its row says. The latest one of a product stands; nothing is taken back.
 */
import type { MeshEvent } from './event.ts';

/** `t`: when the row was changed. `k`: the product's id. */
export interface ProductState extends MeshEvent {
  readonly name: string;
  /** Units in stock; below zero: sold what was not there. */
  readonly stock: number;
  /** Minor units (cents). */
  readonly price: number;
}

/** The product's row is gone. */
export interface ProductDeleted extends MeshEvent {
  readonly deleted: true;
}

export type ProductEvent = ProductState | ProductDeleted;
