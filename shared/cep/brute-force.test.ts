/** The operator in compat `default` against trying everything (_brute-force.ts), for random patterns and events. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bruteForce, type Letter, type LetterPattern, type LetterStage, textOf } from './_brute-force.ts';
import { CepOperator } from './cep-operator.ts';
import type { CepResult } from './cep-result.ts';
import { compilePattern } from './compile-pattern.ts';
import type { CepSnapshot } from './snapshot.ts';
import {
  InvalidPatternError,
  type Link,
  type LoopContiguity,
  type Pattern,
  type SkipStrategy,
  type Stage,
  type Times,
} from './pattern.ts';

const LETTERS = ['a', 'b', 'c'];
/** Only for what must not come: whether an event that is wanted and unwanted counts is no question of this test. */
const UNWANTED = 'd';

const times: fc.Arbitrary<Times | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.record({ min: fc.integer({ min: 1, max: 2 }) }),
  fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 0, max: 2 })).map(([min, n]) => ({ min, max: min + n })),
);

interface Drawn {
  link: Link;
  fits: string;
  times: Times | undefined;
  contiguity: LoopContiguity;
  optional: boolean;
  gap: number | undefined;
}

const positive: fc.Arbitrary<Drawn> = fc.record({
  link: fc.constantFrom<Link>('next', 'followedBy', 'followedByAny'),
  fits: fc.subarray(LETTERS, { minLength: 1, maxLength: 2 }).map((letters) => letters.join('')),
  times,
  contiguity: fc.constantFrom<LoopContiguity>('relaxed', 'consecutive', 'allowCombinations'),
  optional: fc.boolean(),
  gap: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 6 }),
});

const negative = fc.constantFrom<Link>('notNext', 'notFollowedBy');
/** Each with what must not come behind it. */
const drawn = fc.array(fc.tuple(positive, fc.option(negative, { freq: 3 })), { minLength: 1, maxLength: 3 });

function stagesOf(draws: readonly [Drawn, Link | null][]): LetterStage[] {
  return draws.flatMap(([drawnStage, not], n) => {
    const { gap, times: count, contiguity } = drawnStage;
    const stage: LetterStage = {
      kind: 'event',
      name: `s${n}`,
      link: n === 0 ? 'begin' : drawnStage.link,
      fits: drawnStage.fits,
      ...(count ? { times: gap === undefined ? count : { ...count, gapMs: gap }, contiguity } : {}),
      ...(!count && gap !== undefined && n > 0 ? { gapMs: gap } : {}),
      // An optional path to what must not come is refused.
      ...(drawnStage.optional && not === null ? { optional: true } : {}),
    };
    return not === null ? [stage] : [stage, { kind: 'event', name: `n${n}`, link: not, fits: UNWANTED }];
  });
}

const skips = fc.constantFrom<SkipStrategy>(
  { kind: 'noSkip' },
  { kind: 'skipToNext' },
  { kind: 'skipPastLastEvent' },
  { kind: 'skipToFirst', stage: 's0' },
  { kind: 'skipToLast', stage: 's0' },
);

const patterns = fc
  .tuple(drawn, skips, fc.integer({ min: 2, max: 12 }))
  .map(([draws, skip, within]): LetterPattern => ({ name: 'drawn', stages: stagesOf(draws), skip, withinMs: within }))
  // The shortest of both windows counts, so a longer gap is refused.
  .filter(({ stages, withinMs }) => stages.every(({ gapMs }) => gapMs === undefined || gapMs <= (withinMs ?? 0)))
  .filter(({ stages }) => !stages.some((stage, n) => stage.link === 'notNext' && isAllOptional(stages.slice(n + 1))));

function isAllOptional(stages: readonly LetterStage[]): boolean {
  const wanted = stages.filter(({ link }) => !link.startsWith('not'));
  return wanted.length > 0 && wanted.every(({ optional }) => optional);
}

const inputs = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(...LETTERS, UNWANTED, 'x')), { maxLength: 9 })
  .map((steps) => {
    let t = 0;
    return steps.map(([wait, letter], n): Letter => {
      t += wait;
      return { n, t, letter };
    });
  });

