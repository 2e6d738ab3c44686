/**
 * The shape of a routes file, with what each member means: the loader checks by it, and editors by the JSON Schema
 * that is made of it (routes.schema.json).
 *
 * Owns: members, their types and descriptions. Does not own: what the members of a route mean together
 * (route-problems.ts), and defaults (routes.ts).
 */
import { z } from 'zod';
import { DECODERS, EVENT_KINDS, type EventKind, FIELDS, MAX_RECORD_BYTES } from './routes.ts';

const names = z.array(z.string().min(1)).min(1);
const milliseconds = z.int().min(0);

/** What the members of the kinds are, by name; several kinds share some. */
const MEMBERS: Readonly<Record<string, string>> = {
  id: 'The id of the order, order line, download or event.',
  key: 'The customer (order, maip), product (product, orderItem), content (download) or user (userEvent).',
  amount: 'The total of the order, a decimal.',
  time: 'The event time.',
  order: 'The order that the line belongs to.',
  quantity: 'Units of the order line, a whole number; below zero for a return.',
  price: 'The price of one unit, a decimal.',
  name: "The product's name.",
  stock: 'Units in stock, a whole number.',
  user: 'The user who downloaded.',
  region: 'The region of the download.',
  device: 'The type of the device.',
  os: 'The operating system of the device.',
  osVersion: 'The version of the operating system.',
  status: 'SUCCESS or FAILED.',
  bytes: 'Bytes downloaded, a whole number.',
  seconds: 'How long the download took, seconds.',
  mbps: 'How fast the download was, Mbit/s.',
  type: 'The type of the event; where a record has none, its topic tells.',
  payload: 'What the event carries; kept as it is.',
  value: 'What rules compare with, a number; 0 where a record has none.',
  session: 'The session of the user.',
  metadata: 'What else the event carries, an object; kept as it is.',
};

const fields = z
  .strictObject(Object.fromEntries(Object.entries(MEMBERS).map(([name, text]) => [name, names.describe(text)])))
  .partial()
  .describe(
    'For each member of the kind, the names that its column or JSON member may have; the first one that a record has is used. Members that are left out keep their default names.',
  );

const idle = z
  .strictObject({
    policy: z
      .enum(['advance', 'hold'])
      .describe('advance: the watermark follows the wall clock. hold: it stays, and leaves the minimum.')
      .meta({ default: 'advance' }),
    afterMs: milliseconds
      .describe('How long a caught-up partition must be without a record.')
      .meta({ default: 30_000 }),
  })
  .partial()
  .describe('What becomes of the watermark of a partition that is caught up and quiet.');

const MIRRORED = ['topic', 'decoder', 'maxRecordBytes'];

export const routeSchema = z.strictObject({
  topic: z
    .string()
    .min(1)
    .describe(
      "A topic's exact name, or a regular expression over whole names between slashes: /maip[.]order[.][^.]+/. Regular expressions never take topics that begin with _, nor those that Weir writes.",
    ),
  topicFilter: z
    .string()
    .min(1)
    .optional()
    .describe(
      'With a regular expression, unless the decoder is raw: the topics it may take, as one name with * for each token that varies, for example dbserver1.*.orders. Stages subscribe by it, and topics outside it are not taken.',
    ),
  decoder: z
    .enum([...DECODERS, 'raw'])
    .describe(
      'How records are read. debezium-*: change events, with an envelope or flattened. avro, debezium-avro: with a schema registry. raw: kept as they are, one message each, in streams MIRROR_*.',
    ),
  kind: z.enum(EVENT_KINDS).optional().describe('What the records become. Not with raw.').meta({ default: 'order' }),
  fields: fields.optional(),
  timeUnit: z
    .enum(['auto', 's', 'ms', 'us', 'ns', 'days', 'iso'])
    .optional()
    .describe(
      'What a number in the time field is. auto: what an embedded schema says; without one ms, from 1e14 us, from 1e17 ns. Texts are ISO 8601 whatever it says. Default: ms for json, auto for the others.',
    ),
  base64AmountScale: z
    .int()
    .min(0)
    .max(38)
    .optional()
    .describe('Scale of amounts that are base64 (decimal.handling.mode=precise) where no embedded schema says so.'),
  allowNegativeAmounts: z
    .boolean()
    .optional()
    .describe('Take refunds that come as orders with an amount below zero.')
    .meta({ default: false }),
  dropReplays: z
    .boolean()
    .optional()
    .describe('Drop what a Postgres connector sends again after its own restart. Only for debezium-*.')
    .meta({ default: true }),
  outOfOrdernessMs: milliseconds
    .optional()
    .describe(
      'How far behind the newest record of its partition a record may be and still be in time. Default: 5000; download 10000, userEvent 30000.',
    ),
  idle: idle.optional(),
  earliestTimeMs: z
    .int()
    .optional()
    .describe('An event time before this is a dead letter; ms since the epoch. Default: 1990.')
    .meta({ default: Date.UTC(1990, 0, 1) }),
  maxAheadMs: milliseconds
    .optional()
    .describe('An event time this much after its record was written is a dead letter. Default: a day.')
    .meta({ default: 86_400_000 }),
  maxRecordBytes: z
    .int()
    .min(1)
    .optional()
    .describe('Larger values are dead letters. Default: 1 MiB.')
    .meta({ default: MAX_RECORD_BYTES }),
});

export const fileSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors: where this schema is.'),
  routes: z
    .array(routeSchema)
    .min(1)
    .describe('The first route that matches a topic is its route. The file replaces the built-in routes.'),
});

export type GivenRoute = z.infer<typeof routeSchema>;

/** Members that a route does not have, for what else it says: the loader's rule and the JSON Schema's. */
export function foreignMembers(decoder: GivenRoute['decoder']): readonly string[] {
  return decoder === 'raw' ? Object.keys(routeSchema.shape).filter((name) => !MIRRORED.includes(name)) : [];
}

/** The members of a kind's events that `fields` may name. */
export function membersOf(kind: EventKind): readonly string[] {
  return Object.keys(FIELDS[kind]);
}
