/**
 * Writes a pattern as a sentence: `begin<Order>('first').where(isLarge).timesOrMore(10).within(60_000).build()`.
 *
 * Owns the words and the defaults; `build` refuses what no compat accepts, `compilePattern` the rest. Builders are immutable: each word gives a new one, so the
 * beginning of a pattern can be shared by several.
 *
 * Invariants (tested in pattern-builder.test.ts):
 * 1. Words apply to the stage named last, but `within` (first and last) and `skip`, which apply to the whole pattern.
 * 2. `where` after `where` is and; `or` is or of all so far, as in Flink: `where(a).or(b).where(c)` is (a or b) and c.
 * 3. A word that contradicts one before it is refused, never silently replaced.
 */
import {
  type Condition,
  type EventStage,
  InvalidPatternError,
  type Link,
  type LoopContiguity,
  type Pattern,
  type SkipStrategy,
  type Stage,
  type Times,
} from './pattern.ts';
import { eventStages, validatePattern } from './validate-pattern.ts';

export const noSkip: SkipStrategy = { kind: 'noSkip' };
export const skipToNext: SkipStrategy = { kind: 'skipToNext' };
export const skipPastLastEvent: SkipStrategy = { kind: 'skipPastLastEvent' };

export function skipToFirst(stage: string): SkipStrategy {
  return { kind: 'skipToFirst', stage };
}

export function skipToLast(stage: string): SkipStrategy {
  return { kind: 'skipToLast', stage };
}

/** The first stage of a pattern, or a group as the first. */
export function begin<E>(stage: string | PatternBuilder<E>): PatternBuilder<E> {
  return new PatternBuilder<E>([], undefined, noSkip).begin(stage);
}

export interface BuildOptions {
  /** For messages; the first stage's name when absent. */
  readonly name?: string;
  readonly allowUnbounded?: boolean;
}

export type WithinType = 'first-and-last' | 'previous-and-current';

export class PatternBuilder<E> {
  readonly #stages: readonly Stage<E>[];
  readonly #withinMs: number | undefined;
  readonly #skip: SkipStrategy;

  /** Use `begin`. */
  constructor(stages: readonly Stage<E>[], withinMs: number | undefined, skip: SkipStrategy) {
    this.#stages = stages;
    this.#withinMs = withinMs;
    this.#skip = skip;
  }

  begin(stage: string | PatternBuilder<E>): PatternBuilder<E> {
    return this.#append('begin', stage);
  }

  next(stage: string | PatternBuilder<E>): PatternBuilder<E> {
    return this.#append('next', stage);
  }

  followedBy(stage: string | PatternBuilder<E>): PatternBuilder<E> {
    return this.#append('followedBy', stage);
  }

  followedByAny(stage: string | PatternBuilder<E>): PatternBuilder<E> {
    return this.#append('followedByAny', stage);
  }

  notNext(stage: string): PatternBuilder<E> {
    return this.#append('notNext', stage);
  }

  notFollowedBy(stage: string): PatternBuilder<E> {
    return this.#append('notFollowedBy', stage);
  }

