/** The example of a routes file (shared/config/routes.example.yaml) does what it says: a record of each topic is read. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DECODERS, EVENT_KINDS, type EventRoute, type Route, routeOf } from '../../../shared/config/routes.ts';
import { loadRoutes } from '../../../shared/config/routes-file.ts';
import { decode, NOW, only } from './_cases.ts';

const routes = loadRoutes(fileURLToPath(new URL('../../../shared/config/routes.example.yaml', import.meta.url)));
const events = routes.filter((route): route is EventRoute => route.decoder !== 'raw');

it('the example has every kind, every decoder, and mirrors', () => {
  expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(EVENT_KINDS));
  expect(new Set(routes.map(({ decoder }) => decoder))).toEqual(new Set([...DECODERS, 'raw']));
});

describe('the example reads', () => {
  const created = (after: object) => ({ before: null, after, op: 'c' });
  const samples: Readonly<Record<string, [record: object, event: object]>> = {
    'shop.public.purchases': [
      created({ purchase_id: 7, buyer_id: 42, total: 'BOI=', placed_at: NOW * 1000 }),
      { t: NOW, k: '42', id: '7', amount: 1250 },
    ],
    'eu2.public.orders': [
      { order_id: 7, customer_id: 42, total_amount: '12.50', order_date: NOW },
      { t: NOW, k: '42', id: '7', amount: 1250 },
    ],
    'shop.public.order_items': [
      created({ order_item_id: 1, order_id: 7, product_id: 3, quantity: 2, unit_price: '1.00', created_at: NOW }),
      { t: NOW, k: '3', id: '1', order: '7', quantity: 2, price: 100 },
    ],
    'shop.public.products': [
      created({ product_id: 3, name: 'Lamp', stock_quantity: 9, price: '1.00', updated_at: NOW }),
      { t: NOW, k: '3', name: 'Lamp', stock: 9, price: 100 },
    ],
    'web-orders': [
      { orderId: 'o', customerId: 'c', amount: -12.5, timestamp: NOW / 1000 },
      { t: NOW, k: 'c', id: 'o', amount: -1250 },
    ],
    'content-downloads': [
      { event_id: 'e', content_id: 'c', status: 'FAILED', timestamp: NOW },
      { t: NOW, k: 'c', id: 'e', status: 'FAILED' },
    ],
    'maip.order.created': [
      { eventId: 'e', customerId: 42, timestamp: '2026-01-01T00:00:00Z', payload: { amount: 1 } },
      { t: NOW, k: '42', id: 'e', type: 'maip.order.created', payload: { amount: 1 } },
    ],
    'app.install_events': [
      { userId: 'u', timestamp: NOW },
      { t: NOW, k: 'u', type: 'install', value: 0 },
    ],
  };
  for (const [topic, [record, event]] of Object.entries(samples))
    it(topic, () => {
      expect(only(decode(asJson(routeOf(routes, topic)), record, { topic }))).toMatchObject(event);
    });
  it('each of its routes in one of these', () => {
    expect(new Set(Object.keys(samples).map((topic) => routeOf(routes, topic)))).toEqual(new Set(events));
  });
  it('and keeps what nobody models', () => {
    for (const topic of ['audit-log', 'legacy.crm.contacts'])
      expect(routeOf(routes, topic)).toMatchObject({ decoder: 'raw' });
    expect(routeOf(routes, 'maip.anomaly.detected')).toBeUndefined();
  });
});

/** Values are the same in Avro; how its bytes are read is tested with the decoder. */
function asJson(route: Route | undefined): EventRoute {
  if (!route || route.decoder === 'raw') throw new Error('Cannot read the sample: no route of events takes its topic');
  return route.decoder.includes('avro') ? { ...route, decoder: 'json' } : route;
}
