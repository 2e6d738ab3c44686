/** Every example is loaded and run on events as they come: out of order, of several keys, with some that do not count. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../../events/download.ts';
import type { MeshEvent } from '../../events/event.ts';
import type { MaipEvent } from '../../events/maip.ts';
import type { OrderEvent } from '../../events/order.ts';
import type { UserEvent } from '../../events/user-event.ts';
import { runPattern } from './_run-pattern.ts';
import type { EventPattern } from './event-pattern.ts';
import { parsePattern } from './parse-pattern.ts';

const FOLDER = new URL('examples/', import.meta.url);
const START = Date.UTC(2024, 5, 1, 10);
const SECOND = 1_000;
const MINUTE = 60_000;

function example(name: string): EventPattern {
  return parsePattern(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'), name);
}

/** What the alerts of the matches say. */
function alerts(pattern: EventPattern, events: readonly MeshEvent[], source?: string): string[] {
  return runPattern(pattern, events, source)
    .filter(({ result }) => result.kind === 'match')
    .map(({ key, result }) => pattern.alert?.describe(result, key) ?? '');
}

function maip(atMs: number, type = 'maip.order.created', k = 'c1'): MaipEvent {
  return { t: START + atMs, k, id: `e${atMs}`, type, payload: null };
}

function order(atMs: number, k: string, amount: number): OrderEvent {
  return { t: START + atMs, k, id: `o${atMs}`, amount };
}

function userEvent(atMs: number, k: string, type: UserEvent['type'], page = '/shoes'): UserEvent {
  return { t: START + atMs, k, type, value: 0, metadata: { page } };
}

function download(atMs: number, k: string, status: DownloadEvent['status']): DownloadEvent {
  const device = { device: 'phone', os: 'android', osVersion: '15' };
  return { t: START + atMs, k, id: `d${atMs}`, user: 'u', region: 'eu-west', ...device, status, bytes: 1 };
}

describe('every example', () => {
  for (const name of readdirSync(FOLDER).map((file) => file.replace(/\.json$/, '')))
    it(`${name} has its file's name, bounds its state, and says what a match is`, () => {
      const pattern = example(name);
      expect(pattern.name).toBe(name);
      expect(pattern.pattern.withinMs).toBeGreaterThan(0);
      expect(pattern.alert?.type).toMatch(/^[A-Z_]+$/);
    });
});

describe('high-order-volume', () => {
  const pattern = example('high-order-volume');
  const burst = Array.from({ length: 12 }, (_, n) => maip(n * 5 * SECOND, undefined, `c${n % 3}`));

  it('finds ten orders in a minute, of any customers and in any order of arrival, once', () => {
    const arrived = [...burst.slice(6), maip(7_500, 'maip.customer.created'), ...burst.slice(0, 6)];
    expect(alerts(pattern, arrived)).toEqual([
      '10 orders within 45s, from 2024-06-01T10:00:00Z to 2024-06-01T10:00:45Z',
    ]);
  });
  it('finds nothing in nine, and nothing in ten when the tenth is a minute after the first', () => {
    expect(alerts(pattern, burst.slice(0, 9))).toEqual([]);
    expect(alerts(pattern, [...burst.slice(0, 9), maip(MINUTE)])).toEqual([]);
    expect(alerts(pattern, [...burst.slice(0, 9), maip(MINUTE - 1)])).toHaveLength(1);
  });
});

describe('rising-orders', () => {
  const pattern = example('rising-orders');

  it('finds three rising orders of one customer, with those of others in between', () => {
    const events = [
      order(3, 'a', 1_250),
      order(1, 'a', 500),
      order(2, 'b', 9_900),
      order(4, 'b', 1),
      order(5, 'a', 2_000),
    ];
    expect(alerts(pattern, events)).toEqual(['Customer a ordered for 5.00, then more each time, up to 20.00']);
  });
  it('begins anew at an order that is not larger', () => {
    expect(
      alerts(
        pattern,
        [1, 3, 2, 4].map((amount, at) => order(at, 'a', amount)),
      ),
    ).toEqual([]);
    expect(
      alerts(
        pattern,
        [1, 3, 2, 4, 5].map((amount, at) => order(at, 'a', amount)),
      ),
    ).toHaveLength(1);
    expect(
      alerts(
        pattern,
        [2, 2, 3].map((amount, at) => order(at, 'a', amount)),
      ),
    ).toEqual([]);
  });
  it('does not see refunds at all, so that they do not part orders', () => {
    expect(
      alerts(
        pattern,
        [1, 2, -5, 3].map((amount, at) => order(at, 'a', amount)),
      ),
    ).toHaveLength(1);
  });
});

describe('cart-abandoned', () => {
  const pattern = example('cart-abandoned');

  it('finds the last view of a user who does not come back', () => {
    const events = [userEvent(0, 'u1', 'view'), userEvent(10 * MINUTE, 'u1', 'view', '/hats')];
    expect(alerts(pattern, events)).toEqual(['User u1 viewed /hats at 2024-06-01T10:10:00Z and bought nothing']);
  });
  it('finds nothing when a purchase follows in time, and one when it is half an hour late', () => {
    const view = userEvent(0, 'u1', 'view');
    expect(alerts(pattern, [view, userEvent(30 * MINUTE - 1, 'u1', 'purchase')])).toEqual([]);
    expect(alerts(pattern, [view, userEvent(30 * MINUTE, 'u1', 'purchase')])).toHaveLength(1);
    expect(alerts(pattern, [view, userEvent(MINUTE, 'u2', 'purchase')])).toHaveLength(1);
  });
  it('knows only when the time is over', () => {
    const [found] = runPattern(pattern, [userEvent(0, 'u1', 'view')]);
    expect(found?.result.t).toBe(START + 30 * MINUTE);
  });
});

describe('failed-downloads', () => {
  const pattern = example('failed-downloads');
  const source = 'content-downloads#00000';
  const failed = [0, 1, 2].map((at) => download(at * MINUTE, 'film', 'FAILED'));

  it('finds three failures in a row of one piece of content', () => {
    const others = [download(30_000, 'song', 'SUCCESS'), download(90_000, 'song', 'FAILED')];
    const said = '3 downloads of film failed one after the other within 2m, the last one in eu-west';
    expect(alerts(pattern, [...others, ...failed], source)).toEqual([said]);
  });
  it('finds nothing when one in between worked', () => {
    expect(alerts(pattern, [...failed, download(90_000, 'film', 'SUCCESS')], source)).toEqual([]);
  });
  it('reads its topic only', () => {
    expect(alerts(pattern, failed, 'content-downloads.eu#00000')).toEqual([]);
  });
});

describe('large-after-small', () => {
  const pattern = example('large-after-small');
  const small = [1_000, 2_000, 3_000].map((amount, at) => order(at * MINUTE, 'a', amount));

  it('compares with the mean of what came before', () => {
    expect(alerts(pattern, [...small, order(4 * MINUTE, 'a', 10_001)])).toEqual([
      'Customer a placed 3 orders of 20.00 on average, then one of 100.01',
    ]);
    expect(alerts(pattern, [...small, order(4 * MINUTE, 'a', 10_000)])).toEqual([]);
    expect(alerts(pattern, [...small.slice(1), order(4 * MINUTE, 'a', 99_000)])).toEqual([]);
  });
});