  where(condition: Condition<E>): PatternBuilder<E> {
    const { condition: earlier } = this.#lastEvent('where');
    return this.#change({
      condition: earlier ? (event, matched) => earlier(event, matched) && condition(event, matched) : condition,
    });
  }

  or(condition: Condition<E>): PatternBuilder<E> {
    const { condition: earlier } = this.#lastEvent('or');
    return this.#change({
      condition: earlier ? (event, matched) => earlier(event, matched) || condition(event, matched) : condition,
    });
  }

  oneOrMore(): PatternBuilder<E> {
    return this.#times({ min: 1 });
  }

  timesOrMore(min: number): PatternBuilder<E> {
    return this.#times({ min });
  }

  /** Exactly `min` times, or `min` to `max` times; from 0 is optional. */
  times(min: number, max: number = min): PatternBuilder<E> {
    if (min === 0 && max > 0) return this.#times({ min: 1, max }).optional();
    return this.#times({ min, max });
  }

  /** Longest gap between two events of the loop, ms. */
  gap(gapMs: number): PatternBuilder<E> {
    const { times } = this.#last('gap');
    if (!times) return this.#refuse('gap', 'it matches once. Say how often first.');
    return this.#change({ times: { ...times, gapMs } });
  }

  optional(): PatternBuilder<E> {
    if (this.#last('optional').optional) this.#refuse('optional', 'it is optional already.');
    return this.#change({ optional: true });
  }

  greedy(): PatternBuilder<E> {
    this.#last('greedy');
    return this.#change({ greedy: true });
  }

  consecutive(): PatternBuilder<E> {
    return this.#contiguity('consecutive');
  }

  allowCombinations(): PatternBuilder<E> {
    return this.#contiguity('allowCombinations');
  }

  until(until: Condition<E>): PatternBuilder<E> {
    if (this.#last('until').until) this.#refuse('until', 'it has one already. Join them in one condition.');
    return this.#change({ until });
  }

  /**
   * `first-and-last`: of the whole match; the shortest of several counts. `previous-and-current`: from the event matched
   * before to that of this stage. In both, an event at the border is outside.
   */
  within(ms: number, type: WithinType = 'first-and-last'): PatternBuilder<E> {
    if (type === 'previous-and-current') {
      this.#lastEvent('within previous and current');
      return this.#change({ gapMs: ms });
    }
    return new PatternBuilder(this.#stages, shorter(this.#withinMs, ms), this.#skip);
  }

  skip(strategy: SkipStrategy): PatternBuilder<E> {
    return new PatternBuilder(this.#stages, this.#withinMs, strategy);
  }

  build(options: BuildOptions = {}): Pattern<E> {
    const pattern: Pattern<E> = {
      name: options.name ?? eventStages(this.#stages)[0]?.name ?? '',
      stages: this.#stages,
      skip: this.#skip,
      ...(this.#withinMs === undefined ? {} : { withinMs: this.#withinMs }),
      ...(options.allowUnbounded ? { allowUnbounded: true } : {}),
    };
    validatePattern(pattern, 'flink');
    return pattern;
  }

  #append(link: Link, stage: string | PatternBuilder<E>): PatternBuilder<E> {
    if (typeof stage === 'string') {
      return new PatternBuilder([...this.#stages, { kind: 'event', link, name: stage }], this.#withinMs, this.#skip);
    }
    const group: Stage<E> = { kind: 'group', link, stages: stage.#stages };
    return new PatternBuilder([...this.#stages, group], shorter(this.#withinMs, stage.#withinMs), this.#skip);
  }

  #times(times: Times): PatternBuilder<E> {
    if (this.#last('times').times) this.#refuse('times', 'it has a quantifier already.');
    return this.#change({ times });
  }

  #contiguity(contiguity: LoopContiguity): PatternBuilder<E> {
    const { contiguity: earlier } = this.#last(contiguity);
    if (earlier) this.#refuse(contiguity, `it has "${earlier}" already.`);
    return this.#change({ contiguity });
  }

  #change(words: Partial<EventStage<E>>): PatternBuilder<E> {
    const changed: Stage<E> = Object.assign({ ...this.#last('a word') }, words);
    return new PatternBuilder([...this.#stages.slice(0, -1), changed], this.#withinMs, this.#skip);
  }

  #last(word: string): Stage<E> {
    return this.#stages.at(-1) ?? this.#refuse(word, 'there is no stage yet. Start with begin.');
  }

  #lastEvent(word: string): EventStage<E> {
    const last = this.#last(word);
    return last.kind === 'event' ? last : this.#refuse(word, 'it is a group. Say it of the stages inside.');
  }

  #refuse(word: string, reason: string): never {
    const last = this.#stages.at(-1);
    const name = last?.kind === 'event' ? last.name : last ? 'group' : '';
    throw new InvalidPatternError(`Cannot add ${word} to stage "${name}": ${reason}`);
  }
}

function shorter(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
