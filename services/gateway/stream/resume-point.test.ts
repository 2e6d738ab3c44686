import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatResumePoint, lifeOf, parseResumePoint, type Place } from './resume-point.ts';
import { SOURCES } from './result-types.ts';

const place = fc.oneof(
  fc.constant<Place>({ seq: 0, life: undefined }),
  fc.record({ seq: fc.nat(Number.MAX_SAFE_INTEGER - 1), life: fc.nat(2e12).map(lifeOf) }),
);
const point = fc.uniqueArray(fc.tuple(fc.constantFrom(...SOURCES), place), {
  selector: ([source]) => source,
  minLength: 1,
});

describe('a resume point', () => {
  it('is what its text says, and fits a header', () => {
    fc.assert(
      fc.property(point, (places) => {
        const text = formatResumePoint(new Map(places));
        expect(text).toMatch(/^[\x21-\x7e]+$/);
        expect(parseResumePoint(text, SOURCES)).toEqual(new Map(places));
      }),
    );
  });

  it('is no other text', () => {
    for (const text of [
      '',
      'x',
      '-1',
      '12',
      'sales',
      'sales:',
      'sales:1', // behind the start of no bucket
      'sales:01@a',
      'sales:1@',
      'sales:-1@a',
      'sales:1e3@a',
      'sales:9007199254740993@a',
      'sales:1@A',
      'orders:1@a',
      'sales:1@a,',
      'sales:1@a,sales:2@a',
      'sales:1@a rfm:1@a',
      'sales:1@a\n',
      '__proto__:1@a',
      `sales:1@a,${'rfm:1@a,'.repeat(200)}`,
    ])
      expect([text, parseResumePoint(text, SOURCES)]).toEqual([text, undefined]);
  });
});
