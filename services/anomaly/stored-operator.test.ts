import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CepOperator } from '../../shared/cep/cep-operator.ts';
import { compilePattern } from '../../shared/cep/compile-pattern.ts';
import { begin, noSkip, skipPastLastEvent } from '../../shared/cep/pattern-builder.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import { BEFORE_ALL_TIME, type Table } from '../../shared/events/stage.ts';
import { StateTable } from '../../shared/store/state-table.ts';
import { type CepRule, highOrderVolume } from './cep-rules.ts';
import {
  journalTable,
  type JournalChunk,
  type OperatorBase,
  operatorTable,
  StoredOperator,
} from './stored-operator.ts';

const is = (type: string) => (event: MaipEvent) => event.type === type;

function rule(pattern: CepRule['pattern'], fingerprint = '1'): CepRule {
  return { ...highOrderVolume('global'), name: 'p', fingerprint, pattern, accepts: () => true };
}

/** Holds many: every a waits for a b for a long time. */
const waiting = begin<MaipEvent>('a')
  .where(is('a'))
  .followedByAny('b')
  .where(is('b'))
  .within(1_000)
  .skip(noSkip)
  .build();
const burst = begin<MaipEvent>('a').where(is('a')).timesOrMore(3).within(20).skip(skipPastLastEvent).build();
const absent = begin<MaipEvent>('a').where(is('a')).notFollowedBy('b').where(is('b')).within(15).build();

function event(t: number, type: string, n: number): MaipEvent {
  return { t, k: 'k', id: `e${n}`, type, payload: null };
}

/** A stage's tables, the image of its commits, and what commits wrote. */
class Stage {
  readonly image = new Map<string, string>();
  written = 0;
  #rule: CepRule;
  #tables: readonly StateTable[] = [];
  operator: StoredOperator;

  constructor(of: CepRule) {
    this.#rule = of;
    this.operator = this.restart(BEFORE_ALL_TIME);
  }

  commit(): void {
    for (const table of this.#tables) {
      for (const { slot, text } of table.takeChanges()) {
        const key = `${table.name}.${slot.id}`;
        if (text === undefined) this.image.delete(key);
        else this.image.set(key, text);
        this.written += text?.length ?? 0;
      }
    }
  }

  restart(watermark: number, changed: CepRule = this.#rule): StoredOperator {
    this.#rule = changed;
    const bases = new StateTable('operator', operatorTable as never);
    const journal = new StateTable('journal', journalTable as never);
    this.#tables = [bases, journal];
    for (const [key, text] of this.image)
      (key.startsWith('operator.') ? bases : journal).load(key.slice(key.indexOf('.') + 1), text);
    this.operator = new StoredOperator(
      this.#rule,
      bases as Table<unknown> as Table<OperatorBase>,
      journal as Table<unknown> as Table<JournalChunk>,
      watermark,
    );
    return this.operator;
  }
}

describe('StoredOperator', () => {
  test('the matches of the plain operator, over restarts; the same stored in the end (invariants 1 and 2)', () => {
    const step = fc.record({
      gap: fc.nat({ max: 9 }),
      type: fc.constantFrom('a', 'a', 'a', 'b', 'c'),
      advance: fc.boolean(),
      commit: fc.boolean(),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(waiting, burst, absent),
        fc.array(step, { maxLength: 300, size: 'max' }),
        (pattern, steps) => {
          const plain = new CepOperator(compilePattern(pattern));
          const [straight, restarted] = [new Stage(rule(pattern)), new Stage(rule(pattern))];
          let [t, watermark] = [0, BEFORE_ALL_TIME];
          for (const [n, { gap, type, advance, commit, restart }] of steps.entries()) {
            t += gap;
            const next = event(Math.max(t, watermark + 1), type, n);
            const expected = plain.process(next, next.t);
            expect(straight.operator.process(next)).toEqual(expected);
            expect(restarted.operator.process(next)).toEqual(expected);
            if (advance) {
              watermark = next.t;
              const over = plain.advanceTime(watermark);
              expect(straight.operator.advanceTime(watermark)).toEqual(over);
              expect(restarted.operator.advanceTime(watermark)).toEqual(over);
            }
            if (commit) restarted.commit();
            if (commit && restart) restarted.restart(watermark);
          }
          straight.commit();
          restarted.commit();
          const sorted = ({ image }: Stage) => [...image].sort(([a], [b]) => (a < b ? -1 : 1));
          expect(sorted(restarted)).toEqual(sorted(straight));
          if (plain.isIdle) expect(straight.image.size).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('an event is written a few times, however many partial matches are live', () => {
    const stage = new Stage(rule({ ...waiting, withinMs: 1_000_000 }));
    const count = 4_000;
    for (let n = 0; n < count; n++) {
      stage.operator.process(event(n, 'a', n));
      if (n % 16 === 15) stage.commit();
    }
    const eventBytes = JSON.stringify(event(count, 'a', count)).length;
    expect(stage.written / count).toBeLessThan(8 * eventBytes);
  });

  test('what another pattern of that name stored is dropped (invariant 3)', () => {
    const stage = new Stage(rule(waiting));
    for (let n = 0; n < 200; n++) stage.operator.process(event(n, 'a', n));
    stage.commit();
    expect(stage.image.size).toBeGreaterThan(1);
    stage.restart(200, rule(burst, '2'));
    stage.commit();
    expect(stage.image.size).toBe(0);
    stage.operator.process(event(300, 'a', 300));
    stage.commit();
    expect([...stage.image.keys()]).toEqual(['operator.p', 'journal.p.0']);
  });
});
