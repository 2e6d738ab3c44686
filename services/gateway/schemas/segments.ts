/** Segments: what is sent to the rules API, and what the gateway says of segments, rules and their users. */
import { z } from '@hono/zod-openapi';
import { USER_EVENT_TYPES } from '../../../shared/events/user-event.ts';
import {
  COMBINES,
  MAX_BASES,
  MAX_RULES,
  RULE_ATTRIBUTES,
  RULE_OPERATORS,
  SEGMENT_TYPES,
  SEGMENT_WINDOWS,
  WINDOW_KINDS,
} from '../../../shared/segments/rule-set.ts';
import { isExactValue, MAX_VALUE, VALUE_DIGITS } from '../../../shared/segments/value.ts';
import { Count, Time } from './common.ts';

const Token = (what: string) =>
  z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: `Expected ${what} of 1 to 64 of the characters A-Z a-z 0-9 _ -` });

/** Addresses of the API that would otherwise mean a segment. */
const RESERVED = new Set(['rules']);

export const SegmentId = Token('an id').refine((id) => !RESERVED.has(id), { error: 'This id is taken by the API' });

const Name = z
  .string()
  .max(200, { error: 'Expected at most 200 characters' })
  .refine((name) => name.trim() !== '' && name.isWellFormed(), { error: 'Expected a text that is not blank' });

const WindowMinutes = z
  .union(
    SEGMENT_WINDOWS.map((minutes) => z.literal(minutes)),
    { error: `Expected one of ${SEGMENT_WINDOWS.join(', ')}` },
  )
  .openapi({ example: 30 });

const WindowKind = z.enum(WINDOW_KINDS).openapi({
  description: 'trailing: the minutes up to now. tumbling: the minutes since the last full multiple of the window',
});

const RuleBody = z
  .strictObject({
    id: Token('an id').optional().openapi({ description: 'Made up when absent; unique in its segment', example: 'r1' }),
    eventType: z
      .enum([...USER_EVENT_TYPES, 'orders'])
      .openapi({ description: '`orders` is another word for `purchase`', example: 'purchase' }),
    attribute: z.enum(RULE_ATTRIBUTES).openapi({ description: 'Events, or the sum of their values', example: 'sum' }),
    operator: z.enum(RULE_OPERATORS).openapi({ example: 'GTE' }),
    value: z
      .number()
      .refine(isExactValue, { error: `Expected at most ${MAX_VALUE}, with at most ${VALUE_DIGITS} decimals` })
      .openapi({ description: 'The threshold', example: 100 }),
  })
  .refine(({ attribute, value }) => attribute !== 'count' || value >= 0, {
    path: ['value'],
    error: 'Expected 0 or more: a count is never less',
  })
  .openapi('SegmentRuleBody');

const Ignored = (what: string) =>
  z
    .unknown()
    .optional()
    .openapi({ description: `Ignored: ${what}` });

export const SegmentBody = z
  .strictObject({
    id: SegmentId.optional().openapi({ description: 'Made from the name when absent', example: 'big-spenders' }),
    name: Name.openapi({ example: 'Big spenders' }),
    type: z.enum(SEGMENT_TYPES),
    windowMinutes: WindowMinutes,
    window: WindowKind.optional(),
    rules: z.array(RuleBody).max(MAX_RULES).optional().openapi({ description: 'INDEPENDENT: all must hold' }),
    baseSegmentIds: z
      .array(Token('an id'))
      .max(MAX_BASES)
      .optional()
      .openapi({ description: 'DERIVED: segments of the same window', example: [] }),
    combine: z
      .enum(COMBINES)
      .optional()
      .openapi({ description: 'DERIVED: in all bases (AND, the default), in one of them, in none of them' }),
    status: Ignored('what GET says of the segment'),
    effective_from: Ignored('what the answer of a change says'),
  })
  .superRefine((body, context) => {
    for (const { field, error } of typeFaults(body))
      context.addIssue({ code: 'custom', path: [field], message: error });
  })
  .openapi('SegmentBody', {
    example: {
      name: 'Big spenders',
      type: 'INDEPENDENT',
      windowMinutes: 30,
      rules: [{ eventType: 'purchase', attribute: 'sum', operator: 'GTE', value: 100 }],
    },
  });
export type SegmentBody = z.output<typeof SegmentBody>;

interface TypedParts {
  readonly type: 'INDEPENDENT' | 'DERIVED';
  readonly rules?: readonly { readonly id?: string | undefined }[] | undefined;
  readonly baseSegmentIds?: readonly string[] | undefined;
  readonly combine?: string | undefined;
}

/** What each type of segment has and has not. */
function typeFaults({ type, rules = [], baseSegmentIds = [], combine }: TypedParts) {
  const faults: { field: string; error: string }[] = [];
  const ids = rules.flatMap(({ id }) => id ?? []);
  if (new Set(ids).size < ids.length) faults.push({ field: 'rules', error: 'Expected ids that differ' });
  if (type === 'INDEPENDENT') {
    if (rules.length === 0) faults.push({ field: 'rules', error: 'Expected at least one rule: it is INDEPENDENT' });
    if (baseSegmentIds.length > 0)
      faults.push({ field: 'baseSegmentIds', error: 'Expected none: it is INDEPENDENT; or make it DERIVED' });
    if (combine !== undefined) faults.push({ field: 'combine', error: 'Leave it out: it is INDEPENDENT' });
  } else {
    if (rules.length > 0)
      faults.push({ field: 'rules', error: 'Expected none: it is DERIVED; or make it INDEPENDENT' });
    if (baseSegmentIds.length === 0)
      faults.push({ field: 'baseSegmentIds', error: 'Expected at least one segment: it is DERIVED' });
  }
  return faults;
}

