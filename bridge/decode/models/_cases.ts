/** For tests of the models: JSON values through the decoder of a route, and tables of values that are refused. */
import { expect, it } from 'vitest';
import type { EventRoute } from '../../../shared/config/routes.ts';
import type { DeadReason } from '../data-error.ts';
import type { Decoded } from '../decoded.ts';
import { recordDecoder } from '../decoder.ts';

export const NOW = Date.UTC(2026, 0, 1);

export interface Written {
  readonly topic?: string;
  readonly timestampMs?: number;
}

/** Text is taken as it is, anything else as JSON. The record is at partition 3, offset 42. */
export function decode(
  route: EventRoute,
  value: unknown,
  { topic = route.topic, timestampMs = NOW }: Written = {},
): Decoded {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return recordDecoder(route, topic, { partition: 3 }).decode(
    { offset: 42, timestampMs, key: null, value: Buffer.from(text) },
    NOW,
  );
}

/** The lines of a record's events, as frames have them. */
export function lines(route: EventRoute, value: unknown, written: Written = {}): string[] {
  const decoder = recordDecoder(route, written.topic ?? route.topic, { partition: 3 });
  return decode(route, value, written).events.map((event) => decoder.line(event));
}

/** The one event of a record. */
export function only(decoded: Decoded): unknown {
  expect(decoded.dead).toBeUndefined();
  expect(decoded.events).toHaveLength(1);
  return decoded.events[0];
}

/** A bad value of a field: the dead letter's reason, and what its text must tell besides the field. */
export type Refused = readonly [field: string, value: unknown, reason: DeadReason, text?: string | RegExp];

/** Each value, put into the field of a good record, makes it a dead letter. `undefined` leaves the field out. */
const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);

export function refuses(route: EventRoute, good: object, table: readonly Refused[]): void {
  for (const [field, value, reason, text = ''] of table)
    it(`${field} ${JSON.stringify(value)?.slice(0, 40)} is a dead letter: ${reason}`, () => {
      const { outcome, events, dead } = decode(route, { ...good, [field]: value });
      expect(dead).toMatchObject({ reason });
      expect({ outcome, events }).toEqual({ outcome: 'dead', events: [] });
      expect(dead?.text).toMatch(/^Cannot /);
      expect(dead?.text).toContain(field);
      expect(dead?.text).toMatch(text);
    });
  for (const field of Object.keys(good))
    it(`${field} nested deeper than anything can write is a dead letter`, () => {
      const text = JSON.stringify({ ...good, [field]: 'DEEP' }).replace('"DEEP"', DEEP);
      const { outcome, dead } = decode(route, text);
      expect(outcome).toBe('dead');
      expect(dead?.text).toContain(field);
      expect(dead?.text).toContain('nested');
    });
}
