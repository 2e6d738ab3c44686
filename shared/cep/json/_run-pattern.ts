/** For tests: runs a pattern over a list of events, each key by itself or all together, to the end of time. */
import type { MeshEvent } from '../../events/event.ts';
import { CepOperator } from '../cep-operator.ts';
import type { CepResult } from '../cep-result.ts';
import { compilePattern } from '../compile-pattern.ts';
import type { EventPattern } from './event-pattern.ts';

export interface Found {
  readonly key: string;
  readonly result: CepResult<MeshEvent>;
}

export const END_OF_TIME = Number.MAX_SAFE_INTEGER - 1;

/** Events of equal time stay in the order they are given in. */
export function runPattern(
  pattern: EventPattern,
  events: readonly MeshEvent[],
  source = 'topic#00000',
  end = END_OF_TIME,
): Found[] {
  const nfa = compilePattern(pattern.pattern, { compat: pattern.compat, timeouts: true });
  const operators = new Map<string, CepOperator<MeshEvent>>();
  const found: Found[] = [];
  for (const event of [...events].sort((a, b) => a.t - b.t)) {
    if (!pattern.accepts(event, source)) continue;
    const key = pattern.per === 'key' ? event.k : '';
    const operator = operators.get(key) ?? new CepOperator(nfa);
    operators.set(key, operator);
    for (const result of operator.process(event, event.t)) found.push({ key, result });
  }
  for (const [key, operator] of operators) for (const result of operator.advanceTime(end)) found.push({ key, result });
  return found;
}
