/**
 * Compiles a pattern to its automaton, back to front: each stage is built in front of the state that follows it (its
 * sink), so the first state built is the final one and the last is the start.
 *
 *     a followedBy b oneOrMore      (a)--take-->(b)--take-->(b+)--proceed-->((final))
 *                                               | ^         |  ^ take, ignore: more b
 *                                               +-+ ignore  +--+
 *
 * The shapes are those of Flink's compiler, so that matches are the same. A state that may be skipped or left has a twin
 * without the proceed edge, to which it moves when it ignores an event: so a match branches only once at each stage.
 *
 * Invariants:
 * 1. Same description and compat, same automaton, state numbers included: snapshots rely on it.
 * 2. Proceed edges form no cycle (validate-pattern.ts refuses what would).
 */
import { GuardBuilder } from './_guard-builder.ts';
import { type Place, placeOf } from './_place.ts';
import { connect, narrow, StateGraph } from './_state-graph.ts';
import { and, type Compat, type Guard, type Nfa, not, type State } from './nfa.ts';
import type { Pattern, Stage } from './pattern.ts';
import { eventStages, validatePattern } from './validate-pattern.ts';

export interface CompileOptions {
  /** `flink` reproduces Flink where we differ; README.md says where. */
  readonly compat?: Compat;
  /** Give out partial matches that ran out of time; false when absent. */
  readonly timeouts?: boolean;
}

/** Validates and compiles. Throws InvalidPatternError. */
export function compilePattern<E>(pattern: Pattern<E>, options: CompileOptions = {}): Nfa<E> {
  const compat = options.compat ?? 'default';
  validatePattern(pattern, compat);
  return new Compiler(pattern, compat).compile(options.timeouts ?? false);
}

class Compiler<E> {
  readonly #pattern: Pattern<E>;
  readonly #compat: Compat;
  readonly #stages: string[];
  readonly #guards: GuardBuilder<E>;
  readonly #graph: StateGraph<E>;
  /** Of a sink that a greedy stage narrowed: the sink as it was, for the event that ends the loop by until. */
  readonly #unnarrowed = new Map<State, State>();

  constructor(pattern: Pattern<E>, compat: Compat) {
    this.#pattern = pattern;
    this.#compat = compat;
    this.#stages = eventStages(pattern.stages).map((stage) => stage.name);
    this.#guards = new GuardBuilder(compat);
    this.#graph = new StateGraph(pattern.name, this.#stages, compat);
  }

  compile(timeouts: boolean): Nfa<E> {
    const { name, withinMs, skip, stages } = this.#pattern;
    const start = this.#sequence(stages, this.#graph.state('final', -1), undefined, undefined);
    this.#graph.keepOpen();
    return {
      pattern: name,
      compat: this.#compat,
      states: this.#graph.states,
      start,
      stages: this.#stages,
      conditions: this.#guards.conditions,
      withinMs,
      timeouts,
      skip,
      count: this.#compat === 'flink' ? undefined : countOf(this.#pattern),
      skipStage: 'stage' in skip ? this.#stages.indexOf(skip.stage) : -1,
    };
  }

  #sequence(stages: readonly Stage<E>[], sink: State, group: Place<E>['group'], following?: Stage<E>): State {
    let state = sink;
    for (let n = stages.length - 1; n >= 0; n--) {
      const place = placeOf(stages, n, group, stages[n + 1] ?? following, this.#compat);
      state = this.#stage(place, state);
    }
    return state;
  }

