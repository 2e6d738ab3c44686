/**
 * Which patterns can be matched; the others are refused with the reason, where Flink refuses them too, and where a
 * partial match could live for ever.
 *
 * Invariants (tested in validate-pattern.test.ts):
 * 1. A description that passes compiles, and no event can make the operator throw but by a condition that throws.
 * 2. A pattern that passes without `allowUnbounded` holds no event longer than `withinMs`, or the sum of its gaps.
 */
import type { Compat } from './nfa.ts';
import { type EventStage, type GroupStage, InvalidPatternError, type Pattern, type Stage } from './pattern.ts';

/**
 * Throws InvalidPatternError with the first thing that is wrong. `flink` accepts also what Flink accepts and answers by
 * asking the wrong event.
 */
export function validatePattern<E>(pattern: Pattern<E>, compat: Compat = 'default'): void {
  const check = new Check(pattern.name);
  check.sequence(pattern.stages);
  if (pattern.withinMs !== undefined) check.duration('within', pattern.withinMs);
  checkGaps(check, pattern);
  checkEnd(check, pattern);
  checkSkip(check, pattern);
  if (compat !== 'flink') {
    checkNotNext(check, pattern.stages);
    checkAbsenceAfterLoop(check, pattern.stages);
  }
  if (!pattern.allowUnbounded) checkBounded(check, pattern);
}

/** The stages of one event, groups unfolded, in order. */
export function eventStages<E>(stages: readonly Stage<E>[]): EventStage<E>[] {
  return stages.flatMap((stage) => (stage.kind === 'event' ? [stage] : eventStages(stage.stages)));
}

export function isNegative(stage: Stage<never>): boolean {
  return stage.link === 'notNext' || stage.link === 'notFollowedBy';
}

class Check {
  readonly #pattern: string;
  readonly #names = new Set<string>();

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  fail(what: string): never {
    throw new InvalidPatternError(`Pattern "${this.#pattern}" cannot be matched: ${what}`);
  }

  duration(what: string, ms: number): void {
    if (!Number.isSafeInteger(ms) || ms <= 0) this.fail(`${what} of "${ms}" is no whole number of ms above 0.`);
  }

  sequence<E>(stages: readonly Stage<E>[]): void {
    if (stages.length === 0) this.fail('it has no stage. Start it with begin.');
    stages.forEach((stage, n) => {
      const name = nameOf(stage);
      if ((n === 0) !== (stage.link === 'begin')) {
        this.fail(`${name} has the link "${stage.link}". The first stage has "begin", and no other.`);
      }
      if (stage.kind === 'event') this.#name(stage.name);
      this.#quantifier(stage, name);
      this.#negative(stage, stages[n - 1], name);
      if (stage.optional && stages[n - 1]?.greedy) {
        this.fail(`${name} is optional after a greedy stage, which could take its events. Make one of them neither.`);
      }
      if (stage.kind === 'group') this.#group(stage, name);
    });
  }

  #name(name: string): void {
    // A match is an object by stage name: that name would change its prototype.
    if (name === '' || name === '__proto__') this.fail(`a stage cannot be called "${name}". Give it another name.`);
    if (this.#names.has(name)) this.fail(`two stages are called "${name}". Give each a name of its own.`);
    this.#names.add(name);
  }

  #quantifier<E>(stage: Stage<E>, name: string): void {
    const { times } = stage;
    if (!times) {
      this.#single(stage, name);
      return;
    }
    if (!isCount(times.min)) this.fail(`${name} is to match "${times.min}" times. Give a whole number above 0.`);
    if (times.max !== undefined && (!isCount(times.max) || times.max < times.min)) {
      this.fail(
        `${name} is to match "${times.min}" to "${times.max}" times. The second is to be no less than the first.`,
      );
    }
    if (times.gapMs !== undefined) this.duration(`the gap in ${name}`, times.gapMs);
    if (times.gapMs !== undefined && stage.kind === 'group') {
      this.fail(`${name} has a gap between its rounds. Give its first stage a time since the event before instead.`);
    }
    if (stage.until && times.max !== undefined) this.fail(`${name} has until, which ends loops without a limit only.`);
    if (stage.greedy && stage.kind === 'group') this.fail(`${name} is greedy. Make stages inside it greedy instead.`);
    if (stage.greedy && stage.contiguity === 'allowCombinations') {
      this.fail(`${name} is greedy and allows combinations. Greedy takes every event, combinations leave some out.`);
    }
  }

  #single<E>(stage: Stage<E>, name: string): void {
    const loops = 'It makes sense for loops only: add times, timesOrMore or oneOrMore.';
    if (stage.greedy) this.fail(`${name} is greedy and matches once. ${loops}`);
    if (stage.contiguity) this.fail(`${name} has "${stage.contiguity}" and matches once. ${loops}`);
    if (stage.until) this.fail(`${name} has until and matches once. ${loops}`);
  }

  #negative<E>(stage: Stage<E>, previous: Stage<E> | undefined, name: string): void {
    if (!isNegative(stage)) return;
    if (stage.kind === 'group') this.fail(`${name} is a group that must not match. Only single stages can be negated.`);
    if (stage.times) this.fail(`${name} must not match, so it cannot match several times. Leave the quantifier out.`);
    if (stage.optional) this.fail(`${name} must not match, so it cannot be optional. Leave one of them out.`);
    if (previous?.optional) {
      this.fail(
        `${name} must not match after an optional stage. Write two patterns, one with and one without that stage.`,
      );
    }
  }

  #group<E>({ stages, times }: GroupStage<E>, name: string): void {
    this.sequence(stages);
    const last = stages.at(-1);
    // A round that takes nothing could be repeated for ever within one event.
    if (times && stages.every((stage) => stage.optional)) {
      this.fail(`${name} repeats and all of it is optional. Make one stage inside required, and the group optional.`);
    }
    if (last && isNegative(last)) this.fail(`${name} ends with a stage that must not match. Move it behind the group.`);
  }
}

