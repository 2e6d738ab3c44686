import { describe, expect, test } from 'vitest';
import { parseLifetime } from './waiting-entry.ts';

describe('lifetimes as nats-server takes them', () => {
  test.each([
    ['3600s', 3_600_000],
    ['3600', 3_600_000],
    ['1h30m', 5_400_000],
    ['1h0m0s', 3_600_000],
    ['1.5s', 1_500],
    ['250ms', 250],
    ['never', undefined],
    ['', undefined],
    ['1d', undefined],
    [undefined, undefined],
  ] as const)('%s', (text, ms) => {
    expect(parseLifetime(text)).toBe(ms);
  });
});
