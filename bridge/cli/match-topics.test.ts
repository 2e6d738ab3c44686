import { describe, expect, it } from 'vitest';
import { type Route, routeDefaults } from '../../shared/config/routes.ts';
import { isAlike, matchTopics } from './match-topics.ts';

const orders: Route = { topic: 'shop.orders', ...routeDefaults('order', 'json') };
const family: Route = { topic: '/eu[0-9]+\\.orders/', topicFilter: 'eu1.*', ...routeDefaults('order', 'json') };

function told(routes: readonly Route[], topics: readonly string[]) {
  return matchTopics(routes, topics).routes.map(({ topics: taken, problems, notes }) => ({
    taken,
    problems: problems.length,
    notes: notes.join(),
  }));
}

describe('routes and topics', () => {
  it('that meet', () => {
    expect(told([orders, family], ['eu1.orders', 'shop.orders', '__consumer_offsets'])).toEqual([
      { taken: ['shop.orders'], problems: 0, notes: '' },
      { taken: ['eu1.orders'], problems: 0, notes: '' },
    ]);
    expect(matchTopics([orders], ['shop.orders', '__consumer_offsets', 'other']).unrouted).toEqual([
      { topic: 'other' },
    ]);
  });

  it('a route without a topic is no problem: it may come', () => {
    expect(told([orders], [])).toEqual([{ taken: [], problems: 0, notes: 'Kafka has no topic for it yet' }]);
  });

  it('a name that is alike, and is not the same', () => {
    const { routes, unrouted } = matchTopics([orders], ['shop.order']);
    expect(routes[0]?.problems).toEqual(['it does not take "shop.order": the names are alike, but not the same']);
    expect(unrouted).toEqual([{ topic: 'shop.order', near: 'shop.orders' }]);
    expect(told([orders], ['shop.orders', 'shop_orders'])).toMatchObject([
      { problems: 0, notes: expect.stringContaining('alike') },
    ]);
  });

  it('an expression that its filter does not cover, and a filter that its expression does not match', () => {
    expect(told([family], ['eu2.orders'])).toMatchObject([{ taken: [], problems: 1 }]);
    expect(told([family], ['eu1.refunds'])).toMatchObject([{ taken: [], problems: 1 }]);
    expect(told([family], ['us1.refunds'])).toMatchObject([{ taken: [], problems: 0 }]);
  });

  it('a route behind one that takes all of it', () => {
    const all: Route = { topic: '/shop\\..*/', topicFilter: 'shop.*', ...routeDefaults('order', 'json') };
    expect(told([all, orders], ['shop.orders'])[1]).toMatchObject({ taken: [], problems: 1 });
    expect(told([orders, all], ['shop.orders', 'shop.refunds'])[1]).toMatchObject({
      taken: ['shop.refunds'],
      problems: 0,
    });
  });
});

it.each([
  ['orders', 'Orders', true],
  ['shop.orders', 'shop-orders', true],
  ['dbserver1.public.orders', 'dbserver1.public.order', true],
  ['orders', 'borders', true],
  ['orders', 'order_items', false],
  ['a', 'b', true],
  ['order_events', 'activity_events', false],
])('"%s" and "%s" are alike: %s', (one, other, expected) => {
  expect(isAlike(one, other)).toBe(expected);
  expect(isAlike(other, one)).toBe(expected);
});
