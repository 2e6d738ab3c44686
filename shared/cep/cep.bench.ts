/**
 * Measures the operator: `node shared/cep/cep.bench.ts`. Prints ns per event, beside the number of live partial matches.
 * `measureCep` is for infra/bench.
 */
import { CepOperator } from './cep-operator.ts';
import { compilePattern } from './compile-pattern.ts';
import type { Compat } from './nfa.ts';
import type { Pattern } from './pattern.ts';
import { begin, skipPastLastEvent } from './pattern-builder.ts';

export interface CepMeasure {
  readonly name: string;
  readonly nsPerEvent: number;
  readonly partialMatches: number;
  readonly snapshotBytes: number;
}

interface Tick {
  readonly type: string;
  readonly n: number;
}

const HOUR = 3_600_000;
const ROUNDS = 3;

/** The first waits for a second that never comes: what an event costs that changes nothing. */
const waiting = begin<Tick>('first')
  .where((event) => event.type === 'login')
  .followedBy('second')
  .where((event) => event.type === 'logout')
  .within(HOUR)
  .build({ name: 'waiting' });

/** The same, with a condition that reads the match: each partial match must be asked. */
const iterative = begin<Tick>('first')
  .where((event) => event.type === 'login')
  .followedBy('second')
  .where((event, matched) => event.type === 'other' && matched.events('first').some(({ n }) => n < 0))
  .within(HOUR)
  .build({ name: 'iterative' });

const highOrderVolume = begin<Tick>('first')
  .where((event) => event.type === 'maip.order.created')
  .timesOrMore(10)
  .within(60_000)
  .skip(skipPastLastEvent)
  .build({ name: 'HIGH_ORDER_VOLUME' });

/** `live` logins a ms apart, and then events of that type. */
function measure(pattern: Pattern<Tick>, type: string, live: number, events: number, compat: Compat): CepMeasure {
  const nfa = compilePattern(pattern, { compat });
  let best = Number.POSITIVE_INFINITY;
  let operator = new CepOperator(nfa);
  for (let round = 0; round < ROUNDS; round++) {
    operator = new CepOperator(nfa);
    for (let n = 0; n < live; n++) operator.process({ type: 'login', n }, n);
    const started = performance.now();
    for (let n = 0; n < events; n++) operator.process({ type, n }, live + n);
    best = Math.min(best, performance.now() - started);
  }
  return {
    name: `${pattern.name}, event "${type}", compat ${compat}`,
    nsPerEvent: (best * 1e6) / events,
    partialMatches: operator.stats.partialMatches,
    snapshotBytes: JSON.stringify(operator.snapshot()).length,
  };
}

export function measureCep(): CepMeasure[] {
  return [
    measure(waiting, 'other', 1_000, 500_000, 'default'),
    measure(waiting, 'other', 100_000, 500_000, 'default'),
    measure(waiting, 'other', 1_000, 2_000, 'flink'),
    measure(waiting, 'login', 1_000, 1_000, 'default'),
    measure(waiting, 'login', 100_000, 1_000, 'default'),
    measure(iterative, 'other', 1_000, 2_000, 'default'),
    measure(iterative, 'other', 100_000, 20, 'default'),
    measure(highOrderVolume, 'maip.order.created', 0, 500_000, 'default'),
    measure(highOrderVolume, 'maip.order.paid', 0, 500_000, 'default'),
    measure(highOrderVolume, 'maip.order.created', 0, 100_000, 'flink'),
  ];
}

if (import.meta.main) {
  for (const { name, nsPerEvent, partialMatches, snapshotBytes } of measureCep()) {
    const figures = `${nsPerEvent.toFixed(0).padStart(12)} ns/event${String(partialMatches).padStart(9)} live`;
    process.stdout.write(`${name.padEnd(64)}${figures}${String(snapshotBytes).padStart(11)} B\n`);
  }
}
