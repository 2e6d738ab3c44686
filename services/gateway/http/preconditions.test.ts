import { describe, expect, it } from 'vitest';
import { ProblemError } from './problem.ts';
import { entityTag, IfMatch, type Preconditions, requirePreconditions } from './preconditions.ts';

function holds(conditions: Preconditions, revision: number | undefined): boolean {
  try {
    requirePreconditions(conditions, revision);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ code: 'precondition-failed' });
    return false;
  }
}

describe('If-Match', () => {
  it('holds for the revision it names, whatever else of the representation has changed', () => {
    expect(holds({ 'if-match': entityTag(12) }, 12)).toBe(true);
    expect(holds({ 'if-match': entityTag(12, 5) }, 12)).toBe(true);
    expect(holds({ 'if-match': '"11", "12"' }, 12)).toBe(true);
    for (const encoded of ['"12;gzip"', '"12;5;zstd"']) expect(holds({ 'if-match': encoded }, 12)).toBe(true); // represent.ts
    for (const other of ['"1"', '"120"', '"12 "', '"5;12"', '""', '"11","13"'])
      expect([other, holds({ 'if-match': other }, 12)]).toEqual([other, false]);
  });

  it('never holds by a weak tag', () => {
    expect(holds({ 'if-match': 'W/"12"' }, 12)).toBe(false);
  });

  it('holds by * for what exists', () => {
    expect(holds({ 'if-match': '*' }, 1)).toBe(true);
    expect(holds({ 'if-match': '*' }, undefined)).toBe(false);
    expect(holds({ 'if-match': '"1"' }, undefined)).toBe(false);
  });

  it('says in its refusal which revision there is', () => {
    const refuse = () => requirePreconditions({ 'if-match': '"1"' }, 7);
    expect(refuse).toThrow('it is at "7"');
    try {
      refuse();
    } catch (error) {
      expect(error).toMatchObject({ headers: { etag: '"7"' } });
    }
  });
});

describe('If-None-Match', () => {
  it('holds by * only for what does not exist', () => {
    expect(holds({ 'if-none-match': '*' }, undefined)).toBe(true);
    expect(holds({ 'if-none-match': '*' }, 1)).toBe(false);
  });

  it('compares weakly', () => {
    expect(holds({ 'if-none-match': 'W/"1"' }, 1)).toBe(false);
    expect(holds({ 'if-none-match': '"2"' }, 1)).toBe(true);
  });
});

it('is a list of tags in quotes, or *', () => {
  for (const text of ['*', '"1"', 'W/"1"', '"1", W/"2;3" ,"x"']) expect(IfMatch.safeParse(text).success).toBe(true);
  for (const text of ['', '1', '"1', '"1" "2"', '*, "1"', '"1",', 'w/"1"'])
    expect([text, IfMatch.safeParse(text).success]).toEqual([text, false]);
  expect(IfMatch.safeParse(`${'"1",'.repeat(50_000)}x`).success).toBe(false);
});