  #stage(at: Place<E>, sink: State): State {
    if (at.stage.link === 'notFollowedBy') return this.#notFollowedBy(at, sink);
    if (at.stage.link === 'notNext') return this.#notNext(at, sink);
    const state = at.stage.times ? this.#repeated(at, sink) : this.#single(at, sink, sink, this.#onceGuards(at));
    this.#addStops(at, state);
    return state;
  }

  /** In front of another stage it adds no state: the stage's own edges lead to its stop. */
  #notFollowedBy(at: Place<E>, sink: State): State {
    if (sink.kind === 'final') return this.#pending(at);
    // Flink forgets all but the last of several that end a pattern.
    if (sink.kind === 'pending' && this.#compat !== 'flink') {
      const unwanted = this.#guards.take(at);
      connect(sink, 'proceed', this.#graph.stop(at, unwanted), unwanted);
    }
    return sink;
  }

  /** The end of a pattern that must not be followed by something: waits for its time to be over. */
  #pending(at: Place<E>): State {
    const pending = this.#graph.stateOf(at, 'pending', true);
    const unwanted = this.#guards.take(at);
    connect(pending, 'proceed', this.#graph.stop(at, unwanted), unwanted);
    connect(pending, 'ignore', pending, not(unwanted));
    return pending;
  }

  #notNext(at: Place<E>, sink: State): State {
    const state = this.#graph.stateOf(at, 'normal', true);
    const unwanted = this.#guards.take(at);
    // As the last stage it needs an event to be sure: so not proceed, which would be taken with the event before.
    connect(state, sink.kind === 'final' ? 'ignore' : 'proceed', sink, not(unwanted));
    connect(state, 'proceed', this.#graph.stop(at, unwanted), unwanted);
    if (this.#compat !== 'flink') this.#addStops(at, state);
    return state;
  }

  #repeated(at: Place<E>, sink: State): State {
    const { times } = at.stage;
    if (!times) throw new Error(`Stage ${at.stage.link} has no quantifier.`);
    if (times.max !== undefined) return this.#times(at, sink, sink, times.min, times.max);
    const loop = this.#loop(at, this.#withoutPassedNots(at, sink));
    return this.#times(at, loop, sink, times.min, times.min);
  }

  /** `min` to `max` copies of the stage, of which those above `min` may be left out. */
  #times(at: Place<E>, sink: State, leave: State, min: number, max: number): State {
    const inner = this.#guards.loop(at);
    if (at.stage.greedy && min !== max) {
      if (at.stage.until) this.#unnarrowed.set(sink, this.#graph.copy(sink));
      narrow(sink, inner.take);
    }
    let state = sink;
    for (let n = max - 1; n > 0; n--) {
      const isExtra = n >= min;
      state = this.#single(at, state, leave, { ...inner, isOptional: isExtra, isFirst: false });
      this.#addStopOfNext(at, state);
    }
    const first = { take: inner.take, ignore: this.#guards.ignore(at) };
    return this.#single(at, state, leave, { ...first, isOptional: at.stage.optional === true, isFirst: true });
  }

  #loop(at: Place<E>, sink: State): State {
    if (at.stage.kind === 'group') return this.#groupLoop(at, sink);
    const { take, ignore } = this.#guards.loop(at);
    const loop = this.#graph.stateOf(at, 'normal', true);
    this.#connectProceed(at, loop, sink, true);
    connect(loop, 'take', loop, take, this.#graph.edgeGap(at, false));
    this.#addStopOfNext(at, loop);
    if (ignore) {
      const waiting = this.#graph.stateOf(at, 'normal', false);
      connect(waiting, 'take', loop, take, this.#graph.edgeGap(at, false));
      connect(waiting, 'ignore', waiting, ignore);
      connect(loop, 'ignore', waiting, ignore);
      this.#addStopOfNext(at, waiting);
    }
    return loop;
  }

  #groupLoop(at: Place<E>, sink: State): State {
    const again = this.#graph.state('normal', -1);
    const head = this.#group(at, again, false, true);
    connect(head, 'proceed', sink, this.#guards.whileGroup(at));
    connect(again, 'proceed', head, this.#guards.whileGroup(at));
    return head;
  }

  #group(at: Place<E>, sink: State, isFirst: boolean, isLeavable: boolean): State {
    if (at.stage.kind !== 'group') throw new Error('Only a group has stages of its own.');
    const place = {
      stage: at.stage,
      isFirst,
      following: at.following,
      isLeavable: isLeavable || (at.isHead && at.group?.isLeavable === true),
      passedNots: this.#compat === 'flink' || !isFirst ? [] : at.passedNots,
    };
    return this.#sequence(at.stage.stages, sink, place, at.following);
  }

  #onceGuards(at: Place<E>): SingleOptions {
    const optional = at.stage.optional === true;
    return { take: this.#guards.take(at), ignore: this.#guards.ignore(at), isOptional: optional, isFirst: true };
  }

  #single(at: Place<E>, sink: State, leave: State, options: SingleOptions): State {
    if (at.stage.kind === 'group') {
      const taken = this.#compat === 'flink' ? sink : this.#withoutPassedNots(at, sink);
      const head = this.#group(at, taken, options.isFirst, options.isOptional);
      if (options.isOptional) connect(head, 'proceed', leave, this.#guards.whileGroup(at));
      return head;
    }
    const state = this.#graph.stateOf(at, 'normal', true, options.isFirst);
    const taken = this.#withoutPassedNots(at, sink);
    connect(state, 'take', taken, options.take, this.#graph.edgeGap(at, options.isFirst));
    if (options.isOptional) this.#connectProceed(at, state, leave, false);
    if (options.ignore) this.#connectIgnore(at, state, taken, options.ignore, options);
    return state;
  }

  #connectIgnore(at: Place<E>, state: State, taken: State, ignore: Guard, options: SingleOptions): void {
    if (!options.isOptional && !this.#headsLeavable(at, options.isFirst)) {
      connect(state, 'ignore', state, ignore);
      return;
    }
    const waiting = this.#graph.stateOf(at, 'normal', false, options.isFirst);
    connect(waiting, 'take', taken, options.take, this.#graph.edgeGap(at, options.isFirst));
    connect(waiting, 'ignore', waiting, ignore);
    this.#addStops(at, waiting);
    // Flink forgets it here: what must not come after `times(1, 2)` may, when another event came before.
    if (this.#compat !== 'flink') this.#addStopOfLoop(at, waiting, options.isFirst);
    connect(state, 'ignore', waiting, ignore);
  }

  /** Flink forgets it for groups in loops, and gives the same match again for each event ignored in between. */
  #headsLeavable({ group, isHead }: Place<E>, isFirst: boolean): boolean {
    if (!isHead || !group) return false;
    if (this.#compat === 'flink') return group.isFirst && group.stage.optional === true;
    return isFirst && group.isLeavable;
  }

  /** Lets a match leave the stage. After a greedy loop only an event that the loop cannot take does, or its until. */
  #connectProceed(at: Place<E>, state: State, sink: State, isLoop: boolean): void {
    const through = this.#guards.whileGroup(at);
    const until = at.stage.greedy ? this.#guards.until(at) : undefined;
    if (until) {
      const open = isLoop ? this.#graph.copy(sink) : (this.#unnarrowed.get(sink) ?? sink);
      connect(state, 'proceed', open, and(through, until));
      if (isLoop) this.#unnarrowed.set(sink, open);
    }
    connect(state, 'proceed', sink, until ? and(through, not(until)) : through);
    if (isLoop && at.stage.greedy) narrow(sink, this.#guards.take(at));
  }

  /** Stops at what must not come before this stage: notFollowedBy in front of it, over optional stages. */
  #addStops(at: Place<E>, state: State): void {
    for (const passed of at.passedNots) {
      const unwanted = this.#guards.take(passed);
      connect(state, 'proceed', this.#graph.stop(passed, unwanted), unwanted);
    }
  }

  /** The same where an event was ignored, in a loop or between the rounds of a group. */
  #addStopOfLoop(at: Place<E>, waiting: State, isFirst: boolean): void {
    if (!isFirst) this.#addStopOfNext(at, waiting);
    else if (at.isHead && at.group && !at.group.isFirst) {
      this.#addStopOfNext({ ...at, following: at.group.following }, waiting);
    }
  }

  /** Between the events of a loop, what must not come after it ends the match as well. */
  #addStopOfNext(at: Place<E>, state: State): void {
    if (at.following?.link !== 'notFollowedBy') return;
    const next: Place<E> = { ...at, stage: at.following };
    const unwanted = this.#guards.take(next);
    connect(state, 'proceed', this.#graph.stop(next, unwanted), unwanted);
  }

  /**
   * What comes after an optional stage that was taken: the notFollowedBy in front of it is over.
   * a notFollowedBy b, c optional, d: a c b d matches, a b d does not.
   */
  #withoutPassedNots(at: Place<E>, sink: State): State {
    const passed = at.passedNots.map((place) => this.#graph.stageNumber(place));
    if (passed.length === 0 || !at.stage.optional) return sink;
    return this.#graph.copy(sink, passed, (behind) => this.#withoutPassedNots(at, behind));
  }
}

function countOf<E>({ stages, skip }: Pattern<E>): number | undefined {
  const [loop, ...others] = stages;
  if (loop?.kind !== 'event' || others.length > 0 || skip.kind !== 'skipPastLastEvent') return undefined;
  const isRelaxed = loop.contiguity === undefined || loop.contiguity === 'relaxed';
  const isPlain = !loop.optional && !loop.greedy && !loop.until && loop.times?.gapMs === undefined;
  return isRelaxed && isPlain ? loop.times?.min : undefined;
}

interface SingleOptions {
  readonly take: Guard;
  readonly ignore: Guard | undefined;
  readonly isOptional: boolean;
  /** In front of a loop, not inside it. */
  readonly isFirst: boolean;
}
