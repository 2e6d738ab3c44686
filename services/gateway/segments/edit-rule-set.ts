/**
 * What a request makes of the rule set: pure, so it can be decided again when another writer was faster.
 *
 * Invariants (edit-rule-set.test.ts):
 * 1. What comes out is a rule set that checkRuleSet finds right; what cannot be is a problem that names the fields.
 * 2. A segment's revision is the version of the set in which it last changed: never the same for two states of it, also
 *    when it was deleted and made again.
 * 3. No segment vanishes that another one is derived from.
 */
import type { SegmentBody } from '../schemas/segments.ts';
import {
  checkRuleSet,
  parseEventType,
  type SegmentDefinition,
  type SegmentRule,
  type SegmentRuleSet,
} from '../../../shared/segments/rule-set.ts';
import { type Preconditions, requirePreconditions } from '../http/preconditions.ts';
import { notFound, ProblemError } from '../http/problem.ts';
import { invalidBody } from '../http/route.ts';

/** Who asks, under which conditions, and when. */
export interface EditContext {
  readonly conditions: Preconditions;
  /** ISO 8601. */
  readonly at: string;
}

export interface Edited {
  readonly set: SegmentRuleSet;
  readonly result: { readonly segment: SegmentDefinition; readonly isNew: boolean };
}

export function createSegment(set: SegmentRuleSet, body: SegmentBody, { at }: EditContext): Edited {
  if (body.id !== undefined && find(set, body.id))
    throw new ProblemError('conflict', `There is a segment "${body.id}": PUT replaces it, or choose another id`, {
      errors: [{ field: 'id', detail: 'There is a segment with this id' }],
    });
  const id = body.id ?? freeId(set, body.name);
  return withSegment(set, defineSegment(id, body, { revision: set.version + 1, createdAt: at, updatedAt: at }));
}

export function putSegment(set: SegmentRuleSet, id: string, body: SegmentBody, context: EditContext): Edited {
  const before = find(set, id);
  requirePreconditions(context.conditions, before?.revision);
  if (body.id !== undefined && body.id !== id)
    throw invalidBody([
      { field: 'id', detail: `Expected "${id}", as in the address, or nothing: an id cannot change` },
    ]);
  const createdAt = before?.createdAt ?? context.at;
  return withSegment(set, defineSegment(id, body, { revision: set.version + 1, createdAt, updatedAt: context.at }));
}

export function deleteSegment(set: SegmentRuleSet, id: string, { conditions, at }: EditContext): Edited {
  const segment = requireSegment(set, id);
  requirePreconditions(conditions, segment.revision);
  const followers = set.segments.filter(({ baseSegmentIds }) => baseSegmentIds.includes(id)).map((each) => each.id);
  if (followers.length > 0)
    throw new ProblemError('conflict', `Cannot delete "${id}": ${list(followers)} derived from it; change them first`);
  const change = { action: 'delete', id, at };
  const segments = set.segments.filter((each) => each.id !== id);
  return { set: { version: set.version + 1, segments, change }, result: { segment, isNew: false } };
}

export function requireSegment(set: SegmentRuleSet, id: string): SegmentDefinition {
  const segment = find(set, id);
  if (!segment) throw notFound(`There is no segment "${id}": /api/v1/segments lists those there are`);
  return segment;
}

function find(set: SegmentRuleSet, id: string): SegmentDefinition | undefined {
  return set.segments.find((segment) => segment.id === id);
}

function withSegment(set: SegmentRuleSet, segment: SegmentDefinition): Edited {
  const isNew = !find(set, segment.id);
  const segments = isNew
    ? [...set.segments, segment]
    : set.segments.map((each) => (each.id === segment.id ? segment : each));
  const change = { action: isNew ? 'create' : 'replace', id: segment.id, at: segment.updatedAt };
  const edited = { version: set.version + 1, segments, change };
  const problems = checkRuleSet(edited);
  if (problems.length > 0) throw invalidBody(problems.map((detail) => ({ field: fieldOf(segment, detail), detail })));
  return { set: edited, result: { segment, isNew } };
}

/** What a sentence about the whole set means for the body that was sent: its schema has found everything else. */
function fieldOf({ id, baseSegmentIds }: SegmentDefinition, sentence: string): string {
  if (sentence.startsWith('Segments follow one another')) return 'baseSegmentIds';
  if (sentence.startsWith(`Segment "${id}"`)) {
    const at = baseSegmentIds.findLastIndex((base) => sentence.includes(` "${base}"`));
    return at === -1 ? '' : `baseSegmentIds[${at}]`;
  }
  return sentence.startsWith('Segment "') ? 'windowMinutes' : ''; // a segment derived from this one no longer fits it
}

type Stamps = Pick<SegmentDefinition, 'revision' | 'createdAt' | 'updatedAt'>;

function defineSegment(id: string, body: SegmentBody, stamps: Stamps): SegmentDefinition {
  const { name, type, windowMinutes, window = 'trailing', baseSegmentIds = [], combine = 'AND' } = body;
  return {
    id,
    name,
    type,
    windowMinutes,
    window,
    rules: defineRules(body.rules ?? []),
    baseSegmentIds,
    ...(type === 'DERIVED' && { combine }),
    ...stamps,
  };
}

function defineRules(rules: NonNullable<SegmentBody['rules']>): SegmentRule[] {
  const taken = new Set(rules.flatMap(({ id }) => id ?? []));
  let next = 1;
  return rules.map(({ id, eventType, ...rest }) => {
    while (id === undefined && taken.has(`r${next}`)) next++;
    return { id: id ?? `r${next++}`, eventType: parseEventType(eventType) ?? 'purchase', ...rest };
  });
}

/** An id that says what it is about: `big-spenders`, `big-spenders-2`. */
function freeId(set: SegmentRuleSet, name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? ['segment'];
  const base = words.join('-').slice(0, 50).replace(/-$/, '');
  const taken = new Set(['rules', ...set.segments.map(({ id }) => id)]);
  let id = base;
  for (let n = 2; taken.has(id); n++) id = `${base}-${n}`;
  return id;
}

function list(ids: readonly string[]): string {
  const named = ids
    .slice(0, 5)
    .map((id) => `"${id}"`)
    .join(', ');
  return `${named}${ids.length > 5 ? ` and ${ids.length - 5} more` : ''} ${ids.length === 1 ? 'is' : 'are'}`;
}
