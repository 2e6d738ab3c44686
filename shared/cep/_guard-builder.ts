/** Turns the conditions of stages into guards of edges: contiguity says what may be ignored, until ends loops. */
import type { Place } from './_place.ts';
import { always, and, type Compat, type Guard, not, type StageCondition } from './nfa.ts';
import type { Condition, Link, LoopContiguity, Stage } from './pattern.ts';

/** What may come between two events of a match: nothing, what does not fit, anything. */
type Contiguity = 'strict' | 'relaxed' | 'any';

const BY_LINK: Record<Link, Contiguity> = {
  begin: 'strict',
  next: 'strict',
  followedBy: 'relaxed',
  followedByAny: 'any',
  notNext: 'strict',
  notFollowedBy: 'strict',
};

const BY_LOOP: Record<LoopContiguity, Contiguity> = {
  consecutive: 'strict',
  relaxed: 'relaxed',
  allowCombinations: 'any',
};

export class GuardBuilder<E> {
  readonly #compat: Compat;
  readonly #conditions: StageCondition<E>[] = [];
  readonly #known = new Map<Condition<E>, Guard>();

  constructor(compat: Compat) {
    this.#compat = compat;
  }

  get conditions(): readonly StageCondition<E>[] {
    return this.#conditions;
  }

  /** The event fits the stage, and does not end the group it is in. */
  take(at: Place<E>): Guard {
    return and(this.whileGroup(at), this.#fits(at.stage));
  }

  /** What may come before the stage's first event; undefined: nothing. */
  ignore(at: Place<E>): Guard | undefined {
    if (!at.isHead || !at.group) return this.#between(at, BY_LINK[at.stage.link]);
    if (at.group.isFirst) return this.#between(at, BY_LINK[at.group.stage.link]);
    return this.#between(at, loopContiguity(at.group.stage));
  }

  /** Taking and ignoring between the events of a loop. */
  loop(at: Place<E>): { take: Guard; ignore: Guard | undefined } {
    // Flink gives a loop at the head of a group the contiguity of the group.
    const stage = at.isHead && at.group && this.#compat === 'flink' ? at.group.stage : at.stage;
    const ignore = this.#between(at, loopContiguity(stage));
    const until = this.until(at);
    if (!until) return { take: this.take(at), ignore };
    const goesOn = not(until);
    return { take: and(goesOn, this.take(at)), ignore: ignore && and(goesOn, ignore) };
  }

  until(at: Place<E>): Guard | undefined {
    const { until } = at.stage;
    return until && this.#guard(nameOf(at.stage), until);
  }

  /** The event does not end the group that the stage is in. */
  whileGroup(at: Place<E>): Guard {
    const group = at.group?.stage;
    return group?.until ? not(this.#guard(nameOf(group), group.until)) : always;
  }

  #between(at: Place<E>, contiguity: Contiguity): Guard | undefined {
    if (contiguity === 'strict') return undefined;
    const others = contiguity === 'any' ? always : not(this.#fits(at.stage));
    return and(this.whileGroup(at), others);
  }

  #fits(stage: Stage<E>): Guard {
    return stage.kind === 'event' && stage.condition ? this.#guard(stage.name, stage.condition) : always;
  }

  #guard(stage: string, test: Condition<E>): Guard {
    const known = this.#known.get(test);
    if (known) return known;
    const number = this.#conditions.length;
    this.#conditions.push({ stage, test });
    const guard: Guard = (truth) => truth.holds(number);
    this.#known.set(test, guard);
    return guard;
  }
}

function loopContiguity<E>(stage: Stage<E>): Contiguity {
  return BY_LOOP[stage.contiguity ?? 'relaxed'];
}

function nameOf<E>(stage: Stage<E>): string {
  if (stage.kind === 'event') return stage.name;
  const [first] = stage.stages;
  return first ? nameOf(first) : '';
}
