/**
 * Believable business events of MAIP: a topic for each type. Few customers do much. They arrive out of order by up to
 * 2 s. Some leave their type to the topic, and those of applications have their time as ISO 8601, as some producers do.
 * Bursts of orders are maip-bursts.ts's.
 */
import type { DemoRecord, DemoSource } from './demo-record.ts';
import { MaipBursts } from './maip-bursts.ts';
import { mulberry32, pick } from './random.ts';

const CUSTOMERS = 300;
const PRODUCTS = 80;
const MAX_DISORDER_MS = 2_000;
const REMEMBERED_ORDERS = 50;

/** Few orders: ten within a minute are news. */
const TYPES = [
  ['maip.product.viewed', 50],
  ['maip.product.added_to_cart', 20],
  ['maip.customer.updated', 10],
  ['maip.customer.registered', 6],
  ['maip.application.started', 10],
  ['maip.order.created', 3],
  ['maip.order.cancelled', 1],
] as const;
export type MaipType = (typeof TYPES)[number][0];
export const MAIP_TOPICS = TYPES.map(([type]) => type);

interface PlacedOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly amount: number;
}

export interface MaipSourceOptions {
  readonly bursts?: boolean;
  /** Only events of this type. */
  readonly only?: MaipType | undefined;
  /** By how much events are behind the time they are asked at, ms. */
  readonly disorderMs?: number;
}

export class MaipSource implements DemoSource {
  readonly topics = MAIP_TOPICS;
  readonly #random: () => number;
  readonly #bursts: MaipBursts | undefined;
  readonly #only: MaipType | undefined;
  readonly #disorderMs: number;
  readonly #placed: PlacedOrder[] = [];
  #nextId: number;

  constructor(
    seed: number,
    firstId: number,
    { bursts = false, only, disorderMs = MAX_DISORDER_MS }: MaipSourceOptions = {},
  ) {
    this.#random = mulberry32(seed);
    this.#nextId = firstId;
    this.#bursts = bursts ? new MaipBursts(CUSTOMERS) : undefined;
    this.#only = only;
    this.#disorderMs = disorderMs;
  }

  next(nowMs: number): DemoRecord {
    const pressing = this.#bursts?.due(nowMs);
    const type = pressing ? 'maip.order.created' : this.#type();
    const { customerId, payload } = pressing
      ? this.#place(`cust-${pressing.customer}`, pressing.cents / 100)
      : this.#happening(type);
    const time = nowMs - Math.floor(this.#random() * this.#disorderMs);
    const value = {
      eventId: `maip-${this.#nextId++}`,
      ...(this.#random() < 0.9 && { eventType: type }),
      customerId,
      timestamp: type === 'maip.application.started' ? new Date(time).toISOString() : time,
      payload,
    };
    return { topic: type, key: customerId, value };
  }

  /** Nothing can be cancelled before something was ordered. */
  #type(): MaipType {
    if (this.#only) return this.#only;
    const type = pick(TYPES, this.#random());
    return type === 'maip.order.cancelled' && this.#placed.length === 0 ? 'maip.order.created' : type;
  }

  #happening(type: MaipType): { customerId: string; payload: Readonly<Record<string, unknown>> } {
    const customerId = `cust-${1 + Math.floor(this.#random() ** 2 * CUSTOMERS)}`;
    switch (type) {
      case 'maip.product.viewed':
      case 'maip.product.added_to_cart':
        return { customerId, payload: { productId: `p-${1 + this.#whole(PRODUCTS)}`, price: this.#amount() } };
      case 'maip.customer.updated':
        return { customerId, payload: { changed: [pick(CHANGED, this.#random())] } };
      case 'maip.customer.registered':
        return { customerId, payload: { country: pick(COUNTRIES, this.#random()) } };
      case 'maip.application.started':
        return {
          customerId,
          payload: { applicationId: `app-${1 + this.#whole(5)}`, channel: pick(CHANNELS, this.#random()) },
        };
      case 'maip.order.created':
        return this.#place(customerId, this.#amount());
      case 'maip.order.cancelled':
        return this.#cancel(customerId);
      default:
        return type satisfies never;
    }
  }

  #place(customerId: string, amount: number) {
    const order = { orderId: `mo-${this.#nextId}`, customerId, amount };
    this.#placed.push(order);
    if (this.#placed.length > REMEMBERED_ORDERS) this.#placed.shift();
    return { customerId, payload: { orderId: order.orderId, amount: order.amount, items: 1 + this.#whole(4) } };
  }

  #cancel(fallback: string) {
    if (this.#placed.length === 0) this.#place(fallback, this.#amount()); // before we looked
    const [order] = this.#placed.splice(this.#whole(this.#placed.length), 1);
    const { customerId = fallback, orderId, amount } = order ?? {};
    return { customerId, payload: { orderId, amount, reason: pick(REASONS, this.#random()) } };
  }

  #whole(below: number): number {
    return Math.floor(this.#random() * below);
  }

  /** 5.00 to 400.00, small ones more often. */
  #amount(): number {
    return (500 + Math.floor(this.#random() ** 3 * 39_500)) / 100;
  }
}

const CHANGED = [
  ['address', 4],
  ['email', 2],
  ['phone', 1],
] as const;
const COUNTRIES = [
  ['DE', 3],
  ['FR', 2],
  ['US', 4],
  ['IN', 2],
] as const;
const CHANNELS = [
  ['web', 5],
  ['ios', 3],
  ['android', 3],
] as const;
const REASONS = [
  ['changed-mind', 3],
  ['too-slow', 2],
  ['found-cheaper', 1],
] as const;
