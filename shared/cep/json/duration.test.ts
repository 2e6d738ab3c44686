import { describe, expect, it } from 'vitest';
import { durationText, parseDuration } from './duration.ts';

describe('spans of time', () => {
  it('are whole numbers of one unit', () => {
    expect(['500ms', '30s', '1m', '2h', '7d'].map(parseDuration)).toEqual([
      500, 30_000, 60_000, 7_200_000, 604_800_000,
    ]);
    for (const text of ['', '5', '0s', '-1s', '1.5h', '1 m', '1M', '1w', '01m', 's', '9999999999d', '1m30s'])
      expect(parseDuration(text)).toBeUndefined();
  });
  it('are written in the largest unit that is whole', () => {
    expect([0, 1, 90_000, 60_000, 86_400_000, 3_600_500].map(durationText)).toEqual([
      ...['0s', '1ms', '90s', '1m', '1d', '3600500ms'],
    ]);
    for (const text of ['500ms', '30s', '7d']) expect(durationText(parseDuration(text) ?? 0)).toBe(text);
  });
});
