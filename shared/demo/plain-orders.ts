/**
 * Believable orders as plain JSON (topic `orders`), as a shop's checkout writes them. Pure. Not a table: an order comes
 * once, with its lines, which add up to its amount.
 */
import type { DemoRecord, DemoSource } from './demo-record.ts';
import { itemsOf } from './shop-items.ts';
import type { ShopTraffic } from './shop-traffic.ts';

export const PLAIN_ORDERS_TOPIC = 'orders';

export class PlainOrderSource implements DemoSource {
  readonly topics = [PLAIN_ORDERS_TOPIC];
  readonly #traffic: ShopTraffic;
  #nextId: number;

  constructor(traffic: ShopTraffic, firstId: number) {
    this.#traffic = traffic;
    this.#nextId = firstId;
  }

  next(nowMs: number): DemoRecord {
    const { customer, cents, placedMs } = this.#traffic.pressing(nowMs) ?? this.#traffic.ordinary(nowMs);
    const id = this.#nextId++;
    const items = itemsOf({ order_id: id, total_amount: (cents / 100).toFixed(2) });
    const value = {
      orderId: `web-${id}`,
      customerId: String(customer),
      amount: cents / 100,
      timestamp: placedMs,
      items: items.map(({ product_id, quantity, unit_price }) => ({
        productId: product_id,
        quantity,
        price: Number(unit_price),
      })),
    };
    return { topic: PLAIN_ORDERS_TOPIC, key: value.customerId, value };
  }
}
