/** Counting gives what the general evaluation gives: a condition that reads the match, and ignores it, asks for the latter. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CepOperator } from './cep-operator.ts';
import { compilePattern } from './compile-pattern.ts';
import type { Condition } from './pattern.ts';
import { begin, skipPastLastEvent } from './pattern-builder.ts';
import type { CepSnapshot } from './snapshot.ts';

const fits: Condition<string> = (event) => event === 'a';
const fitsAndReads: Condition<string> = (event, matched) => matched.events('n').length >= 0 && event === 'a';

function operatorOf(condition: Condition<string>, count: number, within: number, snapshot?: CepSnapshot<string>) {
  const pattern = begin<string>('n').where(condition).timesOrMore(count).within(within).skip(skipPastLastEvent);
  return new CepOperator(compilePattern(pattern.build(), { timeouts: true }), snapshot);
}

const inputs = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'a', 'x')), { maxLength: 30 });

test('results and snapshots are those of the general evaluation, also after a restore', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 12 }), inputs, (count, within, steps) => {
      const general = operatorOf(fitsAndReads, count, within);
      const counting = operatorOf(fits, count, within);
      let restored = operatorOf(fits, count, within);
      let t = 0;
      for (const [wait, event] of steps) {
        t += wait;
        const expected = general.process(event, t);
        for (const operator of [counting, restored]) expect(operator.process(event, t)).toEqual(expected);
        const snapshot = JSON.stringify(general.snapshot());
        for (const operator of [counting, restored]) {
          expect(JSON.stringify(operator.snapshot())).toBe(snapshot);
          expect(operator.stats.partialMatches).toBe(general.stats.partialMatches);
          expect(operator.nextDeadline).toBe(general.nextDeadline);
        }
        restored = operatorOf(fits, count, within, JSON.parse(snapshot));
      }
      expect(counting.advanceTime(t + 100)).toEqual(general.advanceTime(t + 100));
      expect(counting.stats).toEqual({ partialMatches: 0, withheldMatches: 0, events: 0, nodes: 0 });
    }),
  );
});

test('a condition that begins to read in the middle is answered by the general evaluation from there on', () => {
  let reads = false;
  const condition: Condition<string> = (event, matched) => {
    if (reads) matched.events('n');
    return event === 'a';
  };
  const general = operatorOf(fitsAndReads, 5, 100);
  const turning = operatorOf(condition, 5, 100);
  for (const [t, event] of [...'aaxaaaaxaaaa'].entries()) {
    reads = t >= 3;
    expect(turning.process(event, t)).toEqual(general.process(event, t));
    expect(turning.snapshot()).toEqual(general.snapshot());
    expect(turning.stats.partialMatches).toBe(general.stats.partialMatches);
  }
});
