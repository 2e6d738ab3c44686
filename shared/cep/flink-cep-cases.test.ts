/**
 * Runs the cases of Flink's own CEP tests (fixtures/README.md), in `flink` and in `default`: both must give the expected
 * matches. A kind of condition or quantifier that this file does not know fails. What is excepted
 * is in shared/testing/flink-cep-cases.ts.
 */
import { describe, expect, test } from 'vitest';
import { EventTimeBuffer } from '../event-time/event-time-order.ts';
import {
  type CaseStage,
  EXCEPTED,
  type FlinkCase,
  flinkCases,
  type Input,
  patternCases as cases,
  type Where,
} from '../testing/flink-cep-cases.ts';
import { CepOperator } from './cep-operator.ts';
import type { CepResult } from './cep-result.ts';
import { compilePattern } from './compile-pattern.ts';
import type { Compat } from './nfa.ts';
import type { Condition, Pattern, SkipStrategy, Stage, Times } from './pattern.ts';

const GAP_MS = 3;

function patternOf(flink: FlinkCase, gapMs: number | undefined): Pattern<Input> {
  const stages = flink.pattern.map((stage) => stageOf(stage, gapMs));
  const within = flink.within_ms;
  const lastOnly = flink.within_type === 'PREVIOUS_AND_CURRENT';
  const last = stages.at(-1);
  if (lastOnly && last?.kind === 'event' && within !== undefined)
    stages[stages.length - 1] = { ...last, gapMs: within };
  return {
    name: flink.id,
    stages,
    skip: skipOf(flink.skip_strategy),
    allowUnbounded: true,
    ...(within !== undefined && !lastOnly ? { withinMs: within } : {}),
  };
}

function stageOf(stage: CaseStage, gapMs: number | undefined): Stage<Input> {
  const times = timesOf(stage, stage.between_events ? gapMs : undefined);
  const words = {
    link: stage.link,
    ...(times ? { times } : {}),
    ...(stage.optional || isFromZero(stage) ? { optional: true } : {}),
    ...(stage.greedy ? { greedy: true } : {}),
    ...(stage.consecutive ? { contiguity: 'consecutive' as const } : {}),
    ...(stage.allow_combinations ? { contiguity: 'allowCombinations' as const } : {}),
    ...(stage.until ? { until: conditionOf(stage.until) } : {}),
  };
  if (stage.group) return { ...words, kind: 'group', stages: stage.group.map((inner) => stageOf(inner, gapMs)) };
  const tests = (stage.where ?? []).map(conditionOf);
  const { subtype } = stage;
  if (subtype) tests.push((event) => event.type === subtype);
  const condition: Condition<Input> = (event, matched) => tests.every((fits) => fits(event, matched));
  return { ...words, kind: 'event', name: stage.name ?? '', condition };
}

function isFromZero({ times }: CaseStage): boolean {
  return Array.isArray(times) && times[0] === 0;
}

function timesOf(stage: CaseStage, gapMs: number | undefined): Times | undefined {
  const gap = gapMs === undefined ? {} : { gapMs };
  if (stage.times_or_more !== undefined) return { min: stage.times_or_more, ...gap };
  if (stage.one_or_more) return { min: 1, ...gap };
  if (stage.times === undefined) return undefined;
  const [min, max] = Array.isArray(stage.times) ? stage.times : [stage.times, stage.times];
  return { min: Math.max(min, 1), max, ...gap };
}

function conditionOf(where: Where): Condition<Input> {
  if ('name_equals' in where) return (event) => event.name === where.name_equals;
  if ('volume' in where) return (event) => (event.volume ?? 0) > where.volume[1];
  if ('price' in where) return (event) => event.price > where.price[1];
  const contains = [...where.expr.matchAll(/contains\("(\w+)"\)/g)].map(([, part]) => part ?? '');
  const equals = [...where.expr.matchAll(/equals\(\s*"(\w+)"\)/g)].map(([, name]) => name ?? '');
  if (contains.length + equals.length === 0) throw new Error(`Unknown condition "${where.expr}".`);
  return ({ name }) => contains.some((part) => name.includes(part)) || equals.includes(name);
}

function skipOf(text: string): SkipStrategy {
  const [, kind, stage] = /^(\w+)(?:\("(.+)"\))?$/.exec(text) ?? [];
  if (kind === 'skipToFirst' || kind === 'skipToLast') return { kind, stage: stage ?? '' };
  if (kind === 'noSkip' || kind === 'skipToNext' || kind === 'skipPastLastEvent') return { kind };
  throw new Error(`Unknown skip strategy "${text}".`);
}

