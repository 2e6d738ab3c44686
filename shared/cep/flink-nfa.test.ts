/**
 * Runs random patterns over random events, and compares each step with what Flink's own NFA gave (fixtures/README.md).
 * The test prints how many cases of each kind passed. All must.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CepOperator } from './cep-operator.ts';
import type { CepResult } from './cep-result.ts';
import { compilePattern } from './compile-pattern.ts';
import type { Compat } from './nfa.ts';
import { InvalidPatternError, type Link, type Pattern, type SkipStrategy, type Stage, type Times } from './pattern.ts';

interface OracleStage {
  name: string;
  link: Link;
  in: string;
  quant: 'one' | 'oneOrMore' | 'times' | 'timesRange' | 'timesOrMore';
  n?: number;
  m?: number;
  contiguity?: 'consecutive' | 'allowCombinations';
  optional?: boolean;
  greedy?: boolean;
  until?: string;
}

type Match = Record<string, number[]>;

interface OracleStep {
  step: number;
  t: number;
  released?: Match[];
  timeouts?: [Match, number][];
  matches?: Match[];
}

interface OracleCase {
  seed: number;
  pattern: OracleStage[];
  skip: SkipStrategy['kind'];
  skipTo?: string;
  within: number;
  events: [t: number, letter: string][];
  out?: OracleStep[];
  heldAtEnd?: number;
  error?: string;
}

interface Letter {
  n: number;
  letter: string;
}

const cases: OracleCase[] = readFileSync(new URL('fixtures/flink-nfa.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): OracleCase => JSON.parse(line));

function patternOf(oracle: OracleCase): Pattern<Letter> {
  const { skip, skipTo } = oracle;
  return {
    name: `seed ${oracle.seed}`,
    stages: oracle.pattern.map(stageOf),
    skip: skip === 'skipToFirst' || skip === 'skipToLast' ? { kind: skip, stage: skipTo ?? '' } : { kind: skip },
    allowUnbounded: true,
    ...(oracle.within > 0 ? { withinMs: oracle.within } : {}),
  };
}

function stageOf(stage: OracleStage): Stage<Letter> {
  const { until } = stage;
  const times = timesOf(stage);
  return {
    kind: 'event',
    name: stage.name,
    link: stage.link,
    condition: ({ letter }) => stage.in.includes(letter),
    ...(times ? { times } : {}),
    ...(stage.contiguity ? { contiguity: stage.contiguity } : {}),
    ...(stage.optional ? { optional: true } : {}),
    ...(stage.greedy ? { greedy: true } : {}),
    ...(until ? { until: ({ letter }) => letter === until } : {}),
  };
}

function timesOf({ quant, n = 0, m = 0 }: OracleStage): Times | undefined {
  if (quant === 'one') return undefined;
  if (quant === 'oneOrMore') return { min: 1 };
  if (quant === 'timesOrMore') return { min: n };
  return quant === 'times' ? { min: n, max: n } : { min: n, max: m };
}

/** One text for each match, in one order: steps are compared as multisets. */
function texts(matches: readonly Match[]): string[] {
  return matches.map((match) => JSON.stringify(Object.entries(match).sort())).sort();
}

function matchOf(result: CepResult<Letter>): Match {
  return Object.fromEntries(Object.entries(result.events).map(([name, events]) => [name, events.map((e) => e.n)]));
}

function ofKind(results: readonly CepResult<Letter>[], kind: CepResult<Letter>['kind']): CepResult<Letter>[] {
  return results.filter((result) => result.kind === kind);
}

function stepText(step: number, released: Match[], timeouts: [Match, number][], matches: Match[]): string {
  const late = timeouts.map(([match, at]) => `${texts([match])}@${at}`).sort();
  return JSON.stringify({ step, released: texts(released), timeouts: late, matches: texts(matches) });
}

/** What came out of each step, as text; steps without output left out. */
function run(oracle: OracleCase): { steps: string[]; held: number; leftOver: object } {
  const nfa = compilePattern(patternOf(oracle), { compat: 'flink', timeouts: true });
  const operator = new CepOperator(nfa);
  const steps: string[] = [];
  const record = (step: number, advanced: readonly CepResult<Letter>[], processed: readonly CepResult<Letter>[]) => {
    if (advanced.length + processed.length === 0) return;
    const timeouts = ofKind(advanced, 'timeout').map((result): [Match, number] => [matchOf(result), result.t]);
    steps.push(stepText(step, ofKind(advanced, 'match').map(matchOf), timeouts, processed.map(matchOf)));
  };
  oracle.events.forEach(([t, letter], n) => {
    record(n, operator.advanceTime(t), operator.process({ n, letter }, t));
  });
  if (oracle.within > 0) {
    const end = (oracle.events.at(-1)?.[0] ?? 0) + oracle.within + 1;
    record(oracle.events.length, operator.advanceTime(end), []);
  }
  return { steps, held: operator.stats.withheldMatches, leftOver: operator.stats };
}

