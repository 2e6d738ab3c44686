import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../../../shared/config/routes.ts';
import { decode, lines, NOW, only, refuses } from './_cases.ts';

const route: EventRoute = { ...routeDefaults('maip', 'json'), topic: 'maip.order.created' };
const good = {
  eventId: 'e-1',
  eventType: 'maip.order.created',
  customerId: 'c-1',
  timestamp: NOW - 1000,
  payload: { orderId: 'o-1', amount: 12.5, items: [{ sku: 'A' }], note: null },
};
const event = { t: NOW - 1000, k: 'c-1', id: 'e-1', type: 'maip.order.created', payload: good.payload };

describe('a MAIP event', () => {
  it('is read', () => {
    expect(only(decode(route, good))).toEqual(event);
  });
  it('is one line, its payload as it came', () => {
    expect(lines(route, good)).toEqual([
      `{"t":${NOW - 1000},"k":"c-1","id":"e-1","type":"maip.order.created","payload":{"orderId":"o-1","amount":12.5,"items":[{"sku":"A"}],"note":null}}`,
    ]);
  });
  it('without an id is named after its place in Kafka (invariant 1)', () => {
    for (const eventId of [undefined, null, ''])
      expect(only(decode(route, { ...good, eventId }, { topic: 'maip.x.y' }))).toMatchObject({ id: 'maip.x.y:3:42' });
  });
  it('without a type is named after its topic (invariant 2)', () => {
    for (const eventType of [undefined, null, ''])
      expect(only(decode(route, { ...good, eventType }, { topic: 'maip.x.y' }))).toMatchObject({ type: 'maip.x.y' });
  });
  it('may have a number for a customer, and ISO 8601 for a time', () => {
    const read = (timestamp: string) => only(decode(route, { ...good, customerId: 42, timestamp }));
    expect(read('2025-12-31T23:59:58.5Z')).toMatchObject({ k: '42', t: NOW - 1500 });
    expect(read('2026-01-01T01:00:00.123456+01:00')).toMatchObject({ t: NOW + 123 });
    expect(read('2026-01-01T00:00:00')).toMatchObject({ t: NOW });
  });
  it('may have any payload, or none', () => {
    for (const payload of ['text', 7, false, [], {}])
      expect(only(decode(route, { ...good, payload }))).toMatchObject({ payload });
    expect(only(decode(route, { ...good, payload: undefined }))).toMatchObject({ payload: null });
  });
  it('may name its members in snake case', () => {
    const snake = {
      event_id: 'e-1',
      event_type: 'maip.order.created',
      customer_id: 'c-1',
      timestamp: NOW - 1000,
      payload: good.payload,
    };
    expect(only(decode(route, snake))).toEqual(event);
  });
  it('keeps the digits of integers beyond 2^53, wherever they are', () => {
    const text = JSON.stringify(good)
      .replace('"o-1"', '9007199254740993')
      .replace('12.5', '1e300')
      .replace('"c-1"', '18014398509481985');
    expect(lines(route, text)).toEqual([
      `{"t":${NOW - 1000},"k":"18014398509481985","id":"e-1","type":"maip.order.created","payload":{"orderId":9007199254740993,"amount":1e+300,"items":[{"sku":"A"}],"note":null}}`,
    ]);
  });
});

describe('a MAIP event with a bad value', () => {
  refuses(route, good, [
    ['customerId', undefined, 'missing-key', 'the producer must set it'],
    ['customerId', null, 'missing-key'],
    ['customerId', '', 'missing-key'],
    ['customerId', {}, 'bad-id', 'expected a string or a whole number'],
    ['customerId', 1.5, 'bad-id'],
    ['customerId', 'x'.repeat(257), 'bad-id', '256'],
    ['customerId', '\ud800', 'bad-id', 'Unicode'],
    ['eventId', true, 'bad-id'],
    ['eventId', ['e'], 'bad-id'],
    ['eventType', {}, 'bad-value'],
    ['eventType', 'x'.repeat(1025), 'bad-value', '1024'],
    ['timestamp', undefined, 'bad-time'],
    ['timestamp', null, 'bad-time'],
    ['timestamp', 'soon', 'bad-time', 'ISO 8601'],
    ['timestamp', NOW / 1000, 'bad-time', 'timeUnit'],
    ['timestamp', NOW + 86_400_001, 'bad-time', 'maxAheadMs'],
    ['timestamp', [2026, 1, 1], 'bad-time'],
    ['payload', 'x'.repeat(70_000), 'too-large', 'decoder raw'],
    ['payload', { ['x'.repeat(70_000)]: 1 }, 'too-large'],
    ['payload', new Array(3_000).fill(1e20), 'too-large'],
  ]);
});

it('the line of any MAIP event parses to the event', () => {
  const any = fc.record(
    {
      eventId: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
      eventType: fc.string({ minLength: 1, unit: 'binary' }),
      customerId: fc.oneof(fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }), fc.maxSafeInteger()),
      payload: fc.jsonValue(),
    },
    { requiredKeys: ['customerId'] },
  );
  const property = fc.property(any, (made) => {
    const record = JSON.stringify({ timestamp: NOW, ...made });
    const [line = ''] = lines(route, record);
    const { eventId = 'maip.order.created:3:42', eventType = 'maip.order.created', customerId, payload = null } = made;
    const expected = { t: NOW, k: String(customerId), id: eventId, type: eventType, payload };
    expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(line).not.toContain('\n');
  });
  fc.assert(property);
});