/** `watermarks`: the cases of the whole operator, which puts events into order and flushes at the end. */
function run(flink: FlinkCase, compat: Compat, gapMs?: number): CepResult<Input>[] {
  const operator = new CepOperator(compilePattern(patternOf(flink, gapMs), { compat, timeouts: true }));
  const input = flink.watermarks ? [...flink.input].sort((a, b) => a.ts - b.ts) : flink.input;
  let t = 0;
  const results = input.flatMap((event) => {
    // One case has no window and times that fall: there only the order counts.
    t = Math.max(t, event.ts);
    return operator.process(event, t);
  });
  return flink.watermarks ? [...results, ...operator.advanceTime(Number.MAX_SAFE_INTEGER - 1)] : results;
}

/** As texts of their events' values: some cases have equal events, and say how many of them match, not which. */
function valuesOf(flink: FlinkCase, matches: readonly (readonly number[])[]): string[] {
  const text = (n: number) => JSON.stringify({ ...flink.input[n], n: 0 });
  return matches.map((match) => match.map(text).sort().join()).sort();
}

function numbersOf(results: readonly CepResult<Input>[]): number[][] {
  return results.map((result) => Object.values(result.events).flatMap((events) => events.map((event) => event.n)));
}

function sorted(numbers: readonly number[]): string {
  return String([...numbers].sort((a, b) => a - b));
}

function isMatch(result: CepResult<Input>): boolean {
  return result.kind === 'match';
}

function isTimeout(result: CepResult<Input>): boolean {
  return result.kind === 'timeout';
}

for (const compat of ['flink', 'default'] as const) {
  describe(`Flink's own tests, compat ${compat}`, () => {
    for (const flink of cases) {
      test(flink.id, () => {
        const results = run(flink, compat);
        expect(valuesOf(flink, numbersOf(results.filter(isMatch)))).toEqual(
          valuesOf(flink, flink.expected_matches_as_input_index),
        );
        const timeouts = results.filter(isTimeout);
        if (flink.expected_timeouts) {
          expect(timeouts.map((timeout) => [sorted(numbersOf([timeout]).flat()), timeout.t])).toEqual(
            flink.expected_timeouts.map(({ events, at }) => [sorted(events), at]),
          );
        }
        if (flink.expected_timeout_start_prices) {
          expect(sorted(timeouts.map((timeout) => timeout.events.start?.[0]?.price ?? 0))).toBe(
            sorted(flink.expected_timeout_start_prices),
          );
        }
      });
    }
  });
}

describe('gaps in loops', () => {
  const withGaps = cases.filter((flink) => JSON.stringify(flink.pattern).includes('between_events'));

  test.each(withGaps.map((flink) => [flink.id, flink] as const))('%s with a gap of 3 ms', (_, flink) => {
    const expected = flink.expected_gap3ms ?? flink.expected_matches_as_input_index;
    expect(valuesOf(flink, numbersOf(run(flink, 'flink', GAP_MS).filter(isMatch)))).toEqual(valuesOf(flink, expected));
  });

  test('the one case with an expectation of its own for gaps is run too', () => {
    const [flink] = flinkCases.filter((each) => each.expected_gap3ms);
    if (!flink) throw new Error('The case is gone.');
    const pattern = flink.pattern.map((stage) => (stage.times_or_more ? { ...stage, between_events: 'param' } : stage));
    const results = run({ ...flink, pattern }, 'flink', GAP_MS);
    expect(valuesOf(flink, numbersOf(results.filter(isMatch)))).toEqual(valuesOf(flink, flink.expected_gap3ms ?? []));
  });
});

describe('events that come too late', () => {
  test('are told by the buffer in front of the operator', () => {
    const [flink] = flinkCases.filter((each) => each.expected_late);
    const late: number[] = [];
    const buffer = new EventTimeBuffer<Input>();
    for (const step of flink?.steps ?? []) {
      const [, watermark] = /^watermark\((\d+)\)$/.exec(step) ?? [];
      const [, element] = /^element (\d+)$/.exec(step) ?? [];
      const event = flink?.input[Number(element)];
      if (watermark) buffer.release(Number(watermark), () => undefined);
      else if (event && !buffer.add(event, event.ts, 'source')) late.push(event.n);
    }
    expect(late).toEqual(flink?.expected_late);
  });
});

test('the number of cases is known', () => {
  process.stdout.write(`Flink's own CEP tests: ${cases.length} patterns in both compats, and 1 case of lateness\n`);
  for (const [id, reason] of Object.entries(EXCEPTED)) process.stdout.write(`  excepted ${id}: ${reason}\n`);
  expect([flinkCases.length, cases.length]).toEqual([76, 74]);
});
