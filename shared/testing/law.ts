/**
 * The law every stage is held to (design 6, S7): a straight run, a run that crashes and resumes at every commit, and
 * runs with other frame and commit sizes end in the same results, the same private state and the same late records,
 * byte for byte. Live values (`"final":false`) are excepted: they show where a run is, not what came out.
 *
 * Throws AssertionError naming the schedule and the first difference. Needs no test runner, so Bun and Deno run it too.
 */
import { deepStrictEqual } from 'node:assert/strict';
import type { StageDefinition } from '../events/stage.ts';
import { ALL } from '../events/partition.ts';
import { type Outcome, runStages, type Schedule, type Step, STRAIGHT } from './stage-harness.ts';

export const SCHEDULES: Readonly<Record<string, Schedule>> = {
  'a commit per message': { ...STRAIGHT, commitEvery: 1 },
  'a frame per event': { ...STRAIGHT, frameSize: 1, commitEvery: 7 },
  'small frames': { ...STRAIGHT, frameSize: 3, commitEvery: 2 },
  'a crash after every commit': { ...STRAIGHT, commitEvery: 1, crash: true },
  'a crash after every commit, KV far behind': { ...STRAIGHT, commitEvery: 3, crash: true, flushEvery: 5 },
  'crashes, small frames, KV never flushed': {
    frameSize: 2,
    commitEvery: 4,
    crash: true,
    flushEvery: Number.MAX_SAFE_INTEGER,
  },
};

export function checkLaw<E extends { readonly k: string }>(
  stages: readonly StageDefinition<never>[],
  steps: readonly Step<E>[],
  schedules: Readonly<Record<string, Schedule>> = SCHEDULES,
): Outcome {
  const straight = runStages(stages, steps);
  const expected = comparable(straight);
  for (const [name, schedule] of Object.entries(schedules))
    deepStrictEqual(comparable(runStages(stages, steps, schedule)), expected, `The law is broken by ${name}`);
  return straight;
}

function comparable({ results, state, late }: Outcome): object {
  const finals = [...results].filter(([, text]) => !text.includes('"final":false'));
  // The combining stage's private state holds live shares too.
  const own = [...state].filter(([key]) => !key.startsWith(`${ALL}.`));
  return { results: finals.sort(byKey), state: own.sort(byKey), late: [...late].sort() };
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
