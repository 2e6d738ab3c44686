/**
 * Routes from a JSON or YAML file (WEIR_ROUTES). It replaces the built-in routes as a whole.
 *
 *   routes:
 *     - topic: shop.public.orders
 *       decoder: debezium-json
 *       fields: { amount: [total], time: [placed_at] }
 *
 * What a route leaves out comes from routeDefaults of its kind and decoder. All members: routes.md.
 *
 * Invariants (tested in routes-file.test.ts):
 * 1. Every error names the file, the line, the member, its value, and what to do; all errors are told at once.
 */
import { readFileSync } from 'node:fs';
import { SettingError } from './environment.ts';
import { type Problem, problemsTogether, routeProblem } from './route-problems.ts';
import { issueProblems } from './route-issues.ts';
import { type RouteSource, readSource } from './route-source.ts';
import { type EventRoute, MAX_RECORD_BYTES, type Route, routeDefaults } from './routes.ts';
import { fileSchema, type GivenRoute } from './routes-schema.ts';

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

/** `file` is for messages. JSON is YAML too. Throws SettingError. */
export function parseRoutes(text: string, file: string): readonly Route[] {
  const source = readSource(text, file);
  const parsed = fileSchema.safeParse(source.document, { reportInput: true });
  if (!parsed.success) throw refused(file, source, parsed.error.issues.flatMap(issueProblems));
  const given = parsed.data.routes;
  const alone = given.map(routeProblem).filter((problem) => problem !== undefined);
  if (alone.length > 0) throw refused(file, source, alone);
  const routes = given.map(complete);
  const together = problemsTogether(routes);
  if (together.length > 0) throw refused(file, source, together);
  return routes;
}

function refused(file: string, source: RouteSource, problems: readonly Problem[]): SettingError {
  const told = problems.map(({ path, text }) => `${source.place(path)}: ${text}`);
  return new SettingError(`Cannot use the routes file "${file}": ${told.join('\n  ')}`);
}

function complete(given: GivenRoute): Route {
  const { topic, maxRecordBytes = MAX_RECORD_BYTES, decoder } = given;
  if (decoder === 'raw') return { topic, maxRecordBytes, decoder };
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
