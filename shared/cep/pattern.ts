/**
 * A pattern over the events of one key, as plain immutable data; only its conditions are functions.
 *
 * Owns the words: stages, links, quantifiers, windows, skip strategies. Does not own how patterns are written
 * (pattern-builder.ts), which of them make sense (validate-pattern.ts) or how they are matched (cep-operator.ts).
 *
 * Invariants:
 * 1. A description says everything: two operators of one description give the same matches for the same events.
 * 2. Whoever makes a description (the builder, rules as JSON), `compilePattern` validates it before it runs.
 */

/**
 * Says whether an event fits a stage. Must be pure: the answer may depend on the event and on what is read from
 * `matched`, on nothing else. A condition that throws fails the operator, with the stage's name.
 */
export type Condition<E> = (event: E, matched: MatchedSoFar<E>) => boolean;

/** What the partial match that is being tried has taken so far; for iterative conditions. */
export interface MatchedSoFar<E> {
  /** Event time of the event that is being tested, ms. */
  readonly t: number;
  /** The events taken by the stage of that name, in their order; empty when it has taken none. */
  events(stage: string): readonly E[];
}

/**
 * How a stage's first event relates to the event matched before it.
 *
 *     events       a  x  b1  b2
 *     next         a then b: nothing may come between                          -> none here
 *     followedBy   the first b after a                                         -> a b1
 *     followedByAny  any b after a                                             -> a b1, a b2
 *     notNext      the very next event must not fit
 *     notFollowedBy  no event fits until the next stage matches; as the last stage, until the window ends
 */
export type Link = 'begin' | 'next' | 'followedBy' | 'followedByAny' | 'notNext' | 'notFollowedBy';

/** `relaxed`: others may come between the events of a loop. `allowCombinations`: also such as would have fitted. */
export type LoopContiguity = 'relaxed' | 'consecutive' | 'allowCombinations';

/** A stage that matches more than once. No `max`: any number, from `min` on. */
export interface Times {
  readonly min: number;
  readonly max?: number;
  /** Longest gap between two events of the loop, ms; at the border it is too long. */
  readonly gapMs?: number;
}

interface StageOptions<E> {
  readonly link: Link;
  /** Undefined: once. */
  readonly times?: Times;
  /** Only with `times`; `relaxed` when absent. */
  readonly contiguity?: LoopContiguity;
  readonly optional?: boolean;
  /** Takes all it can before the next stage may begin. Only with `times`, and not for groups. */
  readonly greedy?: boolean;
  /** Ends the loop without being taken. Only for loops with no `max`. */
  readonly until?: Condition<E>;
}

/** A stage of one event, or of one event several times. */
export interface EventStage<E> extends StageOptions<E> {
  readonly kind: 'event';
  /** Names the stage's events in the match. Unique in the whole pattern, groups included. */
  readonly name: string;
  /** Undefined: every event fits. */
  readonly condition?: Condition<E>;
  /** Longest time since the event matched before (within previous and current), ms; at the border it is too late. */
  readonly gapMs?: number;
}

/** A pattern inside the pattern, with a quantifier of its own. */
export interface GroupStage<E> extends StageOptions<E> {
  readonly kind: 'group';
  readonly stages: readonly Stage<E>[];
}

export type Stage<E> = EventStage<E> | GroupStage<E>;

/**
 * What of the partial matches is given up when a match is found. They are compared by the event they begin with.
 *
 * noSkip: nothing. skipToNext: those that begin with the same event. skipPastLastEvent: those that begin before the
 * match has ended. skipToFirst, skipToLast: those that begin before the first (last) event of that stage in the match.
 */
export type SkipStrategy =
  | { readonly kind: 'noSkip' | 'skipToNext' | 'skipPastLastEvent' }
  | { readonly kind: 'skipToFirst' | 'skipToLast'; readonly stage: string };

export interface Pattern<E> {
  /** For messages. */
  readonly name: string;
  /** The first has link `begin`, no other has. */
  readonly stages: readonly Stage<E>[];
  readonly skip: SkipStrategy;
  /** Longest time from the first to the last event of a match, ms; an event at the border is outside. */
  readonly withinMs?: number;
  /** Accepts a pattern whose partial matches can live for ever. */
  readonly allowUnbounded?: boolean;
}

/** The pattern cannot be matched; the message says which stage, why, and what to do. */
export class InvalidPatternError extends Error {
  readonly code = 'invalid-pattern';
  override readonly name = 'InvalidPatternError';
}
