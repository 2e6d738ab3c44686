/**
 * The sentence of an alert, from the match that raised it.
 *
 *     {key}  {start} {end}  {span}  {count}          of the whole match: times are ISO 8601, span is as 90s
 *     {rising.count}                                 of a stage
 *     {rising.sum.amount}  {rising.last.payload.id}  of a member of its events: sum, avg, min, max, first, last
 *     {rising.sum.amount:money}                      minor units as "12.50"
 *     {rising.first.t:time}                          ms as ISO 8601
 *     {{ }}                                          braces
 *
 * What is not there (a stage that took nothing) is "-".
 *
 * Invariants (tested in describe-match.test.ts):
 * 1. A template without a `templateProblem` compiles, and describing never throws.
 */
import { formatTime } from '../../event-time/time-text.ts';
import type { MeshEvent } from '../../events/event.ts';
import { formatMoney } from '../../events/money.ts';
import { aggregate } from './aggregate.ts';
import { durationText } from './duration.ts';
import { fieldReader, isReadable, type Value } from './field-reader.ts';
import { AGGREGATES, type Aggregate } from './pattern-spec.ts';

/** What there is to describe; a CepResult has it. */
export interface DescribedMatch {
  readonly first: number;
  readonly last: number;
  readonly events: Readonly<Record<string, readonly MeshEvent[]>>;
}

export type DescribeMatch = (match: DescribedMatch, key: string) => string;

const NOTHING = '-';
const MAX_DATE_MS = 8.64e15;
const TOKENS = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

type Part = string | DescribeMatch;

/** What is wrong with a template, and what to do; undefined: nothing. */
export function templateProblem(template: string, stages: readonly string[]): string | undefined {
  for (const [token, inside] of template.matchAll(TOKENS)) {
    if (token === '{{' || token === '}}') continue;
    if (inside === undefined) return `has a "${token}" alone; write {{ or }} for a brace, or complete the placeholder`;
    if (placeholder(inside, stages) === undefined)
      return `has no placeholder "{${inside}}"; write {key}, {start}, {end}, {span}, {count}, {stage.count}, or {stage.sum.amount} with a stage that takes events`;
  }
  return undefined;
}

/** `stages`: those that take events. */
export function compileDescription(template: string, stages: readonly string[]): DescribeMatch {
  const parts: Part[] = [];
  let at = 0;
  for (const match of template.matchAll(TOKENS)) {
    const [token, inside] = match;
    parts.push(template.slice(at, match.index));
    parts.push(inside === undefined ? token.charAt(0) : (placeholder(inside, stages) ?? token));
    at = match.index + token.length;
  }
  parts.push(template.slice(at));
  return (match, key) => parts.map((part) => (typeof part === 'string' ? part : part(match, key))).join('');
}

const WHOLE: Readonly<Record<string, DescribeMatch>> = {
  key: (_match, key) => key,
  start: ({ first }) => timeText(first),
  end: ({ last }) => timeText(last),
  span: ({ first, last }) => durationText(last - first),
  count: ({ events }) => String(Object.values(events).reduce((total, { length }) => total + length, 0)),
};

function placeholder(inside: string, stages: readonly string[]): DescribeMatch | undefined {
  if (Object.hasOwn(WHOLE, inside)) return WHOLE[inside];
  const [, said = '', format = ''] = /^(.*?)(?::(money|time))?$/s.exec(inside) ?? [];
  // A stage's name may have dots: the longest one that fits is meant.
  const fitting = stages.filter((name) => said.startsWith(`${name}.`)).sort((a, b) => b.length - a.length);
  const [stage] = fitting;
  if (stage === undefined) return undefined;
  const [word = '', ...names] = said.slice(stage.length + 1).split('.');
  const kind = AGGREGATES.find((name) => name === word);
  const field = names.join('.');
  if (!kind || (kind === 'count') !== (field === '') || (field !== '' && !isReadable(field))) return undefined;
  return describeStage(stage, kind, field, format);
}

function describeStage(stage: string, kind: Aggregate, field: string, format: string): DescribeMatch {
  const read = field === '' ? undefined : fieldReader(field);
  return ({ events }) => valueText(aggregate(kind, events[stage] ?? [], read), format);
}

function valueText(value: Value, format: string): string {
  if (value === undefined) return NOTHING;
  if (typeof value !== 'number') return String(value);
  if (format === 'money') return formatMoney(Math.round(value));
  if (format === 'time') return timeText(value);
  return String(Number.isInteger(value) ? value : Number(value.toFixed(2)));
}

function timeText(ms: number): string {
  return Math.abs(ms) <= MAX_DATE_MS ? formatTime(ms) : NOTHING;
}
