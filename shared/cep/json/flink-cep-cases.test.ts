/**
 * Flink's own CEP cases (../fixtures/README.md), written as pattern files: shows that what the fluent words can say, the
 * data can say too. A condition that this file cannot translate fails; the test at the end says how many there are.
 */
import { describe, expect, test } from 'vitest';
import type { MaipEvent } from '../../events/maip.ts';
import {
  type CaseStage,
  type FlinkCase,
  flinkCases,
  type Input,
  patternCases as cases,
  type Where,
} from '../../testing/flink-cep-cases.ts';
import { END_OF_TIME, type Found, runPattern } from './_run-pattern.ts';
import { readPattern } from './parse-pattern.ts';
import type { ConditionSpec, PatternSpec, SkipSpec, StageSpec } from './pattern-spec.ts';

function specOf(flink: FlinkCase, compat: 'default' | 'flink'): PatternSpec {
  const { within_ms: within } = flink;
  const ofLast = flink.within_type === 'PREVIOUS_AND_CURRENT';
  const stages = flink.pattern.map(stageOf);
  return {
    name: flink.id.replaceAll(/[^A-Za-z0-9]/g, '-'),
    input: { kind: 'maip' },
    per: 'global',
    stages: stages.map((stage, at) => (ofLast && at === stages.length - 1 ? { ...stage, within } : stage)),
    skip: skipOf(flink.skip_strategy),
    compat,
    allowUnbounded: true,
    ...(within !== undefined && !ofLast ? { within } : {}),
  };
}

function stageOf(stage: CaseStage): StageSpec {
  const isFromZero = Array.isArray(stage.times) && stage.times[0] === 0;
  return {
    link: stage.link,
    times: timesOf(stage),
    optional: stage.optional || isFromZero,
    greedy: stage.greedy,
    contiguity: stage.consecutive ? 'consecutive' : stage.allow_combinations ? 'allowCombinations' : undefined,
    until: stage.until && conditionOf(stage.until),
    ...(stage.group ? { group: stage.group.map(stageOf) } : { name: stage.name, where: whereOf(stage) }),
  };
}

function timesOf({ times, times_or_more: orMore, one_or_more: oneOrMore }: CaseStage): StageSpec['times'] {
  if (orMore !== undefined || oneOrMore) return { min: orMore ?? 1 };
  return Array.isArray(times) ? { min: Math.max(1, times[0]), max: times[1] } : times;
}

function whereOf({ where = [], subtype }: CaseStage): ConditionSpec | undefined {
  const all = where.map(conditionOf);
  if (subtype) all.push({ field: 'payload.type', eq: subtype });
  return all.length > 0 ? { and: all } : undefined;
}

function conditionOf(where: Where): ConditionSpec {
  if ('name_equals' in where) return { field: 'type', eq: where.name_equals };
  if ('volume' in where) return { field: 'payload.volume', gt: where.volume[1] };
  if ('price' in where) return { field: 'payload.price', gt: where.price[1] };
  return { or: where.expr.split('||').map(namedBy) };
}

/** `value.getName().contains("a")` */
function namedBy(text: string): ConditionSpec {
  const [, method, name] = /^value\.getName\(\)\.(contains|equals)\("(.+)"\)$/.exec(text.replaceAll(/\s/g, '')) ?? [];
  if (!method) throw new Error(`Cannot say "${text}" as data`);
  return { field: 'type', [method === 'equals' ? 'eq' : 'contains']: name };
}

function skipOf(text: string): SkipSpec {
  const [, kind, stage] = /^(\w+)(?:\("(.+)"\))?$/.exec(text) ?? [];
  if (kind === 'skipToFirst' || kind === 'skipToLast') return { [kind]: stage };
  if (kind === 'noSkip' || kind === 'skipToNext' || kind === 'skipPastLastEvent') return kind;
  throw new Error(`Cannot say "${text}" as data`);
}

/** Two cases have times that fall: there only the order counts. */
function eventsOf(input: readonly Input[], inOrder: boolean): MaipEvent[] {
  let latest = 0;
  return input.map(({ n, ts, name, price, volume, type }) => {
    latest = Math.max(latest, ts);
    return { t: inOrder ? latest : ts, k: 'k', id: String(n), type: name, payload: { price, volume, type } };
  });
}

/** Some cases have equal events, and say how many of them match, not which. */
function texts(events: readonly MaipEvent[], matches: readonly (readonly number[])[]): string[] {
  const text = (n: number) => JSON.stringify({ ...events[n], id: '' });
  return matches.map((match) => match.map(text).sort().join()).sort();
}

function inputsOf({ result }: Found): number[] {
  return Object.values(result.events).flatMap((taken) => taken.map((event) => Number('id' in event ? event.id : '?')));
}

for (const compat of ['flink', 'default'] as const)
  describe(`Flink's own cases as data, compat ${compat}`, () => {
    for (const flink of cases)
      test(flink.id, () => {
        // As a file: what JSON cannot hold must not get through.
        const pattern = readPattern(JSON.parse(JSON.stringify(specOf(flink, compat))), flink.id);
        const events = eventsOf(flink.input, !flink.watermarks);
        const end = flink.watermarks ? END_OF_TIME : (events.at(-1)?.t ?? 0) - 1;
        const found = runPattern(pattern, events, 'x#0', end).filter(({ result }) => result.kind === 'match');
        expect(texts(events, found.map(inputsOf))).toEqual(texts(events, flink.expected_matches_as_input_index));
      });
  });

test('all cases that hold for the operator can be said as data', () => {
  process.stdout.write(
    `Flink's own CEP cases as pattern files: ${cases.length} of ${flinkCases.length}, in both compats\n`,
  );
  expect(flinkCases.length).toBe(76);
  expect(cases.length).toBe(74); // one is of lateness and has no pattern, one is excepted
});
