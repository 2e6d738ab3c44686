/**
 * What a pattern matches, by definition and by trying everything: for tests only, and independent of the automaton.
 *
 * A match is a way to hand out events to the stages, in order. It is valid when between each two neighbours lies only
 * what the contiguity of the second allows, what must not come did not come, and the window holds. The skip strategy
 * then goes through all valid matches by (first event, when it was whole, earliest events) and takes what is left over.
 */
import type { EventStage, Pattern } from './pattern.ts';

export interface Letter {
  readonly n: number;
  readonly t: number;
  readonly letter: string;
}

/** Letters that fit, in place of a condition. */
export interface LetterStage extends Omit<EventStage<Letter>, 'condition'> {
  readonly fits: string;
}

interface Taken {
  readonly stage: number;
  readonly n: number;
}

interface Found {
  readonly taken: readonly Taken[];
  /** When it was whole: the number of the event, and after that the deadline. */
  readonly whole: number;
}

export type LetterPattern = Omit<Pattern<Letter>, 'stages'> & { readonly stages: readonly LetterStage[] };

/** The matches as texts, `a:0,1 b:2`, in order. */
export function bruteForce(pattern: LetterPattern, events: readonly Letter[]): string[] {
  const found = events.flatMap((_, first) => extend(pattern, events, [], 0, 0, first));
  const unique = new Map(found.map((match) => [textOf(pattern, match.taken), match]));
  return skip(pattern, [...unique.values()]).map((match) => textOf(pattern, match.taken));
}

export function textOf(pattern: LetterPattern, taken: readonly Taken[]): string {
  const names = pattern.stages.map((stage, n) => {
    const own = taken.filter((each) => each.stage === n).map((each) => each.n);
    return own.length > 0 ? `${stage.name}:${own}` : '';
  });
  return names.filter((text) => text !== '').join(' ');
}

/** All matches that go on from `taken`, with `count` events taken by `stage`; `first` is where the match must begin. */
function extend(
  pattern: LetterPattern,
  events: readonly Letter[],
  taken: readonly Taken[],
  stage: number,
  count: number,
  first: number,
): Found[] {
  const at = pattern.stages[stage];
  if (!at) return finish(pattern, events, taken);
  const found: Found[] = [];
  const isNot = at.link === 'notNext' || at.link === 'notFollowedBy';
  const { min, max } = { min: at.times?.min ?? 1, max: at.times ? at.times.max : 1 };
  const isEnough = isNot || count >= min || (count === 0 && at.optional === true);
  if (isEnough) found.push(...extend(pattern, events, taken, stage + 1, 0, first));
  if (isNot || (max !== undefined && count >= max)) return found;
  const previous = taken.at(-1)?.n;
  for (let n = previous === undefined ? first : previous + 1; n < events.length; n++) {
    if (previous === undefined && n > first) break;
    if (!isAllowed(pattern, events, taken, stage, count, n)) continue;
    found.push(...extend(pattern, events, [...taken, { stage, n }], stage, count + 1, first));
  }
  return found;
}

function isAllowed(
  pattern: LetterPattern,
  events: readonly Letter[],
  taken: readonly Taken[],
  stage: number,
  count: number,
  n: number,
): boolean {
  const at = pattern.stages[stage];
  const event = events[n];
  if (!at || !event || !at.fits.includes(event.letter)) return false;
  const last = taken.at(-1);
  if (!last) return true;
  const between = events.slice(last.n + 1, n);
  const contiguity = count > 0 ? (at.contiguity ?? 'relaxed') : at.link;
  if ((contiguity === 'next' || contiguity === 'consecutive') && between.length > 0) return false;
  const isRelaxed = contiguity === 'followedBy' || contiguity === 'relaxed';
  if (isRelaxed && between.some(({ letter }) => at.fits.includes(letter))) return false;
  const start = events[taken[0]?.n ?? 0]?.t ?? 0;
  if (pattern.withinMs !== undefined && event.t - start >= pattern.withinMs) return false;
  const gapMs = count > 0 ? at.times?.gapMs : at.gapMs;
  if (gapMs !== undefined && event.t - (events[last.n]?.t ?? 0) >= gapMs) return false;
  return isFreeOfNots(pattern, events, taken, stage, count, n);
}

