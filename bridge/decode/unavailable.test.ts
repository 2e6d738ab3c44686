import { describe, expect, it } from 'vitest';
import { fillUnavailable, isUnavailable, mayLack } from './unavailable.ts';

const TEXT = '__debezium_unavailable_value';
const BYTES = Buffer.from(TEXT);
const forms: Readonly<Record<string, unknown>> = {
  text: TEXT,
  'bytes in JSON': BYTES.toString('base64'),
  'an array of texts': [TEXT],
  'an array of bytes in JSON': [BYTES.toString('base64')],
  'an array of numbers': [...BYTES],
  'a map': { [TEXT]: TEXT },
};

describe('every form of the placeholder', () => {
  for (const [name, value] of Object.entries(forms))
    it(`${name} is found, as a value and in a text`, () => {
      expect(isUnavailable(value)).toBe(true);
      expect(mayLack(JSON.stringify({ note: value }))).toBe(true);
    });
  it('bytes of Avro are found', () => {
    expect(isUnavailable(new Uint8Array(BYTES))).toBe(true);
    expect(isUnavailable([new Uint8Array(BYTES)])).toBe(true);
  });
  for (const value of [
    null,
    undefined,
    5,
    '',
    `${TEXT}s`,
    [],
    [TEXT, TEXT],
    [...BYTES, 1],
    { a: TEXT },
    new Uint8Array(28),
  ])
    it(`${JSON.stringify(value) ?? 'undefined'} is a value`, () => expect(isUnavailable(value)).toBe(false));
  it('other texts have none', () => expect(mayLack(JSON.stringify({ a: 'unavailable', b: [95, 95] }))).toBe(false));
});

describe('invariant 1: what before has stands for it', () => {
  const members = [['id'], ['amount', 'total']];

  it('in the columns that are read', () => {
    const after = { id: 1, total: TEXT };
    expect(fillUnavailable(members, { id: 1, total: '5.00' }, after)).toBeUndefined();
    expect(after).toEqual({ id: 1, total: '5.00' });
  });
  it('null too', () => {
    const after = { id: 1, total: TEXT };
    expect(fillUnavailable(members, { id: 1, total: null }, after)).toBeUndefined();
    expect(after).toEqual({ id: 1, total: null });
  });
  for (const before of [null, { id: 1 }])
    it(`not from ${JSON.stringify(before)}`, () =>
      expect(fillUnavailable(members, before, { id: 1, total: TEXT })).toEqual({ before: false, after: true }));
  it('nor from a before that lacks it too', () => {
    expect(fillUnavailable(members, { id: 1, total: TEXT }, { id: 1, total: TEXT })).toEqual({
      before: true,
      after: true,
    });
    expect(fillUnavailable(members, { id: 1, total: TEXT }, { id: 1, total: 1 })).toEqual({
      before: true,
      after: false,
    });
    expect(fillUnavailable(members, { id: 1, total: TEXT }, null)).toEqual({ before: true, after: false });
  });
});

it('invariant 2: columns that nobody reads may lack anything', () => {
  const members = [['id'], ['amount', 'total']];
  expect(fillUnavailable(members, null, { id: 1, amount: 1, total: TEXT, note: TEXT })).toBeUndefined();
});