function expected(oracle: OracleCase): string[] {
  return (oracle.out ?? []).map((out) => stepText(out.step, out.released ?? [], out.timeouts ?? [], out.matches ?? []));
}

/** What a case is about; a case can be about several things. */
function kindsOf(oracle: OracleCase): string[] {
  const kinds = [`skip strategy: ${oracle.skip}`, oracle.within > 0 ? 'within' : 'no within'];
  for (const stage of oracle.pattern) {
    kinds.push(`link: ${stage.link}`, `quantifier: ${stage.quant}`);
    if (stage.contiguity) kinds.push(`loop: ${stage.contiguity}`);
    if (stage.optional) kinds.push('optional');
    if (stage.greedy) kinds.push('greedy');
    if (stage.until) kinds.push('until');
  }
  if (oracle.error) kinds.push('refused');
  if (oracle.out?.some((out) => out.timeouts)) kinds.push('gives timeouts');
  if (oracle.out?.some((out) => out.released)) kinds.push('gives matches when time is over');
  if (oracle.heldAtEnd) kinds.push('withholds matches to the end');
  return [...new Set(kinds)];
}

function failureOf(oracle: OracleCase): string | undefined {
  if (oracle.error) {
    try {
      compilePattern(patternOf(oracle), { compat: 'flink' });
    } catch (error) {
      return error instanceof InvalidPatternError ? undefined : `seed ${oracle.seed}: ${error}`;
    }
    return `seed ${oracle.seed}: not refused, though Flink says ${oracle.error}`;
  }
  const { steps, held } = run(oracle);
  const same = JSON.stringify(steps) === JSON.stringify(expected(oracle)) && held === oracle.heldAtEnd;
  return same
    ? undefined
    : `seed ${oracle.seed}:\n  ours  ${steps.join('\n        ')}\n  Flink ${expected(oracle).join('\n        ')}`;
}

/** All matches of a case with the time advanced far at the end, as one multiset. */
function allMatches(oracle: OracleCase, compat: Compat): string[] {
  const operator = new CepOperator(compilePattern(patternOf(oracle), { compat }));
  const results = oracle.events.flatMap(([t, letter], n) => operator.process({ n, letter }, t));
  results.push(...operator.advanceTime(1_000_000));
  return texts(results.map(matchOf));
}

/** Where `default` differs on purpose, also when nothing is skipped (README.md, differences from Flink). */
function differsByDesign({ pattern }: OracleCase): boolean {
  return pattern.some(({ link, quant }, n) => {
    const behind = pattern.slice(n + 1);
    if (link === 'notNext') return behind.length > 0 && behind.every((each) => each.optional || isNot(each));
    // Several that must not come, one behind the other.
    if (isNot({ link }) && behind[0] && isNot(behind[0])) return true;
    // A loop in front of what must not come.
    return quant !== 'one' && behind[0]?.link === 'notFollowedBy';
  });
}

function isNot({ link }: { link: Link }): boolean {
  return link === 'notNext' || link === 'notFollowedBy';
}

describe('compat default', () => {
  test('gives the same matches as Flink when nothing is skipped, but where it differs by design', () => {
    const same = cases.filter((oracle) => oracle.skip === 'noSkip' && !oracle.error && !differsByDesign(oracle));
    process.stdout.write(`Flink NFA cases without skipping in compat default: ${same.length}\n`);
    const different = same.filter(
      (oracle) => String(allMatches(oracle, 'default')) !== String(allMatches(oracle, 'flink')),
    );
    expect(different.map((oracle) => oracle.seed)).toEqual([]);
    expect(same.length).toBeGreaterThan(500);
  });
});

describe('cases of Flink', () => {
  test('every case gives at every step what Flink gives', () => {
    const passed = new Map<string, [passed: number, of: number]>();
    const failures: string[] = [];
    for (const oracle of cases) {
      const failure = failureOf(oracle);
      if (failure) failures.push(failure);
      for (const kind of ['all', ...kindsOf(oracle)]) {
        const [ok, of] = passed.get(kind) ?? [0, 0];
        passed.set(kind, [ok + (failure ? 0 : 1), of + 1]);
      }
    }
    const lines = [...passed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, [ok, of]]) => `${ok}/${of}  ${kind}`);
    process.stdout.write(`Flink NFA cases passed, by kind:\n  ${lines.join('\n  ')}\n`);
    expect(failures.slice(0, 5)).toEqual([]);
    expect(cases.length).toBe(1976);
  });
});