function conditionsOf(pattern: LetterPattern): Pattern<Letter> {
  const stages = pattern.stages.map(({ fits, ...stage }) => ({
    ...stage,
    condition: ({ letter }: Letter) => fits.includes(letter),
  }));
  return { ...pattern, stages };
}

function isWithoutGaps({ stages }: LetterPattern): boolean {
  return stages.every(({ gapMs, times: count }) => gapMs === undefined && count?.gapMs === undefined);
}

function inGroup(stage: Stage<Letter>): Stage<Letter> {
  if (stage.kind === 'group' || stage.link === 'notNext' || stage.link === 'notFollowedBy') return stage;
  const { name, condition, ...words } = stage;
  const inner: Stage<Letter> = { kind: 'event', link: 'begin', name, ...(condition ? { condition } : {}) };
  return { ...words, kind: 'group', stages: [inner] };
}

const END = 1_000_000;

function textsOf(pattern: LetterPattern, results: readonly CepResult<Letter>[]): string[] {
  return results.map(({ events }) => {
    const taken = pattern.stages.flatMap(({ name }, stage) => (events[name] ?? []).map(({ n }) => ({ stage, n })));
    return textOf(pattern, taken);
  });
}

describe('the operator finds what trying everything finds', () => {
  test('for every link, quantifier, contiguity, window and skip strategy', () => {
    fc.assert(
      fc.property(patterns, inputs, (pattern, events) => {
        const operator = new CepOperator(compilePattern(conditionsOf(pattern)));
        const results = events.flatMap((event) => operator.process(event, event.t));
        results.push(...operator.advanceTime(END));
        expect(textsOf(pattern, results).sort()).toEqual(bruteForce(pattern, events).sort());
        expect(operator.stats).toEqual({ partialMatches: 0, withheldMatches: 0, events: 0, nodes: 0 });
      }),
      { numRuns: 3_000 },
    );
  });

  test('also when it is stored and restored after every event, and time is advanced at any time', () => {
    fc.assert(
      fc.property(patterns, inputs, fc.infiniteStream(fc.boolean()), (pattern, events, isAdvanced) => {
        const nfa = compilePattern(conditionsOf(pattern), { timeouts: true });
        const straight = new CepOperator(nfa);
        let restored = new CepOperator(nfa);
        const expected: CepResult<Letter>[] = [];
        const actual: CepResult<Letter>[] = [];
        for (const event of events) {
          expected.push(...straight.process(event, event.t));
          if (isAdvanced.next().value) actual.push(...restored.advanceTime(event.t - 1));
          actual.push(...restored.process(event, event.t));
          const stored = JSON.stringify(restored.snapshot());
          expect(stored).toBe(JSON.stringify(straight.snapshot()));
          const parsed: CepSnapshot<Letter> = JSON.parse(stored);
          restored = new CepOperator(nfa, parsed);
          expect(JSON.stringify(restored.snapshot())).toBe(stored);
          expect(restored.stats).toEqual(straight.stats);
        }
        expected.push(...straight.advanceTime(END));
        actual.push(...restored.advanceTime(END));
        expect(actual).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('and the same when a stage stands in a group of its own, which has its quantifier', () => {
    fc.assert(
      fc.property(patterns.filter(isWithoutGaps), inputs, fc.integer({ min: 0, max: 4 }), (pattern, events, which) => {
        const plain = conditionsOf(pattern);
        const grouped = { ...plain, stages: plain.stages.map((stage, n) => (n === which ? inGroup(stage) : stage)) };
        const run = (of: Pattern<Letter>) => {
          const operator = new CepOperator(compilePattern(of));
          const results = events.flatMap((event) => operator.process(event, event.t));
          return textsOf(pattern, [...results, ...operator.advanceTime(END)]).sort();
        };
        expect(run(grouped)).toEqual(run(plain));
      }),
      { numRuns: 2_000 },
    );
  });

  test('the drawn patterns are all valid', () => {
    fc.assert(
      fc.property(patterns, (pattern) => {
        expect(() => compilePattern(conditionsOf(pattern))).not.toThrow(InvalidPatternError);
      }),
    );
  });
});
