import { describe, expect, it } from 'vitest';
import { DEFAULT_ROUTES, routeOf } from '../config/routes.ts';
import { UserEventSource, WAVE_MS } from './user-events.ts';

const NOW = Date.UTC(2026, 0, 1);

function make(count: number, seed = 1) {
  const source = new UserEventSource(seed, 7);
  return Array.from({ length: count }, (_, at) => source.next(NOW + at * 100));
}

describe('user events of the demo', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(make(50)).toEqual(make(50));
    expect(make(50)).not.toEqual(make(50, 2));
  });

  it('go to the topics that the built-in routes take', () => {
    const { topics } = new UserEventSource(1, 0);
    for (const topic of topics) expect(routeOf(DEFAULT_ROUTES, topic)).toMatchObject({ kind: 'userEvent' });
    expect(new Set(make(500).map(({ topic }) => topic))).toEqual(new Set(topics));
  });

  it('are by a hundred users in turn, some events a session', () => {
    const made = make(1_000);
    expect(made.slice(0, 101).map(({ key }) => key)).toEqual([
      ...Array.from({ length: 100 }, (_, at) => `user_${String(at + 1).padStart(3, '0')}`),
      'user_001',
    ]);
    const sessions = made.filter(({ key }) => key === 'user_001').map(({ value }) => value.sessionId);
    expect(sessions).toEqual([...Array(5).fill('s-7-1'), ...Array(5).fill('s-8-1')]);
  });

  it('have values as their type needs, and are late by at most 10 s', () => {
    const bounds: Readonly<Record<string, [number, number]>> = { purchase: [10, 510], view: [5, 305], install: [1, 1] };
    for (const [at, { value }] of make(2_000).entries()) {
      const [low, high] = bounds[value.eventType as string] ?? [1, 0];
      expect(value.value).toBeGreaterThanOrEqual(low);
      expect(value.value).toBeLessThanOrEqual(high);
      expect(value.timestamp).toBeLessThanOrEqual(NOW + at * 100);
      expect(value.timestamp).toBeGreaterThan(NOW + at * 100 - 10_000);
    }
  });
});

describe('with waves', () => {
  it('a segment of who bought twice within five minutes fills, and empties again', () => {
    const start = Math.ceil(NOW / WAVE_MS / 2) * 2 * WAVE_MS;
    const source = new UserEventSource(1, 7, { waves: true });
    const events = Array.from({ length: (4 * WAVE_MS) / 500 }, (_, at) => source.next(start + at * 500));
    const buyersAt = (end: number) => {
      const bought = events.filter(({ topic, value }) => {
        const t = value.timestamp as number;
        return topic === 'order_events' && t <= end && t > end - 300_000;
      });
      return [...Map.groupBy(bought, ({ key }) => key).values()].filter(({ length }) => length >= 2).length;
    };
    const sizes = [1, 2, 3, 4].map((waves) => buyersAt(start + waves * WAVE_MS - 1));
    expect(sizes[0]).toBeGreaterThan(60);
    expect(sizes[1]).toBeLessThan(5);
    expect(sizes[2]).toBeGreaterThan(60);
    expect(sizes[3]).toBeLessThan(5);
  });
});

it('one topic only, users of another name, and no disorder, when asked for', () => {
  const source = new UserEventSource(1, 7, { only: 'install_events', userPrefix: 'test', disorderMs: 0 });
  expect(source.next(NOW)).toMatchObject({
    topic: 'install_events',
    key: 'test_001',
    value: { userId: 'test_001', eventType: 'install', timestamp: NOW },
  });
});
