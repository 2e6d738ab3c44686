/**
 * What each service is measured on: events of its kinds, as the bridge would write them. Pure: the number of an event
 * decides everything about it.
 */
import type { DownloadEvent } from '../../shared/events/download.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { OrderItemEvent } from '../../shared/events/order-item.ts';
import type { ProductState } from '../../shared/events/product.ts';
import { USER_EVENT_TYPES, type UserEvent } from '../../shared/events/user-event.ts';
import { customerOf } from './orders.ts';

/** A topic's share of an input. */
export interface EventSource {
  readonly topic: string;
  /** How late events may be, ms: the watermark stays that far behind. */
  readonly boundMs: number;
}

export interface ServiceInput {
  /** `service` of the stage that is measured; its row too. */
  readonly stage: string;
  /** Folder of services/ that runs it. */
  readonly worker: string;
  readonly sources: readonly EventSource[];
  /** The rule set it follows; it is in the log before all events. */
  readonly rules?: { readonly name: string; readonly set: unknown };
  /** Event time from one event to the next; 1 when absent. */
  readonly everyMs?: number;
  event(number: number, t: number): { readonly source: number; readonly event: MeshEvent };
}

const PRODUCTS = 10_000;
const CONTENTS = 5_000;
const REGIONS = ['us-east', 'us-west', 'eu-west', 'eu-north', 'ap-south', 'ap-east', 'sa-east', 'af-south'] as const;
const DEVICES = [
  ['mobile', 'android', '15'],
  ['mobile', 'ios', '18.1'],
  ['desktop', 'windows', '11'],
  ['tv', 'tizen', '8.0'],
] as const;

export const ORDERS: EventSource = { topic: 'dbserver1.public.orders', boundMs: 5_000 };

/** Orders of 100,000 customers. */
export function orderEvent(number: number, t: number): OrderEvent {
  return { t, k: String(customerOf(number)), id: String(1_000_000 + number), amount: 500 + ((number * 37) % 39_500) };
}

function overOrders(service: string): ServiceInput {
  return {
    stage: service,
    worker: service,
    sources: [ORDERS],
    event: (number, t) => ({ source: 0, event: orderEvent(number, t) }),
  };
}

const anomalyMaip: ServiceInput = {
  stage: 'anomaly-maip',
  worker: 'anomaly',
  sources: [{ topic: 'maip.order.created', boundMs: 5_000 }],
  event: (number, t) => ({ source: 0, event: maipEvent(number, t) }),
};

const activity: ServiceInput = { ...anomalyMaip, stage: 'activity', worker: 'activity' };

/** An order of two lines, and now and then a new stock. */
const inventory: ServiceInput = {
  stage: 'inventory',
  worker: 'inventory',
  sources: [
    { topic: 'dbserver1.public.order_items', boundMs: 5_000 },
    { topic: 'dbserver1.public.products', boundMs: 5_000 },
  ],
  event: (number, t) => {
    const product = customerOf(number) % PRODUCTS;
    const isStock = number < PRODUCTS || number % 20 === 0;
    return isStock
      ? { source: 1, event: productState(number < PRODUCTS ? number : product, number, t) }
      : { source: 0, event: itemEvent(product, number, t) };
  },
};

const regionHealth: ServiceInput = {
  stage: 'region-health',
  worker: 'region-health',
  sources: [{ topic: 'content-downloads', boundMs: 10_000 }],
  event: (number, t) => ({ source: 0, event: downloadEvent(number, t) }),
};

const segments: ServiceInput = {
  stage: 'segments',
  worker: 'segments',
  sources: [{ topic: 'order_events', boundMs: 30_000 }],
  rules: { name: 'segments', set: { version: 1, segments: segmentDefinitions() } },
  event: (number, t) => ({ source: 0, event: userEvent(number, t) }),
};

export const SERVICE_INPUTS = {
  sales: overOrders('sales'),
  rfm: overOrders('rfm'),
  /** So many customers that order every other minute would all be alerts: here each orders every few hours. */
  anomaly: { ...overOrders('anomaly'), everyMs: 100 },
  'anomaly-maip': anomalyMaip,
  inventory,
  'region-health': regionHealth,
  segments,
  activity,
} as const;

function maipEvent(number: number, t: number): MaipEvent {
  const amount = ((number * 37) % 50_000) / 100;
  const payload = { orderId: `o-${number}`, amount, currency: 'EUR', channel: 'web' };
  return { t, k: `c-${customerOf(number)}`, id: `e-${number}`, type: 'maip.order.created', payload };
}

function itemEvent(product: number, number: number, t: number): OrderItemEvent {
  const price = 500 + ((product * 37) % 9_500);
  return { t, k: String(product), id: String(number), order: String(number >> 1), quantity: 1 + (number % 3), price };
}

function productState(product: number, number: number, t: number): ProductState {
  const price = 500 + ((product * 37) % 9_500);
  return { t, k: String(product), name: `Product ${product}`, stock: (number * 7) % 500, price };
}

function downloadEvent(number: number, t: number): DownloadEvent {
  const [device, os, osVersion] = DEVICES[number % DEVICES.length] ?? DEVICES[0];
  const isMeasured = number % 10 !== 0;
  return {
    t,
    k: `content-${customerOf(number) % CONTENTS}`,
    id: `d-${number}`,
    user: `u-${customerOf(number)}`,
    region: REGIONS[(number * 7) % REGIONS.length] ?? '',
    device,
    os,
    osVersion,
    status: number % 20 === 0 ? 'FAILED' : 'SUCCESS',
    bytes: 1_000_000 + number,
    ...(isMeasured ? { seconds: 5 + (number % 200) / 10, mbps: 20 + (number % 900) / 10 } : {}),
  };
}

function userEvent(number: number, t: number): UserEvent {
  const type = USER_EVENT_TYPES[number % USER_EVENT_TYPES.length] ?? 'view';
  return { t, k: `user_${customerOf(number)}`, type, value: 10 + (number % 500) };
}

/** Ten segments: each window with counts and sums of each type, and one that follows two others. */
function segmentDefinitions(): object[] {
  const at = '2026-01-01T00:00:00Z';
  const shared = { revision: 1, createdAt: at, updatedAt: at };
  const base = [5, 30, 60].flatMap((windowMinutes) =>
    USER_EVENT_TYPES.map((eventType, n) => ({
      ...shared,
      id: `${eventType}-${windowMinutes}`,
      name: `${eventType} in ${windowMinutes} min`,
      type: 'INDEPENDENT',
      windowMinutes,
      rules: [{ id: 'r1', eventType, attribute: n === 0 ? 'sum' : 'count', operator: 'GTE', value: n === 0 ? 300 : 2 }],
      baseSegmentIds: [],
    })),
  );
  const both = {
    ...shared,
    id: 'buys-and-views',
    name: 'Buys and views',
    type: 'DERIVED',
    windowMinutes: 60,
    rules: [],
    baseSegmentIds: ['purchase-60', 'view-60'],
  };
  return [...base, both];
}
