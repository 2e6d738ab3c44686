/**
 * The shape of a pattern file, with what each member means: the loader checks by it, and editors by the JSON Schema
 * that is made of it (pattern.schema.json).
 *
 * Owns: members, their types and descriptions. Does not own: what members mean together (pattern-problems.ts), and
 * which patterns can be matched (shared/cep/validate-pattern.ts).
 */
import { z } from 'zod';
import { SEVERITIES } from '../../alerts/alert.ts';
import { DURATION } from './duration.ts';
import { AGGREGATES, type ConditionSpec, PATTERN_KINDS, type StageSpec } from './pattern-spec.ts';

const MAX_LIST = 1_000;

/** What a stage has that is no group. */
export const EVENT_MEMBERS = ['name', 'where', 'greedy', 'within'] as const;

const text = z.string().min(1);
const count = z.int().min(1).max(1_000);
const noDuration = 'is no span of time; write ms as a number above 0, or a text such as "30s", "1m", "2h"';
const duration = z
  .union([z.int().min(1), z.string().regex(DURATION, { error: noDuration })], { error: noDuration })
  .meta({ id: 'duration' });
const path = text.describe('Path to a member of the event: amount, payload.total, payload.lines.0.price.');

export const matchedSchema = z
  .strictObject({
    stage: text.describe('A stage that takes events, this one or one before it.'),
    aggregate: z.enum(AGGREGATES).describe("What of the stage's events. count needs no field."),
    field: path.optional(),
    orElse: z
      .union([z.string(), z.number()], { error: 'is neither text nor number; write one of them' })
      .optional()
      .describe('The value while the stage has taken nothing. Without it, the comparison does not hold then.'),
  })
  .describe('What the events have together that a stage has taken so far.')
  .meta({ id: 'matched' });

export const referenceSchema = z
  .strictObject({
    field: path.optional(),
    matched: matchedSchema.optional().describe('Of the events matched so far.'),
    factor: z.number().optional().describe('Multiplies the value; only numbers.').meta({ default: 1 }),
    plus: z.number().optional().describe('Is added to the value; only numbers.').meta({ default: 0 }),
  })
  .describe('A value of the event, or of those matched before.')
  .meta({ id: 'reference' });

const equal = z
  .union([z.string(), z.number(), z.boolean(), z.null(), referenceSchema], {
    error:
      'is no value to compare with; write a text, a number, true, false, null, or {"field": ...} or {"matched": ...}',
  })
  .optional();
const ordered = z
  .union([z.string(), z.number(), referenceSchema], {
    error: 'is no value to compare with; write a text, a number, or {"field": ...} or {"matched": ...}',
  })
  .optional();

export const conditionSchema: z.ZodType<ConditionSpec> = z
  .strictObject({
    get and() {
      return z.array(conditionSchema).min(1).max(MAX_LIST).optional().describe('All of these hold.');
    },
    get or() {
      return z.array(conditionSchema).min(1).max(MAX_LIST).optional().describe('One of these holds.');
    },
    get not() {
      return conditionSchema.optional().describe('This does not hold.');
    },
    field: path.optional(),
    matched: matchedSchema.optional().describe('Compares what the events matched so far have together.'),
    eq: equal.describe('Equal, of the same type.'),
    ne: equal.describe('There, and not equal.'),
    gt: ordered.describe('Greater.'),
    gte: ordered.describe('Greater or equal.'),
    lt: ordered.describe('Less.'),
    lte: ordered.describe('Less or equal.'),
    in: z
      .array(z.union([z.string(), z.number()], { error: 'is neither text nor number; write one of them' }))
      .min(1)
      .max(MAX_LIST)
      .optional()
      .describe('One of these.'),
    exists: z.boolean().optional().describe('true: there, even if null. false: not there.'),
    startsWith: text.optional().describe('A text that begins with this.'),
    endsWith: text.optional().describe('A text that ends with this.'),
    contains: text.optional().describe('A text that has this in it.'),
  })
  .describe(
    'Exactly one of and, or, not, field, matched; the last two with one comparison or more, which all must hold.',
  )
  .meta({ id: 'condition' });

