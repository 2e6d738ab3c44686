/** Inputs of inventory for its tests: steps as the bridge would write them, and what came out. */
// biome-ignore-all lint/style/noRestrictedImports: for tests only.
import { encodeId } from '../../shared/events/id.ts';
import type { OrderItemEvent } from '../../shared/events/order-item.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import type { ProductDeleted, ProductState } from '../../shared/events/product.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import type { Outcome, Step } from '../../shared/testing/stage-harness.ts';
import { inventory, type InventoryEvent } from './inventory.ts';
import type { ProductValue } from './product-record.ts';
import { inventorySummary } from './summary.ts';

export const ITEMS = 'dbserver1.public.order_items';
export const PRODUCTS = 'dbserver1.public.products';
export const DAY = 86_400_000;
/** Midnight. */
export const START = Date.parse('2024-06-01T00:00:00Z');

/** Days since START, which may have a fraction. */
export function at(days: number): number {
  return START + Math.round(days * DAY);
}

export function item(days: number, k: string, quantity: number, rest: Partial<OrderItemEvent> = {}): OrderItemEvent {
  const t = at(days);
  return { t, k, id: `${k}-${t}-${quantity}`, order: '1', quantity, price: 1000, ...rest };
}

export function takenBack(event: OrderItemEvent): OrderItemEvent {
  return { ...event, retract: true };
}

export function row(days: number, k: string, stock: number, rest: Partial<ProductState> = {}): ProductState {
  return { t: at(days), k, name: `Product ${k}`, stock, price: 1999, ...rest };
}

export function gone(days: number, k: string): ProductDeleted {
  return { t: at(days), k, deleted: true };
}

export function sold(...events: OrderItemEvent[]): Step<InventoryEvent> {
  return { topic: ITEMS, kafkaPartition: 0, events };
}

export function rows(...events: (ProductState | ProductDeleted)[]): Step<InventoryEvent> {
  return { topic: PRODUCTS, kafkaPartition: 0, events };
}

/** Both topics are complete up to there: the next event may have that very time. */
export function until(days: number): Step<InventoryEvent>[] {
  const watermark = at(days) - 1;
  return [ITEMS, PRODUCTS].map((topic) => ({ topic, kafkaPartition: 0, progress: { watermark } }));
}

export function keyOf(id: string): string {
  return `${partitionName(partitionOf(id))}.product.${encodeId(id)}`;
}

export function productIn(outcome: Outcome, id: string): ProductValue | undefined {
  const text = outcome.results.get(keyOf(id));
  return text === undefined ? undefined : (JSON.parse(text) as ProductValue);
}

type Steps = readonly (Step<InventoryEvent> | Step<InventoryEvent>[])[];

/** A row from long before START. */
export const OLD = row(-100, '1', 20);

/** Checks the law, too. */
export function run(...steps: Steps): Outcome {
  return checkLaw([inventory(), inventorySummary], steps.flat());
}

/** What came out for product 1. */
export function product(...steps: Steps): ProductValue | undefined {
  return productIn(run(...steps), '1');
}