const Rule = z
  .object({
    id: z.string().openapi({ example: 'r1' }),
    eventType: z.enum(USER_EVENT_TYPES),
    attribute: z.enum(RULE_ATTRIBUTES),
    operator: z.enum(RULE_OPERATORS),
    value: z.number().openapi({ description: 'The threshold', example: 100 }),
  })
  .openapi('SegmentRule');

const definition = {
  id: z.string().openapi({ example: 'big-spenders' }),
  name: z.string().openapi({ example: 'Big spenders' }),
  type: z.enum(SEGMENT_TYPES),
  windowMinutes: WindowMinutes,
  window: WindowKind,
  rules: z.array(Rule),
  baseSegmentIds: z.array(z.string()).openapi({ example: [] }),
  combine: z.enum(COMBINES).optional().openapi({ description: 'Of DERIVED segments' }),
};

const EffectiveFrom = Count.openapi({
  description: 'Sequence in stream EVENTS: in force for every event behind it, on every partition',
  example: 812,
});

const Status = z
  .object({
    revision: Count.openapi({ description: 'Of this segment, also in its ETag; never the same twice', example: 3 }),
    created_at: z.iso.datetime().openapi({ example: '2024-06-01T10:00:00Z' }),
    updated_at: z.iso.datetime().openapi({ example: '2024-06-02T09:30:00Z' }),
    in_force: z
      .boolean()
      .openapi({ description: 'All partitions count by this revision, as their stores show some seconds later' }),
    partitions_in_force: Count.openapi({ description: 'Of 16', example: 16 }),
  })
  .openapi('SegmentStatus');

export const Segment = z.object({ ...definition, status: Status }).openapi('Segment');
export type Segment = z.infer<typeof Segment>;

export const SegmentList = z
  .object({
    items: z.array(Segment).openapi({ description: 'By id, at most 1000' }),
    version: Count.openapi({ description: 'Of the whole rule set', example: 3 }),
  })
  .openapi('SegmentList');

const ChangedStatus = Status.omit({ in_force: true, partitions_in_force: true }).openapi('ChangedSegmentStatus');

export const ChangedSegment = z
  .object({ ...definition, status: ChangedStatus, effective_from: EffectiveFrom })
  .openapi('ChangedSegment');
export type ChangedSegment = z.infer<typeof ChangedSegment>;

export const DeletedSegment = z
  .object({
    id: z.string().openapi({ example: 'big-spenders' }),
    deleted: z.literal(true),
    effective_from: EffectiveFrom,
  })
  .openapi('DeletedSegment');

export const SegmentRuleList = z
  .object({
    items: z
      .array(
        Rule.omit({ value: true }).extend({
          segmentId: z.string().openapi({ example: 'big-spenders' }),
          threshold: z.number().openapi({ example: 100 }),
          windowMinutes: WindowMinutes,
          window: WindowKind,
        }),
      )
      .openapi({ description: 'By segment, then in the order of its rules' }),
    version: Count.openapi({ description: 'Of the whole rule set', example: 3 }),
  })
  .openapi('SegmentRuleList');
export type SegmentRuleList = z.infer<typeof SegmentRuleList>;

export const DryRunResult = z
  .object({
    dry_run: z.literal(true),
    segment: z.object(definition).openapi({ description: 'As it would be stored; nothing was' }),
    as_of: z.iso.datetime().nullable().openapi({
      example: '2024-06-01T10:00:00Z',
      description: 'Event time: where the partition is that is furthest behind; null: no events are known',
    }),
    qualified: Count.openapi({ description: 'Users who would be in it now', example: 17 }),
    qualified_last_hour: Count.openapi({ description: 'Users who would have been in it at any time', example: 42 }),
    users: Count.openapi({
      description: 'Users with events in the last hour: nothing is known of others',
      example: 100,
    }),
    complete: z.boolean().openapi({ description: 'False: there was too much to count, and a part was left out' }),
  })
  .openapi('SegmentDryRun');
export type DryRunResult = z.infer<typeof DryRunResult>;

const Result = z
  .object({
    qualified: z.boolean(),
    value: z.number().openapi({
      description: 'What rule ruleId compares; of a derived segment: in how many bases the user is',
      example: 120.5,
    }),
    timestamp: Time,
    windowStart: Time,
    windowEnd: Time,
    ruleId: z.string().nullable().openapi({ description: 'null: a derived segment', example: 'r1' }),
    rules: z
      .record(z.string(), z.number())
      .optional()
      .openapi({
        description: 'Of several rules, what each compares',
        example: { r1: 120.5, r2: 3 },
      }),
  })
  .openapi('SegmentResult');

const USERS_SEGMENTS = {
  'big-spenders': {
    ...{ qualified: true, value: 120.5, timestamp: '2024-06-01T10:00:00Z', ruleId: 'r1' },
    ...{ windowStart: '2024-06-01T09:30:00Z', windowEnd: '2024-06-01T10:00:00Z' },
  },
};

/** As it stands in bucket `segments`. */
export const UserSegments = z
  .object({
    user_id: z.string().openapi({ example: 'user_001' }),
    segments: z.record(z.string(), Result).openapi({ description: 'By segment', example: USERS_SEGMENTS }),
    updated: Time.openapi({ description: 'As of when, in event time' }),
  })
  .openapi('UserSegments');

/** As it stands in bucket `segments`. */
export const SegmentMember = z
  .object({ user_id: z.string().openapi({ example: 'user_001' }) })
  .openapi('SegmentMember');

export const SegmentMemberPage = z
  .object({ items: z.array(SegmentMember), next_cursor: z.string().optional().openapi({ example: '812' }) })
  .openapi('SegmentMemberPage');
