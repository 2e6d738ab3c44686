import { describe, expect, it } from 'vitest';
import { readPattern } from '../../shared/cep/json/parse-pattern.ts';
import type { UserEvent } from '../../shared/events/user-event.ts';
import { KeyMatchers } from './key-matchers.ts';

function event(t: number, k: string, type: UserEvent['type'] = 'view'): UserEvent {
  return { t, k, type, value: 0 };
}

for (const compat of ['default', 'flink'] as const)
  describe(`matchers of many keys, compat ${compat}`, () => {
    const abandoned = readPattern(
      {
        name: 'abandoned',
        input: { kind: 'userEvent' },
        per: 'key',
        stages: [
          { name: 'view', where: { field: 'type', eq: 'view' } },
          { link: 'notFollowedBy', name: 'bought', where: { field: 'type', eq: 'purchase' } },
        ],
        within: 100,
        compat,
      },
      'abandoned',
    );

    function run() {
      const found: string[] = [];
      return { found, matchers: new KeyMatchers(abandoned, (key, { t }) => found.push(`${key}@${t}`)) };
    }

    it('gives what becomes whole by time in the order of time, between events too', () => {
      const { found, matchers } = run();
      for (const [t, key] of [
        [0, 'b'],
        [10, 'a'],
        [50, 'b'],
        [130, 'c'],
      ] as const)
        matchers.process(event(t, key));
      expect(found).toEqual(['b@100', 'a@110']);
      matchers.advanceTime(1_000);
      expect(found).toEqual(['b@100', 'a@110', 'b@150', 'c@230']);
    });
    it('does not depend on how often time is advanced', () => {
      const { found, matchers } = run();
      for (const [t, key] of [
        [0, 'b'],
        [10, 'a'],
        [50, 'b'],
        [130, 'c'],
      ] as const) {
        matchers.process(event(t, key));
        for (let at = t; at < t + 20; at++) matchers.advanceTime(at);
      }
      for (let at = 150; at <= 1_000; at++) matchers.advanceTime(at);
      expect(found).toEqual(['b@100', 'a@110', 'b@150', 'c@230']);
    });
    it('holds a key only while it has a partial match', () => {
      const { matchers } = run();
      for (let n = 0; n < 1_000; n++) matchers.process(event(n, `u${n}`));
      expect(matchers.liveKeys).toBeLessThanOrEqual(102);
      matchers.process(event(1_000, 'u999', 'purchase'));
      matchers.advanceTime(2_000);
      expect({ live: matchers.liveKeys, open: matchers.partialMatches }).toEqual({ live: 0, open: 0 });
    });
  });
