import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../../../shared/config/routes.ts';
import { USER_EVENT_TYPES } from '../../../shared/events/user-event.ts';
import { decode, lines, NOW, only, refuses } from './_cases.ts';

const route: EventRoute = { ...routeDefaults('userEvent', 'json'), topic: 'order_events' };
const good = {
  userId: 'user_001',
  eventType: 'purchase',
  timestamp: NOW - 1000,
  value: 49.99,
  sessionId: 's-1',
  metadata: { category: 'books', paymentMethod: 'card' },
};

describe('a user event', () => {
  it('is read', () => {
    expect(only(decode(route, good))).toEqual({
      t: NOW - 1000,
      k: 'user_001',
      type: 'purchase',
      value: 49.99,
      session: 's-1',
      metadata: good.metadata,
    });
  });
  it('is one line', () => {
    expect(lines(route, good)).toEqual([
      `{"t":${NOW - 1000},"k":"user_001","type":"purchase","value":49.99,"session":"s-1","metadata":{"category":"books","paymentMethod":"card"}}`,
    ]);
  });
  it('needs no value, session and metadata', () => {
    const event = { t: NOW, k: '7', type: 'view', value: 0 };
    expect(only(decode(route, { userId: 7, eventType: 'view', timestamp: NOW }))).toEqual(event);
    const empty = { userId: 7, eventType: 'view', timestamp: NOW, value: null, sessionId: '', metadata: null };
    expect(only(decode(route, empty))).toEqual(event);
  });
  it.each([
    ['order_events', 'purchase'],
    ['activity_events', 'view'],
    ['install_events', 'install'],
    ['eu.prod.install_events', 'install'],
  ])('without a type on topic %s is a %s', (topic, type) => {
    for (const eventType of [undefined, null, ''])
      expect(only(decode(route, { ...good, eventType }, { topic }))).toMatchObject({ type });
  });
  it('says itself what it is, in any case, whatever its topic', () => {
    expect(only(decode(route, { ...good, eventType: 'INSTALL' }))).toMatchObject({ type: 'install' });
  });
  it('may have its value as text, its session as a number, its time as ISO 8601', () => {
    const event = { ...good, value: '49.99', sessionId: 12, timestamp: '2026-01-01T00:00:00Z' };
    expect(only(decode(route, event))).toMatchObject({ value: 49.99, session: '12', t: NOW });
  });
  it('without a type on another topic is a dead letter that says what to do', () => {
    expect(decode(route, { ...good, eventType: undefined }, { topic: 'clicks' }).dead).toEqual({
      reason: 'bad-value',
      text: expect.stringMatching(
        /no eventType or event_type, and topic "clicks" is none of order_events.*must set it/,
      ),
    });
  });
});

describe('a user event with a bad value', () => {
  refuses(route, good, [
    ['userId', undefined, 'missing-key'],
    ['userId', '', 'missing-key'],
    ['userId', 0.5, 'bad-id'],
    ['eventType', 'refund', 'bad-value', '"refund": expected one of purchase, view, install'],
    ['eventType', 7, 'bad-value'],
    ['timestamp', undefined, 'bad-time'],
    ['timestamp', 'today', 'bad-time'],
    ['value', 'much', 'bad-value', 'expected a number'],
    ['value', {}, 'bad-value'],
    ['value', true, 'bad-value'],
    ['sessionId', [], 'bad-id'],
    ['sessionId', 'x'.repeat(257), 'bad-id'],
    ['metadata', 'text', 'bad-value', 'expected an object'],
    ['metadata', [1], 'bad-value'],
    ['metadata', { text: 'x'.repeat(70_000) }, 'too-large'],
  ]);
});

it('the line of any user event parses to the event', () => {
  const any = fc.record(
    {
      userId: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
      eventType: fc.constantFrom(...USER_EVENT_TYPES),
      timestamp: fc.integer({ min: NOW - 1e9, max: NOW }),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }),
      sessionId: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
      metadata: fc.dictionary(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: ['userId', 'eventType', 'timestamp', 'value'] },
  );
  const property = fc.property(any, (made) => {
    const [line = ''] = lines(route, made);
    const { userId: k, eventType: type, timestamp: t, value, sessionId: session, metadata } = made;
    const expected = JSON.stringify({ t, k, type, value, session, metadata });
    expect(JSON.parse(line)).toEqual(JSON.parse(expected));
  });
  fc.assert(property);
});
