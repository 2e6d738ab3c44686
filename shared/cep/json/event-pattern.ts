/**
 * A validated pattern file as what runs: the Pattern of shared/cep with its conditions compiled, which events it takes,
 * and what it says of a match.
 *
 * Invariants (tested in event-pattern.test.ts):
 * 1. Pure, and the same for the same data: a stage and a replay of the log find the same.
 */
import type { Severity } from '../../alerts/alert.ts';
import type { MeshEvent } from '../../events/event.ts';
import { encodeId } from '../../events/id.ts';
import type { Compat } from '../nfa.ts';
import type { EventStage, GroupStage, MatchedSoFar, Pattern, SkipStrategy, Stage, Times } from '../pattern.ts';
import { compileCondition } from './compile-condition.ts';
import { compileDescription, type DescribeMatch } from './describe-match.ts';
import { parseDuration } from './duration.ts';
import type { AlertSpec, Duration, InputSpec, PatternKind, PatternSpec } from './pattern-spec.ts';
import type { SkipSpec, StageSpec, TimesSpec } from './pattern-spec.ts';
import { takingStages } from './taking-stages.ts';

export interface EventPattern {
  readonly name: string;
  readonly kind: PatternKind;
  readonly topic: string | undefined;
  readonly per: 'key' | 'global';
  readonly compat: Compat;
  readonly pattern: Pattern<MeshEvent>;
  readonly alert: PatternAlert | undefined;
  /**
   * Whether the pattern sees this event. `source` is what a decision's onEvent gets. An event that is taken back
   * (`retract`) is the caller's to look at first.
   */
  accepts(event: MeshEvent, source: string): boolean;
}

export interface PatternAlert {
  readonly type: string;
  readonly severity: Severity;
  describe: DescribeMatch;
}

/** Of a spec that parse-pattern.ts has validated. */
export function eventPattern(spec: PatternSpec): EventPattern {
  const { name, input, per, stages, skip, within, compat = 'default', allowUnbounded, alert } = spec;
  return {
    name,
    kind: input.kind,
    topic: input.topic,
    per,
    compat,
    pattern: {
      name,
      stages: sequence(stages),
      skip: skipStrategy(skip),
      ...(within === undefined ? {} : { withinMs: ms(within) }),
      ...(allowUnbounded ? { allowUnbounded } : {}),
    },
    alert: alert && patternAlert(alert, stages),
    accepts: acceptor(input),
  };
}

function patternAlert({ type, severity, description }: AlertSpec, stages: readonly StageSpec[]): PatternAlert {
  return { type, severity, describe: compileDescription(description, takingStages(stages)) };
}

const NOTHING_MATCHED: MatchedSoFar<never> = { t: Number.NaN, events: () => [] };

function acceptor({ topic, where }: InputSpec): EventPattern['accepts'] {
  const fits = where && compileCondition(where);
  const isEvent = (event: MeshEvent) => fits === undefined || fits(event, NOTHING_MATCHED);
  if (topic === undefined) return isEvent;
  const wanted = topic.split('.').map((token) => (token === '*' ? token : encodeId(token)));
  const known = new Map<string, boolean>(); // sources are few, events are many
  return (event, source) => {
    let isWanted = known.get(source);
    if (isWanted === undefined) {
      isWanted = isTopic(wanted, source);
      known.set(source, isWanted);
    }
    return isWanted && isEvent(event);
  };
}

/** `source`: `<topic tokens>#00002`. */
function isTopic(wanted: readonly string[], source: string): boolean {
  const tokens = source.slice(0, source.lastIndexOf('#')).split('.');
  return tokens.length === wanted.length && wanted.every((token, at) => token === '*' || token === tokens[at]);
}

function sequence(stages: readonly StageSpec[]): Stage<MeshEvent>[] {
  return stages.map((stage, at) => {
    const { link = at === 0 ? 'begin' : 'followedBy', times, contiguity, optional, greedy, until } = stage;
    const options = {
      link,
      ...(times === undefined ? {} : { times: quantifier(times) }),
      ...(contiguity === undefined ? {} : { contiguity }),
      ...(optional ? { optional } : {}),
      ...(greedy ? { greedy } : {}),
      ...(until ? { until: compileCondition(until) } : {}),
    };
    if (stage.group)
      return { kind: 'group', ...options, stages: sequence(stage.group) } satisfies GroupStage<MeshEvent>;
    return {
      kind: 'event',
      name: stage.name ?? '',
      ...options,
      ...(stage.where ? { condition: compileCondition(stage.where) } : {}),
      ...(stage.within === undefined ? {} : { gapMs: ms(stage.within) }),
    } satisfies EventStage<MeshEvent>;
  });
}

function quantifier(times: number | TimesSpec): Times {
  if (typeof times === 'number') return { min: times, max: times };
  const { min, max, gap } = times;
  return { min, ...(max === undefined ? {} : { max }), ...(gap === undefined ? {} : { gapMs: ms(gap) }) };
}

function skipStrategy(skip: SkipSpec = 'noSkip'): SkipStrategy {
  if (typeof skip === 'string') return { kind: skip };
  const { skipToFirst, skipToLast } = skip;
  return skipToFirst === undefined
    ? { kind: 'skipToLast', stage: skipToLast ?? '' }
    : { kind: 'skipToFirst', stage: skipToFirst };
}

function ms(duration: Duration): number {
  return typeof duration === 'number' ? duration : (parseDuration(duration) ?? Number.NaN);
}
