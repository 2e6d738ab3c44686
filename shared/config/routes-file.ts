/**
 * Routes from a JSON or YAML file (WEIR_ROUTES). It replaces the built-in routes as a whole.
 *
 *   routes:
 *     - topic: shop.public.orders
 *       decoder: debezium-json
 *       fields: { amount: [total], time: [placed_at] }
 *
 * What a route leaves out comes from routeDefaults of its kind and decoder. Errors name the path and what was expected.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  DECODERS,
  EVENT_KINDS,
  type EventRoute,
  MAX_RECORD_BYTES,
  type Route,
  routeDefaults,
  topicPattern,
} from './routes.ts';
import { SettingError } from './environment.ts';

const names = z.array(z.string().min(1)).min(1);
const milliseconds = z.int().min(0);

const routeSchema = z
  .strictObject({
    topic: z.string().min(1),
    topicFilter: z.string().min(1).optional(),
    decoder: z.enum([...DECODERS, 'raw']),
    kind: z.enum(EVENT_KINDS).optional(),
    fields: z.record(z.string(), names).optional(),
    timeUnit: z.enum(['auto', 's', 'ms', 'us', 'ns', 'days', 'iso']).optional(),
    base64AmountScale: z.int().min(0).max(38).optional(),
    allowNegativeAmounts: z.boolean().optional(),
    dropReplays: z.boolean().optional(),
    outOfOrdernessMs: milliseconds.optional(),
    idle: z
      .strictObject({ policy: z.enum(['advance', 'hold']), afterMs: milliseconds })
      .partial()
      .optional(),
    earliestTimeMs: z.int().optional(),
    maxAheadMs: milliseconds.optional(),
    maxRecordBytes: z.int().min(1).optional(),
  })
  .superRefine((route, context) => {
    const problem = topicProblem(route.topic, route.topicFilter) ?? memberProblem(route);
    if (problem) context.addIssue({ code: 'custom', path: problem.at, message: problem.text });
  });

type GivenRoute = z.infer<typeof routeSchema>;

const fileSchema = z.strictObject({ routes: z.array(routeSchema).min(1) });

/** The routes of a file. Throws SettingError. */
export function loadRoutes(file: string): readonly Route[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SettingError(`Cannot read the routes file "${file}": check WEIR_ROUTES`, { cause });
  }
  return parseRoutes(text, file);
}

/** `file` is for messages. JSON is YAML too. */
export function parseRoutes(text: string, file: string): readonly Route[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new SettingError(`Cannot read the routes file "${file}": it is neither JSON nor YAML`, { cause });
  }
  const parsed = fileSchema.safeParse(document);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
    throw new SettingError(`Cannot use the routes file "${file}": ${problems.join('; ')}`);
  }
  return parsed.data.routes.map(complete);
}

function complete(given: GivenRoute): Route {
  const { topic, topicFilter, maxRecordBytes = MAX_RECORD_BYTES, decoder } = given;
  if (decoder === 'raw') return { topic, ...(topicFilter !== undefined && { topicFilter }), maxRecordBytes, decoder };
  switch (given.kind ?? 'order') {
    case 'order':
      return merge(given, routeDefaults('order', decoder));
    case 'orderItem':
      return merge(given, routeDefaults('orderItem', decoder));
    case 'product':
      return merge(given, routeDefaults('product', decoder));
    case 'download':
      return merge(given, routeDefaults('download', decoder));
    case 'maip':
      return merge(given, routeDefaults('maip', decoder));
    case 'userEvent':
      return merge(given, routeDefaults('userEvent', decoder));
  }
}

/** What the file says, over the defaults. */
function merge<D extends Omit<EventRoute, 'topic'>>(given: GivenRoute, defaults: D): D & { topic: string } {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    ...defaults,
    ...said,
    topic: given.topic,
    fields: { ...defaults.fields, ...given.fields },
    idle: {
      policy: given.idle?.policy ?? defaults.idle.policy,
      afterMs: given.idle?.afterMs ?? defaults.idle.afterMs,
    },
  };
}

interface Problem {
  readonly at: string[];
  readonly text: string;
}

/** Members that a route of this kind does not have. */
function memberProblem({ decoder, kind, fields, ...route }: GivenRoute): Problem | undefined {
  if (decoder === 'raw') {
    const foreign = Object.keys({ ...route, ...(kind && { kind }), ...(fields && { fields }) }).find(
      (name) => !['topic', 'topicFilter', 'maxRecordBytes'].includes(name),
    );
    return foreign === undefined
      ? undefined
      : { at: [foreign], text: 'a raw topic is kept as it is: it has topic, topicFilter and maxRecordBytes only' };
  }
  const known = Object.keys(routeDefaults(kind ?? 'order', decoder).fields);
  const unknown = Object.keys(fields ?? {}).find((name) => !known.includes(name));
  return unknown === undefined
    ? undefined
    : { at: ['fields', unknown], text: `"${kind ?? 'order'}" has no such member; it has ${known.join(', ')}` };
}

function topicProblem(topic: string, filter: string | undefined): Problem | undefined {
  if (!topic.startsWith('/')) {
    if (filter !== undefined)
      return { at: ['topicFilter'], text: 'only a topic that is a /regular expression/ has one' };
    return /^[A-Za-z0-9._-]{1,249}$/.test(topic)
      ? undefined
      : { at: ['topic'], text: `"${topic}" is no Kafka topic name; a regular expression stands between slashes` };
  }
  try {
    if (!topicPattern(topic)) return { at: ['topic'], text: `"${topic}" lacks its closing slash` };
  } catch {
    return { at: ['topic'], text: `"${topic}" is no valid regular expression` };
  }
  return filter === undefined
    ? { at: ['topicFilter'], text: 'a regular expression needs one, for example "dbserver1.*.orders"' }
    : undefined;
}
