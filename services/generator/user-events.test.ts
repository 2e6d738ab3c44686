import { describe, expect, it } from 'vitest';
import { DEFAULT_ROUTES, routeOf } from '../../shared/config/routes.ts';
import { pick } from './demo-record.ts';
import { batch } from './events-feed.ts';
import { UserEventSource } from './user-events.ts';

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

describe('the feed', () => {
  it('takes from the sources in turn, and sends by topic', () => {
    const source = (topic: string) => {
      let made = 0;
      return { topics: [topic], next: () => ({ topic, key: 'k', value: { n: ++made } }) };
    };
    const sources = [source('a'), source('b')];
    const sent = (topic: string, ...numbers: number[]) => ({
      topic,
      messages: numbers.map((n) => ({ key: 'k', value: `{"n":${n}}` })),
    });
    expect(batch(sources, 0, 3, NOW)).toEqual([sent('a', 1, 2), sent('b', 1)]);
    expect(batch(sources, 3, 2, NOW)).toEqual([sent('b', 2), sent('a', 3)]);
  });
});

it('a choice is as likely as it weighs', () => {
  const choices = [
    ['a', 1],
    ['b', 3],
  ] as const;
  expect([0, 0.24, 0.25, 0.99].map((dice) => pick(choices, dice))).toEqual(['a', 'a', 'b', 'b']);
  expect(() => pick(choices, 1)).toThrow(RangeError);
});