const times = z.union(
  [
    count,
    z.strictObject({
      min: count.describe('At least so often.'),
      max: count.optional().describe('At most so often; without it, any number.'),
      gap: duration.optional().describe('Longest time between two events of the loop.'),
    }),
  ],
  { error: 'is no number of times; write 3, {"min": 2, "max": 4}, or {"min": 1} for one or more' },
);

export const stageSchema: z.ZodType<StageSpec> = z
  .strictObject({
    link: z
      .enum(['begin', 'next', 'followedBy', 'followedByAny', 'notNext', 'notFollowedBy'])
      .optional()
      .describe(
        'How the event relates to the one matched before. next: the very next. followedBy: the first that fits. followedByAny: any that fits. notNext, notFollowedBy: none that fits. Default: begin for the first stage, followedBy for the others.',
      ),
    name: text.max(100).optional().describe("Names the stage's events in the match; unique in the pattern."),
    get group() {
      return z.array(stageSchema).min(1).max(100).optional().describe('Stages that repeat or are left out together.');
    },
    where: conditionSchema.optional().describe('Which events fit; without it, all do.'),
    times: times
      .optional()
      .describe('How often. 3: exactly. {"min": 2, "max": 4}. {"min": 1}: one or more. Default: once.'),
    contiguity: z
      .enum(['relaxed', 'consecutive', 'allowCombinations'])
      .optional()
      .describe('Of a loop: whether others may come between its events, even some that fit. Default: relaxed.'),
    optional: z.boolean().optional().describe('The stage may be left out.').meta({ default: false }),
    greedy: z
      .boolean()
      .optional()
      .describe('A loop that takes all it can before the next stage may begin.')
      .meta({ default: false }),
    until: conditionSchema.optional().describe('Ends a loop without a max; the event is not taken.'),
    within: duration.optional().describe('Longest time since the event matched before.'),
  })
  .describe('One event (name), or stages inside (group).')
  .meta({ id: 'stage' });

export const skipTargetSchema = z.strictObject({
  skipToFirst: text.optional().describe('Partial matches that begin before the first event of this stage.'),
  skipToLast: text.optional().describe('Partial matches that begin before the last event of this stage.'),
});

const skip = z
  .union([z.enum(['noSkip', 'skipToNext', 'skipPastLastEvent']), skipTargetSchema], {
    error:
      'is no skip strategy; write "noSkip", "skipToNext", "skipPastLastEvent", {"skipToFirst": stage} or {"skipToLast": stage}',
  })
  .optional()
  .describe('What of the partial matches is given up when a match is found.')
  .meta({ default: 'noSkip' });

export const patternSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors: where this schema is.'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, {
      error: 'has a form that is not allowed here; write letters, digits, _ and -, up to 100',
    })
    .describe('Letters, digits, _ and -; names the pattern in messages and alerts.'),
  description: z.string().optional().describe('For people.'),
  input: z
    .strictObject({
      kind: z.enum(PATTERN_KINDS).describe('What kind of event it reads.'),
      topic: text.optional().describe('Only events of this topic; * stands for one token: maip.order.*'),
      where: conditionSchema
        .optional()
        .describe('Only these events; the others are as if they were not there, also for next.'),
    })
    .describe('Which events it reads.'),
  per: z
    .enum(['key', 'global'])
    .describe('key: each customer, product, content or user by itself. global: all events in one order.'),
  stages: z.array(stageSchema).min(1).max(100).describe('In their order.'),
  within: duration
    .optional()
    .describe('Longest time from the first to the last event of a match; an event at the border is outside.'),
  skip,
  compat: z
    .enum(['default', 'flink'])
    .optional()
    .describe('flink: as Flink does where it differs (shared/cep/README.md).')
    .meta({ default: 'default' }),
  allowUnbounded: z
    .boolean()
    .optional()
    .describe('Accepts a pattern whose partial matches can live for ever.')
    .meta({ default: false }),
  alert: z
    .strictObject({
      type: text.max(100).describe('anomaly_type of the alert.'),
      severity: z.enum(SEVERITIES).describe('How bad it is.'),
      description: text
        .max(1_000)
        .describe(
          'A sentence with {placeholders}: {key} {start} {end} {span} {count} {stage.count} {stage.sum.amount}.',
        ),
    })
    .optional()
    .describe('The alert that a match raises.'),
});