/** Nothing came that must not come, from what was taken before each negated stage up to event n. */
function isFreeOfNots(
  pattern: LetterPattern,
  events: readonly Letter[],
  taken: readonly Taken[],
  stage: number,
  count: number,
  n: number,
): boolean {
  const last = taken.at(-1);
  if (!last) return true;
  const until = count > 0 ? stage : pattern.stages.length;
  for (let at = last.stage + 1; at < Math.min(stage, until); at++) {
    const not = pattern.stages[at];
    if (not?.link === 'notNext' && not.fits.includes(events[last.n + 1]?.letter ?? '-')) return false;
    if (not?.link === 'notFollowedBy' && unwanted(not, events.slice(last.n + 1, n))) return false;
  }
  // What must not come after a loop ends it wherever it comes: notNext, where the loop could be over.
  const behind = pattern.stages[stage + 1];
  if (count === 0 || !behind) return true;
  const isEnough = count >= (pattern.stages[stage]?.times?.min ?? 1);
  if (behind.link === 'notNext' && isEnough && unwanted(behind, events.slice(last.n + 1, last.n + 2))) return false;
  return !(behind.link === 'notFollowedBy' && unwanted(behind, events.slice(last.n + 1, n)));
}

function unwanted(not: LetterStage, events: readonly Letter[]): boolean {
  return events.some(({ letter }) => not.fits.includes(letter));
}

function finish(pattern: LetterPattern, events: readonly Letter[], taken: readonly Taken[]): Found[] {
  const last = taken.at(-1);
  const start = events[taken[0]?.n ?? 0];
  if (!last || !start) return [];
  const deadline = start.t + (pattern.withinMs ?? Number.POSITIVE_INFINITY);
  const rest = events.slice(last.n + 1).filter((event) => event.t < deadline);
  const end = pattern.stages.at(-1);
  if (end?.link === 'notNext') {
    const [next] = rest;
    return next && !end.fits.includes(next.letter) ? [{ taken, whole: next.n }] : [];
  }
  if (end?.link !== 'notFollowedBy') return [{ taken, whole: last.n }];
  return unwanted(end, rest) ? [] : [{ taken, whole: events.length + deadline }];
}

function skip(pattern: LetterPattern, found: readonly Found[]): Found[] {
  const kept: Found[] = [];
  let before = 0;
  const isSkipping = pattern.skip.kind !== 'noSkip';
  for (const match of [...found].sort(compare)) {
    if (isSkipping && firstOf(match) < before) continue;
    kept.push(match);
    before = Math.max(before, skippedBefore(pattern, match));
  }
  return kept;
}

function skippedBefore({ skip: strategy, stages }: LetterPattern, { taken }: Found): number {
  const named = 'stage' in strategy ? taken.filter((each) => stages[each.stage]?.name === strategy.stage) : [];
  if (strategy.kind === 'skipToNext') return (taken[0]?.n ?? 0) + 1;
  if (strategy.kind === 'skipPastLastEvent') return (taken.at(-1)?.n ?? 0) + 1;
  if (strategy.kind === 'skipToFirst') return named[0]?.n ?? 0;
  return named.at(-1)?.n ?? 0;
}

function compare(a: Found, b: Found): number {
  if (firstOf(a) !== firstOf(b)) return firstOf(a) - firstOf(b);
  if (a.whole !== b.whole) return a.whole - b.whole;
  for (let n = 0; n < Math.min(a.taken.length, b.taken.length); n++) {
    const difference = (a.taken[n]?.n ?? 0) - (b.taken[n]?.n ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.taken.length !== b.taken.length) return a.taken.length - b.taken.length;
  const stages = a.taken.map((each, n) => each.stage - (b.taken[n]?.stage ?? 0));
  return stages.find((difference) => difference !== 0) ?? 0;
}

function firstOf(match: Found): number {
  return match.taken[0]?.n ?? 0;
}
