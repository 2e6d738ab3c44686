/**
 * Routes from a JSON or YAML file (WEIR_ROUTES). It replaces the built-in routes as a whole.
 *
 *   routes:
 *     - topic: shop.public.orders
 *       decoder: debezium-json
 *       fields: { amount: [total], time: [placed_at] }
 *
 * What a route leaves out comes from ROUTE_DEFAULTS of its decoder. Errors name the path and what was expected.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROUTE_DEFAULTS, type Route, topicPattern } from './routes.ts';
import { SettingError } from './environment.ts';

const names = z.array(z.string().min(1)).min(1);
const milliseconds = z.int().min(0);

const routeSchema = z
  .strictObject({
    topic: z.string().min(1),
    topicFilter: z.string().min(1).optional(),
    decoder: z.enum(['debezium-json', 'json']),
    kind: z.enum(['order']).optional(),
    fields: z.strictObject({ id: names, key: names, amount: names, time: names }).partial().optional(),
    timeUnit: z.enum(['auto', 's', 'ms', 'us', 'ns', 'days', 'iso']).optional(),
    base64AmountScale: z.int().min(0).max(38).optional(),
    allowNegativeAmounts: z.boolean().optional(),
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
    const problem = topicProblem(route.topic, route.topicFilter);
    if (problem) context.addIssue({ code: 'custom', path: [problem.at], message: problem.text });
  });

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

function complete(route: z.infer<typeof routeSchema>): Route {
  const { fields, idle, kind, ...given } = route;
  const defaults = ROUTE_DEFAULTS[route.decoder];
  return {
    ...given,
    kind: kind ?? defaults.kind,
    fields: {
      id: fields?.id ?? defaults.fields.id,
      key: fields?.key ?? defaults.fields.key,
      amount: fields?.amount ?? defaults.fields.amount,
      time: fields?.time ?? defaults.fields.time,
    },
    idle: { policy: idle?.policy ?? defaults.idle.policy, afterMs: idle?.afterMs ?? defaults.idle.afterMs },
    timeUnit: given.timeUnit ?? defaults.timeUnit,
    allowNegativeAmounts: given.allowNegativeAmounts ?? defaults.allowNegativeAmounts,
    outOfOrdernessMs: given.outOfOrdernessMs ?? defaults.outOfOrdernessMs,
    earliestTimeMs: given.earliestTimeMs ?? defaults.earliestTimeMs,
    maxAheadMs: given.maxAheadMs ?? defaults.maxAheadMs,
    maxRecordBytes: given.maxRecordBytes ?? defaults.maxRecordBytes,
  };
}

function topicProblem(topic: string, filter: string | undefined): { at: string; text: string } | undefined {
  if (!topic.startsWith('/')) {
    if (filter !== undefined) return { at: 'topicFilter', text: 'only a topic that is a /regular expression/ has one' };
    return /^[A-Za-z0-9._-]{1,249}$/.test(topic)
      ? undefined
      : { at: 'topic', text: `"${topic}" is no Kafka topic name; a regular expression stands between slashes` };
  }
  try {
    if (!topicPattern(topic)) return { at: 'topic', text: `"${topic}" lacks its closing slash` };
  } catch {
    return { at: 'topic', text: `"${topic}" is no valid regular expression` };
  }
  return filter === undefined
    ? { at: 'topicFilter', text: 'a regular expression needs one, for example "dbserver1.*.orders"' }
    : undefined;
}
