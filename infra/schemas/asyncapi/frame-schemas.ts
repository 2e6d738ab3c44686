/** What frames hold besides events: progress, rules, commits, late events; leases and the headers of messages. */
import { z } from '@hono/zod-openapi';
import { DEAD_LETTER_HEADERS } from '../../../shared/dead-letters/letter-headers.ts';
import type { LateRecord } from '../../../shared/events/stage.ts';
import type { Progress } from '../../../shared/log/frame.ts';
import { OFFSETS_HEADER } from '../../../shared/log/log.ts';
import type { CommitHead } from '../../../shared/runtime/commit.ts';
import {
  COMBINES,
  RULE_ATTRIBUTES,
  RULE_OPERATORS,
  SEGMENT_TYPES,
  SEGMENT_WINDOWS,
  type SegmentDefinition,
  type SegmentRuleSet,
  WINDOW_KINDS,
} from '../../../shared/segments/rule-set.ts';
import { USER_EVENT_TYPES } from '../../../shared/events/user-event.ts';
import { REFUSED_HEADERS } from '../../../shared/sink/refused-letters.ts';
import { describes } from './describes.ts';
import { Milliseconds } from './event-schemas.ts';

const Counted = z.int().min(0);

export const ProgressFrame = describes<Progress>()(
  z
    .object({
      offset: z
        .int()
        .optional()
        .openapi({ description: 'All records up to it are in the log or dead letters', example: 37 }),
      watermark: z
        .int()
        .optional()
        .openapi({ description: 'No event with t up to it is expected any more', example: 1717200000000 }),
      idle: z.boolean().optional().openapi({ description: 'It leaves the minimum of the watermarks' }),
      dlq: Counted.optional().openapi({ description: 'Sequence in DLQ of its last dead letter' }),
      kind: z.string().optional().openapi({ description: 'Of its events', example: 'order' }),
      mark: z
        .object({ offset: z.int(), ms: z.int(), crc: z.int() })
        .optional()
        .openapi({ description: 'What the last record was: shows whether the topic is still the same one' }),
      replays: z.unknown().optional().openapi({ description: 'What connectors have sent last' }),
      missing: z
        .array(z.array(z.int()))
        .optional()
        .openapi({ description: 'Ranges of offsets that Kafka had no more' }),
      counts: z
        .record(z.string(), Counted)
        .optional()
        .openapi({ description: 'By what became of the records', example: { counted: 29, events: 32, unchanged: 9 } }),
    })
    .openapi('Progress', { description: 'What a bridge says of one Kafka partition, after the data it speaks of' }),
);

const SourceMark = z.array(z.union([z.string(), z.number(), z.null()])).openapi({
  description: 'Name, watermark (null: none yet), idle (1) or not',
  example: ['orders.k2', 1717200000000, 0],
});

export const CommitHeadLine = describes<CommitHead>()(
  z
    .object({
      pos: Counted.openapi({ description: 'Sequence in the input of the last message folded in', example: 812 }),
      wm: z.int().openapi({ description: 'Watermark, ms', example: 1717200000000 }),
      epoch: Counted.openapi({ description: 'Counts owners of the partition', example: 3 }),
      n: Counted.openapi({ description: 'Counts commits of this owner; 0 is its fence', example: 17 }),
      emits: Counted.openapi({ description: 'How many of the next lines are emitted records', example: 1 }),
      late: Counted.openapi({ description: 'Late events since the partition began', example: 0 }),
      src: z.array(SourceMark).optional().openapi({ description: 'Sources of the watermark that changed' }),
    })
    .openapi('CommitHead', { description: 'The first line of a commit' }),
);

export const LateEvent = describes<LateRecord & { readonly watermark: number }>()(
  z
    .object({
      reason: z.string().openapi({ example: 'too late for its window' }),
      event: z.unknown().openapi({ description: 'As it is in the log of events' }),
      window: z.object({ start: Milliseconds, end: Milliseconds }).optional(),
      watermark: z.int().openapi({ description: 'When it was found late, ms', example: 1717200000000 }),
    })
    .openapi('LateEvent', { description: 'An event that could not be counted any more' }),
);

