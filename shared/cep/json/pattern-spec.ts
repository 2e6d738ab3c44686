/**
 * A pattern as data: the shape of a pattern file once it is validated. Types only, so that whoever runs patterns does
 * without the validator (zod).
 *
 * Owns the shape. Does not own what may stand in it (pattern-schema.ts: members; pattern-problems.ts: members together)
 * nor what it means (compile-condition.ts, event-pattern.ts, shared/cep).
 */
import type { Severity } from '../../alerts/alert.ts';
import type { Link, LoopContiguity } from '../pattern.ts';

export const PATTERN_KINDS = ['order', 'orderItem', 'product', 'download', 'maip', 'userEvent'] as const;
export type PatternKind = (typeof PATTERN_KINDS)[number];

export const AGGREGATES = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** Comparisons of two values; `exists`, and those of texts, take no reference. */
export const ORDERINGS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const;
export type Ordering = (typeof ORDERINGS)[number];
export const COMPARISONS = [...ORDERINGS, 'in', 'exists', 'startsWith', 'endsWith', 'contains'] as const;

export type Scalar = string | number | boolean | null;

/** What the events have that a stage has taken so far. */
export interface MatchedSpec {
  readonly stage: string;
  readonly aggregate: Aggregate;
  /** Of the stage's events; not for `count`. */
  readonly field?: string | undefined;
  /** The value while the stage has taken nothing; absent: the comparison does not hold (`count` and `sum` are 0). */
  readonly orElse?: string | number | undefined;
}

/** A value to compare with that is not written out: `value * factor + plus`, the last two for numbers. */
export interface ReferenceSpec {
  /** Of the event that is tested. */
  readonly field?: string | undefined;
  readonly matched?: MatchedSpec | undefined;
  readonly factor?: number | undefined;
  readonly plus?: number | undefined;
}

/** Exactly one of and, or, not, field, matched; the last two with one comparison or more, all of which must hold. */
export interface ConditionSpec {
  readonly and?: readonly ConditionSpec[] | undefined;
  readonly or?: readonly ConditionSpec[] | undefined;
  readonly not?: ConditionSpec | undefined;
  /** Path to a member of the event: `amount`, `payload.total`. */
  readonly field?: string | undefined;
  readonly matched?: MatchedSpec | undefined;
  readonly eq?: Scalar | ReferenceSpec | undefined;
  readonly ne?: Scalar | ReferenceSpec | undefined;
  readonly gt?: string | number | ReferenceSpec | undefined;
  readonly gte?: string | number | ReferenceSpec | undefined;
  readonly lt?: string | number | ReferenceSpec | undefined;
  readonly lte?: string | number | ReferenceSpec | undefined;
  readonly in?: readonly (string | number)[] | undefined;
  readonly exists?: boolean | undefined;
  readonly startsWith?: string | undefined;
  readonly endsWith?: string | undefined;
  readonly contains?: string | undefined;
}

/** ms, or a text such as `30s`. */
export type Duration = number | string;

export interface TimesSpec {
  readonly min: number;
  readonly max?: number | undefined;
  readonly gap?: Duration | undefined;
}

/** An event (`name`) or a group (`group`). */
export interface StageSpec {
  readonly link?: Link | undefined;
  readonly name?: string | undefined;
  readonly group?: readonly StageSpec[] | undefined;
  readonly where?: ConditionSpec | undefined;
  readonly times?: number | TimesSpec | undefined;
  readonly contiguity?: LoopContiguity | undefined;
  readonly optional?: boolean | undefined;
  readonly greedy?: boolean | undefined;
  readonly until?: ConditionSpec | undefined;
  /** Since the event matched before. */
  readonly within?: Duration | undefined;
}

export type SkipSpec =
  | 'noSkip'
  | 'skipToNext'
  | 'skipPastLastEvent'
  | { readonly skipToFirst?: string | undefined; readonly skipToLast?: string | undefined };

export interface InputSpec {
  readonly kind: PatternKind;
  /** Only events of this topic; `*` stands for one token. */
  readonly topic?: string | undefined;
  /** Only these events; the others are as if they were not there, also for `next`. */
  readonly where?: ConditionSpec | undefined;
}

export interface AlertSpec {
  readonly type: string;
  readonly severity: Severity;
  /** With {placeholders}, see describe-match.ts. */
  readonly description: string;
}

export interface PatternSpec {
  readonly $schema?: string | undefined;
  readonly name: string;
  /** For people. */
  readonly description?: string | undefined;
  readonly input: InputSpec;
  /** `key`: each customer, product, user by itself. `global`: all events in one order. */
  readonly per: 'key' | 'global';
  readonly stages: readonly StageSpec[];
  readonly within?: Duration | undefined;
  readonly skip?: SkipSpec | undefined;
  readonly compat?: 'default' | 'flink' | undefined;
  readonly allowUnbounded?: boolean | undefined;
  readonly alert?: AlertSpec | undefined;
}
