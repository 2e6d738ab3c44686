import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compactTime, formatTime, parseCompactTime } from './time-text.ts';

const anyTime = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 });
const keyTime = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });

describe('formatTime', () => {
  test('drops .000 and nothing else', () => {
    expect(formatTime(1_717_200_000_000)).toBe('2024-06-01T00:00:00Z');
    expect(formatTime(1_717_200_000_123)).toBe('2024-06-01T00:00:00.123Z');
    expect(formatTime(-1)).toBe('1969-12-31T23:59:59.999Z');
    expect(formatTime(0)).toBe('1970-01-01T00:00:00Z');
  });

  test('property: is toISOString without .000 (invariant 1)', () => {
    const wholeSeconds = anyTime.map((ms) => Math.trunc(ms / 1000) * 1000);
    fc.assert(
      fc.property(fc.oneof(anyTime, keyTime, wholeSeconds), (ms) => {
        expect(formatTime(ms)).toBe(new Date(ms).toISOString().replace('.000Z', 'Z'));
      }),
    );
  });

  test('more days than the cache holds are all right', () => {
    for (let day = 0; day < 10_000; day++)
      expect(formatTime(day * 86_400_000)).toBe(new Date(day * 86_400_000).toISOString().replace('.000Z', 'Z'));
  });

  test('refuses what is no time', () => {
    expect(() => formatTime(Number.NaN)).toThrow(RangeError);
    expect(() => formatTime(8_640_086_400_000_000)).toThrow(RangeError);
  });
});

describe('compactTime', () => {
  test('is one key token', () => {
    expect(compactTime(1_717_200_000_000)).toBe('20240601T000000Z');
    expect(compactTime(1_717_200_000_123)).toBe('20240601T000000123Z');
  });

  test('property: parseCompactTime is its inverse (invariants 2 and 3)', () => {
    fc.assert(
      fc.property(keyTime, (ms) => {
        expect(compactTime(ms)).toMatch(/^[0-9TZ]+$/);
        expect(parseCompactTime(compactTime(ms))).toBe(ms);
      }),
    );
  });

  test('property: orders whole seconds as time does (invariant 3)', () => {
    const second = keyTime.map((ms) => Math.floor(ms / 1000) * 1000);
    fc.assert(
      fc.property(second, second, (a, b) => {
        expect(compactTime(a) < compactTime(b)).toBe(a < b);
      }),
    );
  });

  test('refuses times and texts that are none', () => {
    for (const ms of [Number.NaN, 253_402_300_800_000, -62_167_219_200_001])
      expect(() => compactTime(ms)).toThrow(`"${ms}"`);
    for (const text of ['', '2024-06-01T00:00:00Z', '20240231T000000Z', '20240601T240000Z', '20240601T000000000Z', 'x'])
      expect(() => parseCompactTime(text)).toThrow(`"${text}"`);
  });
});
