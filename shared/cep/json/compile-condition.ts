/**
 * Conditions as data become closures. Everything that can be decided once is decided here: paths are cut, constants are
 * looked at, operators chosen. A test of an event allocates nothing.
 *
 * A comparison holds only between values of one type: the text "5" is not the number 5, and a value that is not there
 * (or is an object) compares with nothing, so `ne` does not hold for it either; `exists: false` asks for that.
 *
 * Invariants (tested in compile-condition.test.ts):
 * 1. Pure: the answer depends on the event and on what is read from `matched` only, and no data makes it throw.
 */
import type { MeshEvent } from '../../events/event.ts';
import type { Condition, MatchedSoFar } from '../pattern.ts';
import { aggregate } from './aggregate.ts';
import { fieldReader, presenceReader, type Read, type Value } from './field-reader.ts';
import { type ConditionSpec, type MatchedSpec, ORDERINGS, type Ordering, type ReferenceSpec } from './pattern-spec.ts';

type Test = Condition<MeshEvent>;
type ReadMatched = (event: MeshEvent, matched: MatchedSoFar<MeshEvent>) => Value;
type Check = (value: Value) => boolean;

/** Of a spec that pattern-schema.ts has validated. */
export function compileCondition(spec: ConditionSpec): Test {
  if (spec.and) return all(spec.and.map(compileCondition));
  if (spec.or) return any(spec.or.map(compileCondition));
  if (spec.not) return not(compileCondition(spec.not));
  if (spec.field !== undefined) return compareField(fieldReader(spec.field), spec);
  if (spec.matched) return compareMatched(matchedReader(spec.matched), spec);
  throw new Error('Cannot compile a condition that says nothing: validate it first');
}

function compareField(read: Read, spec: ConditionSpec): Test {
  const tests = constantChecks(spec).map(
    (check): Test =>
      (event) =>
        check(read(event)),
  );
  const { field = '', exists } = spec;
  if (exists !== undefined) {
    const has = presenceReader(field);
    tests.push((event) => has(event) === exists);
  }
  return all([...tests, ...referenceTests(read, spec)]);
}

function compareMatched(read: ReadMatched, spec: ConditionSpec): Test {
  const tests = constantChecks(spec).map(
    (check): Test =>
      (event, matched) =>
        check(read(event, matched)),
  );
  const { exists } = spec;
  if (exists !== undefined) tests.push((event, matched) => (read(event, matched) !== undefined) === exists);
  return all([...tests, ...referenceTests(read, spec)]);
}

/** Comparisons with what is written in the pattern. */
function constantChecks(spec: ConditionSpec): Check[] {
  const checks: Check[] = [];
  const { startsWith, endsWith, contains, in: members } = spec;
  for (const name of ORDERINGS) {
    const wanted = spec[name];
    if (wanted !== undefined && !isReference(wanted)) checks.push(constantCheck(name, wanted));
  }
  if (members) {
    const known = new Set<Value>(members);
    checks.push((value) => known.has(value));
  }
  if (startsWith !== undefined) checks.push((value) => typeof value === 'string' && value.startsWith(startsWith));
  if (endsWith !== undefined) checks.push((value) => typeof value === 'string' && value.endsWith(endsWith));
  if (contains !== undefined) checks.push((value) => typeof value === 'string' && value.includes(contains));
  return checks;
}

/** Numbers are what is compared most: each comparison has a function of its own, without a table or another call. */
function constantCheck(name: Ordering, wanted: Value): Check {
  if (name === 'eq') return (value) => value === wanted;
  if (typeof wanted === 'number') {
    if (name === 'gt') return (value) => typeof value === 'number' && value > wanted;
    if (name === 'gte') return (value) => typeof value === 'number' && value >= wanted;
    if (name === 'lt') return (value) => typeof value === 'number' && value < wanted;
    if (name === 'lte') return (value) => typeof value === 'number' && value <= wanted;
  }
  const compare = COMPARE[name];
  return (value) => compare(value, wanted);
}

function referenceTests(read: ReadMatched, spec: ConditionSpec): Test[] {
  const tests: Test[] = [];
  for (const name of ORDERINGS) {
    const wanted = spec[name];
    if (wanted === undefined || !isReference(wanted)) continue;
    const compare = COMPARE[name];
    const other = referenceReader(wanted);
    tests.push((event, matched) => compare(read(event, matched), other(event, matched)));
  }
  return tests;
}

function referenceReader({ field, matched, factor = 1, plus = 0 }: ReferenceSpec): ReadMatched {
  const read = matched ? matchedReader(matched) : fieldReader(field ?? '');
  if (factor === 1 && plus === 0) return read;
  return (event, soFar) => {
    const value = read(event, soFar);
    return typeof value === 'number' ? value * factor + plus : undefined;
  };
}

function matchedReader({ stage, aggregate: kind, field, orElse }: MatchedSpec): ReadMatched {
  const read = field === undefined ? undefined : fieldReader(field);
  return (_event, matched) => aggregate(kind, matched.events(stage), read) ?? orElse;
}

/** Both of one type, or it does not hold. */
const COMPARE: Readonly<Record<Ordering, (a: Value, b: Value) => boolean>> = {
  eq: (a, b) => a === b && a !== undefined,
  ne: (a, b) => a !== b && a !== undefined && b !== undefined,
  gt: (a, b) => difference(a, b) > 0,
  gte: (a, b) => difference(a, b) >= 0,
  lt: (a, b) => difference(a, b) < 0,
  lte: (a, b) => difference(a, b) <= 0,
};

/** Its sign says which is larger; NaN, for which nothing holds, when they are not both numbers or both texts. */
function difference(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a !== 'string' || typeof b !== 'string') return Number.NaN;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isReference(wanted: unknown): wanted is ReferenceSpec {
  return typeof wanted === 'object' && wanted !== null;
}

function all(tests: readonly Test[]): Test {
  const [first, second, ...more] = tests;
  if (!first) return () => true;
  if (!second) return first;
  const rest = more.length === 0 ? second : all([second, ...more]);
  return (event, matched) => first(event, matched) && rest(event, matched);
}

function any(tests: readonly Test[]): Test {
  const [first, second, ...more] = tests;
  if (!first) return () => false;
  if (!second) return first;
  const rest = more.length === 0 ? second : any([second, ...more]);
  return (event, matched) => first(event, matched) || rest(event, matched);
}

function not(test: Test): Test {
  return (event, matched) => !test(event, matched);
}