function checkGaps<E>(check: Check, pattern: Pattern<E>): void {
  eventStages(pattern.stages).forEach((stage, n) => {
    if (stage.gapMs === undefined) return;
    check.duration(`the time since the event before "${stage.name}"`, stage.gapMs);
    if (n === 0) check.fail(`"${stage.name}" is the first stage: there is no event before it to measure from.`);
    if (stage.times) {
      check.fail(`"${stage.name}" is a loop with a time since the event before it. Give the loop a gap instead.`);
    }
    if (pattern.withinMs !== undefined && stage.gapMs > pattern.withinMs) {
      check.fail(`the time before "${stage.name}" (${stage.gapMs} ms) is longer than within (${pattern.withinMs} ms).`);
    }
  });
}

function checkEnd<E>(check: Check, pattern: Pattern<E>): void {
  const last = pattern.stages.at(-1);
  if (last?.link !== 'notFollowedBy' || pattern.withinMs !== undefined) return;
  if (last.kind === 'event' && last.gapMs !== undefined) return;
  check.fail(`it ends with notFollowedBy ${nameOf(last)}, and nothing says until when. Add within.`);
}

/** The loop may go on while the time without the unwanted event runs: within first and last says which end counts. */
function checkAbsenceAfterLoop<E>(check: Check, stages: readonly Stage<E>[]): void {
  const last = stages.at(-1);
  const before = stages.findLast((stage) => !isNegative(stage));
  if (last?.link !== 'notFollowedBy' || last.kind !== 'event' || last.gapMs === undefined) return;
  if (!before || (before.times === undefined && before.kind === 'event') || isExact(before)) return;
  check.fail(`notFollowedBy ${nameOf(last)} has a time since the event before, which is a loop. Use within instead.`);
}

function isExact<E>({ kind, times }: Stage<E>): boolean {
  return kind === 'event' && times !== undefined && times.max === times.min;
}

/** Whether the next event is the unwanted one cannot be known when the match is whole with the one before. */
function checkNotNext<E>(check: Check, stages: readonly Stage<E>[]): void {
  stages.forEach((stage, n) => {
    if (stage.kind === 'group') checkNotNext(check, stage.stages);
    const behind = stages.slice(n + 1).filter((other) => !isNegative(other));
    if (stage.link !== 'notNext' || behind.length === 0 || behind.some((other) => !other.optional)) return;
    check.fail(`all behind notNext ${nameOf(stage)} is optional. Write two patterns, one with and one without it.`);
  });
}

function checkSkip<E>(check: Check, { skip, stages }: Pattern<E>): void {
  if (!('stage' in skip)) return;
  const target = eventStages(stages).find((stage) => stage.name === skip.stage);
  if (!target || isNegative(target)) {
    check.fail(`it skips to "${skip.stage}", which is no stage that takes events. Name one that does.`);
  }
}

function checkBounded<E>(check: Check, pattern: Pattern<E>): void {
  if (pattern.withinMs !== undefined) return;
  const endless = findEndless(pattern.stages);
  if (!endless) return;
  check.fail(`partial matches can wait at ${nameOf(endless)} for ever. Add within, or allow it with allowUnbounded.`);
}

/** The first stage that can wait, or collect, without an end. */
function findEndless<E>(stages: readonly Stage<E>[]): Stage<E> | undefined {
  return stages.find((stage) => {
    if (stage.link === 'notFollowedBy') return false; // it waits for as long as the stage behind it
    const gapMs = stage.kind === 'event' ? stage.gapMs : undefined;
    const waits = stage.link === 'followedBy' || stage.link === 'followedByAny';
    if (waits && gapMs === undefined) return true;
    const { times } = stage;
    if (times && times.max === undefined) return true;
    if (times && (times.max ?? 1) > 1 && stage.contiguity !== 'consecutive' && times.gapMs === undefined) return true;
    return stage.kind === 'group' && findEndless(stage.stages) !== undefined;
  });
}

function nameOf<E>(stage: Stage<E>): string {
  return stage.kind === 'event' ? `"${stage.name}"` : `the group of "${eventStages(stage.stages)[0]?.name ?? ''}"`;
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n > 0;
}
