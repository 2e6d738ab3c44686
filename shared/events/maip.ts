/** A business event of MAIP: `maip.product.*`, `maip.customer.*`, `maip.application.*`, `maip.order.*`. */
import type { MeshEvent } from './event.ts';

/** `k`: the customer's id. */
export interface MaipEvent extends MeshEvent {
  readonly id: string;
  /** `maip.order.created`; the topic's name when the record has none. */
  readonly type: string;
  /** As it came; null when there was none. */
  readonly payload: unknown;
}
