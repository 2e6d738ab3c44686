/**
 * Runs a pattern over events that come in event-time order: an operator for each key, or one for all.
 *
 * Invariants (tested in key-matchers.test.ts):
 * 1. Results come in the order of their time, whenever time is advanced, and are those of each key by itself.
 * 2. A key is held only while a partial match of it lives.
 */
import { type CepOperator, operatorsOf } from '../../shared/cep/cep-operator.ts';
import type { CepResult } from '../../shared/cep/cep-result.ts';
import { compilePattern } from '../../shared/cep/compile-pattern.ts';
import type { EventPattern } from '../../shared/cep/json/event-pattern.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import { Timers } from '../../shared/event-time/timers.ts';

export type OnResult = (key: string, result: CepResult<MeshEvent>) => void;

/** The key of a pattern over all events together. */
export const GLOBAL = '';

export class KeyMatchers {
  readonly #isPerKey: boolean;
  readonly #create: () => CepOperator<MeshEvent>;
  readonly #onResult: OnResult;
  readonly #operators = new Map<string, CepOperator<MeshEvent>>();
  readonly #deadlines = new Timers<string>();
  readonly #scheduled = new Map<string, number>();

  constructor({ pattern, per, compat }: EventPattern, onResult: OnResult) {
    this.#isPerKey = per === 'key';
    this.#create = operatorsOf(compilePattern(pattern, { compat, timeouts: true }));
    this.#onResult = onResult;
  }

  /** Keys with a partial match. */
  get liveKeys(): number {
    return this.#operators.size;
  }

  get partialMatches(): number {
    let count = 0;
    for (const { stats } of this.#operators.values()) count += stats.partialMatches + stats.withheldMatches;
    return count;
  }

  process(event: MeshEvent): void {
    this.advanceTime(event.t - 1);
    const key = this.#isPerKey ? event.k : GLOBAL;
    let operator = this.#operators.get(key);
    if (!operator) {
      operator = this.#create();
      this.#operators.set(key, operator);
    }
    this.#tell(key, operator.process(event, event.t));
    this.#keep(key, operator, event.t);
  }

  /** No event with t <= watermark will come any more. */
  advanceTime(watermark: number): void {
    this.#deadlines.advance(watermark, (key, time) => {
      if (this.#scheduled.get(key) === time) this.#scheduled.delete(key);
      const operator = this.#operators.get(key);
      if (!operator) return;
      this.#tell(key, operator.advanceTime(time));
      this.#keep(key, operator, time + 1);
    });
  }

  #tell(key: string, results: readonly CepResult<MeshEvent>[]): void {
    for (const result of results) this.#onResult(key, result);
  }

  /** `earliest`: of its next timer. */
  #keep(key: string, operator: CepOperator<MeshEvent>, earliest: number): void {
    if (operator.isIdle) {
      this.#operators.delete(key);
      return;
    }
    const deadline = operator.nextDeadline;
    if (deadline === undefined) return;
    const at = Math.max(earliest, deadline - 1);
    // A key whose deadline moves on keeps its timer, which will find that it fired too early.
    if (at >= (this.#scheduled.get(key) ?? Number.POSITIVE_INFINITY)) return;
    this.#scheduled.set(key, at);
    this.#deadlines.schedule(at, key, key);
  }
}
