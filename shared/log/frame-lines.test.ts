import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from './frame.ts';
import { FrameLines } from './frame-lines.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '42',
    'a "quoted" one',
    'back\\slash',
    'line\nbreak',
    'é',
    '\u{1F600}',
    'a-long-customer-name-of-31-chars',
  ),
);
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1717200000123, 2 ** 53, -(2 ** 53), 999_999_999_999_999, 1e21, 1e-7, 12.5, -0.05),
);
const order = fc.record(
  { t: number, k: text, id: text, amount: number, retract: fc.constant(true) },
  { requiredKeys: ['t', 'k', 'id', 'amount'] },
);
const maip = fc.record({ t: number, k: text, type: text, payload: fc.jsonValue() });
const anyLine = fc.oneof(order, maip, fc.jsonValue());

function parse(frame: string): unknown[] {
  return frame === '' ? [] : frame.split('\n').map((line) => JSON.parse(line) as unknown);
}

describe('FrameLines', () => {
  it('reads what JSON.parse reads, frame after frame (invariant 1)', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyLine, { maxLength: 8 }), { maxLength: 4 }), (frames) => {
        const lines = new FrameLines();
        for (const frame of frames.map(encodeFrame)) {
          const read = lines.read(frame);
          expect(read).toEqual(parse(frame));
          expect(encodeFrame(read)).toBe(frame); // members in their order, too
        }
      }),
      { numRuns: 500 },
    );
  });

  it('goes on reading when the shape of lines changes and comes back, and when there are more than it learns', () => {
    const lines = new FrameLines();
    const shapes = Array.from({ length: 12 }, (_, n) => ({ t: n, [`member${n}`]: 'x', last: n }));
    for (let round = 0; round < 3; round++) expect(lines.read(encodeFrame(shapes))).toEqual(shapes);
  });

  it('refuses what is no NDJSON, also when it begins as a known shape does (invariant 2)', () => {
    const good = '{"t":1,"k":"a","amount":2}';
    for (const bad of [
      '{"t":1,"k":"a","amount":}',
      '{"t":1,"k":"a","amount":2',
      '{"t":1,"k":"a","amount":2}}',
      '{"t":1,"k":"a,"amount":2}',
      '{"t":1,"k":"a\n{"t":1,"k":"b","amount":2}',
      '{"t":,"k":"a","amount":2}',
      '{"t":-,"k":"a","amount":2}',
      '{"t":1-2,"k":"a","amount":2}',
      '{"t":1,"k":"a\\","amount":2}',
      '',
      'x',
    ]) {
      const lines = new FrameLines();
      expect(lines.read(good)).toEqual([{ t: 1, k: 'a', amount: 2 }]);
      expect(() => lines.read(`${good}\n${bad}\n${good}`), bad).toThrow(SyntaxError);
    }
  });

  it('takes a member that other code must not see for what it is', () => {
    const frame = '{"t":1,"__proto__":"x"}\n{"t":2,"__proto__":"y"}';
    const [, second] = new FrameLines().read(frame);
    expect(Object.keys(second as object)).toEqual(['t', '__proto__']);
  });
});