export const CommitLine = z
  .union([
    z.object({ emit: z.string().openapi({ example: 'fraud' }), v: z.unknown() }).openapi('CommitEmit', {
      description: 'A record for the stage behind; these stand first',
    }),
    z.object({ put: z.string().openapi({ example: 'customer.42' }), v: z.unknown() }).openapi('CommitPut', {
      description: 'The new value of a key of the bucket, which has the partition in front of it',
    }),
    z.object({ del: z.string().openapi({ example: 'pane.20240601T000000Z' }) }).openapi('CommitDelete'),
    z.object({ late: LateEvent }).openapi('CommitLate', { description: 'Goes to LATE' }),
  ])
  .openapi('CommitLine', { description: 'Each line of a commit but the first' });

const definition = describes<SegmentDefinition>()(
  z
    .object({
      id: z.string().openapi({ example: 'big-spenders' }),
      name: z.string().openapi({ example: 'Big spenders' }),
      type: z.enum(SEGMENT_TYPES),
      windowMinutes: z.union(SEGMENT_WINDOWS.map((minutes) => z.literal(minutes))),
      window: z.enum(WINDOW_KINDS).optional(),
      rules: z.array(
        z.object({
          id: z.string().openapi({ example: 'r1' }),
          eventType: z.enum(USER_EVENT_TYPES),
          attribute: z.enum(RULE_ATTRIBUTES),
          operator: z.enum(RULE_OPERATORS),
          value: z.number().openapi({ example: 100 }),
        }),
      ),
      baseSegmentIds: z.array(z.string()),
      combine: z.enum(COMBINES).optional(),
      revision: Counted,
      createdAt: z.iso.datetime(),
      updatedAt: z.iso.datetime(),
    })
    .openapi('SegmentDefinition'),
);

export const SegmentRules = describes<SegmentRuleSet>()(
  z
    .object({
      version: Counted.openapi({ description: 'Rises with every change', example: 3 }),
      segments: z.array(definition),
      change: z.unknown().optional().openapi({ description: 'What changed, for readers' }),
    })
    .openapi('SegmentRuleSet', { description: 'The whole set, in force from its place in the log on' }),
);

export const Lease = z
  .object({ owner: z.string().openapi({ example: 'rfm-1' }), since: z.iso.datetime() })
  .openapi('Lease', { description: 'Who works on a partition; worth as much as the heartbeat of that member' });

export const DataHeaders = z
  .object({
    [OFFSETS_HEADER]: z
      .string()
      .optional()
      .openapi({ description: 'Kafka offsets that the frame is of', example: '37-52' }),
  })
  .openapi('DataHeaders');

export const RefusedHeaders = z
  .object({
    [REFUSED_HEADERS.sink]: z.string().openapi({ example: 'sink-postgres' }),
    [REFUSED_HEADERS.bucket]: z.string().openapi({ example: 'rfm' }),
    [REFUSED_HEADERS.key]: z.string().openapi({ example: 'p07.customer.42' }),
    [REFUSED_HEADERS.revision]: z
      .string()
      .openapi({ description: 'Sequence in the stream of the bucket', example: '812' }),
    [REFUSED_HEADERS.timestamp]: z
      .string()
      .openapi({ description: 'When NATS stored it, ms', example: '1717200000000' }),
    [REFUSED_HEADERS.reason]: z.string().openapi({ description: 'What the store says' }),
    [REFUSED_HEADERS.truncated]: z
      .string()
      .optional()
      .openapi({ description: 'Full size of a value that was left out' }),
  })
  .openapi('RefusedHeaders');

export const DeadLetterHeaders = z
  .object({
    [DEAD_LETTER_HEADERS.topic]: z.string().openapi({ example: 'orders' }),
    [DEAD_LETTER_HEADERS.partition]: z.string().openapi({ example: '2' }),
    [DEAD_LETTER_HEADERS.offset]: z.string().openapi({ example: '37' }),
    [DEAD_LETTER_HEADERS.timestamp]: z.string().openapi({ description: "The record's, ms", example: '1717200000000' }),
    [DEAD_LETTER_HEADERS.key]: z.string().optional().openapi({ description: 'base64; absent: no key' }),
    [DEAD_LETTER_HEADERS.headers]: z
      .string()
      .optional()
      .openapi({ description: 'base64 of JSON: name to base64 value' }),
    [DEAD_LETTER_HEADERS.reason]: z.string().openapi({ description: 'What was found and what to do' }),
    [DEAD_LETTER_HEADERS.truncated]: z
      .string()
      .optional()
      .openapi({ description: 'Full size of a value that was cut' }),
    [DEAD_LETTER_HEADERS.retracted]: z.string().optional().openapi({ description: '1: former values were taken back' }),
  })
  .openapi('DeadLetterHeaders');
