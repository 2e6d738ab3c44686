import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkLaw } from '../../shared/testing/law.ts';
import { type Outcome, runStages } from '../../shared/testing/stage-harness.ts';
import { type NaiveStep, runNaively } from './_naive.ts';
import { anySteps, documentsIn, membersIn, START, toSteps } from './_rules-and-events.ts';
import { DEFAULT_SEGMENTS, segments } from './segments.ts';

const EVERY_STEP = { ...DEFAULT_SEGMENTS, resultsAMessage: 1, resultsAnEvent: 1 };

function expectNaive(outcome: Outcome, steps: readonly NaiveStep[]): void {
  const naive = runNaively(steps);
  expect(documentsIn(outcome)).toEqual(naive.documents);
  expect(membersIn(outcome)).toEqual(naive.members);
  expect(outcome.late).toHaveLength(naive.late);
}

/** Time goes on by a ms at a time, which changes nothing, but brings what is left to be done. */
function idle(steps: readonly NaiveStep[]): NaiveStep[] {
  const last = Math.max(START, ...steps.map((step) => (step.kind === 'watermark' ? step.at : START)));
  const end = Math.ceil((last + 1) / 1_000) * 1_000;
  return [...steps, ...Array.from({ length: 150 }, (_, n): NaiveStep => ({ kind: 'watermark', at: end + n }))];
}

describe('for any events, disorder, retractions and rule changes', () => {
  test('every document is a naive evaluation, members are who qualifies (invariants 1, 2, 3), and the law holds', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        expectNaive(checkLaw([segments()], toSteps(steps)), steps);
      }),
      { numRuns: 30 },
    );
  });

  test('the same in small portions (invariant 4)', () => {
    fc.assert(
      fc.property(anySteps, (some) => {
        const steps = idle(some);
        const outcome = runStages([segments(EVERY_STEP)], toSteps(steps));
        const naive = runNaively(steps);
        const documents = documentsIn(outcome);
        for (const user of naive.held) expect(documents.get(user)).toEqual(naive.documents.get(user));
        expect(membersIn(outcome)).toEqual(naive.members);
        expect(outcome.late).toHaveLength(naive.late);
      }),
      { numRuns: 30 },
    );
  });

  test('the law holds in small portions too', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        checkLaw([segments(EVERY_STEP)], toSteps(idle(steps)));
      }),
      { numRuns: 6 },
    );
  });

  test('documents do not depend on the order of arrival', () => {
    fc.assert(
      fc.property(anySteps, fc.integer(), (some, seed) => {
        const rules = some.filter(({ kind }) => kind === 'rules').slice(-1);
        const taken = some.filter((step) => step.kind === 'event' && !step.event.retract);
        const end: NaiveStep[] = some.filter(({ kind }) => kind === 'watermark').slice(-1);
        const shuffled = taken
          .map((step, n) => ({ step, rank: Math.imul(n + 1, seed | 1) }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ step }) => step);
        const documents = (list: NaiveStep[]) =>
          documentsIn(runStages([segments()], toSteps([...rules, ...list, ...end])));
        expect(documents(shuffled)).toEqual(documents(taken));
      }),
      { numRuns: 100 },
    );
  });
});
