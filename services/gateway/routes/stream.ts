/** /api/v1/stream: results as they change, as server-sent events. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { GatewayDependencies } from '../dependencies.ts';
import { ProblemError } from '../http/problem.ts';
import { problem } from '../http/route.ts';
import { EventStream, StreamHeaders, StreamQuery } from '../schemas/stream.ts';
import { type ResumePoint, parseResumePoint } from '../stream/resume-point.ts';
import { FILTER_NAMES, type Filters, partsOf, SOURCES, typesFor } from '../stream/result-types.ts';
import type { Wanted } from '../stream/stream-client.ts';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would gather what it passes on.
  'x-accel-buffering': 'no',
};

const stream = createRoute({
  method: 'get',
  path: '/api/v1/stream',
  tags: ['stream'],
  summary: 'Results as they change, as server-sent events that can be resumed',
  request: { query: StreamQuery, headers: StreamHeaders },
  responses: {
    200: {
      description: 'The stream. It stays open; every 15 s without an event there is a comment',
      content: { 'text/event-stream': { schema: EventStream } },
    },
    400: problem('A parameter is unknown or has a value that cannot be used'),
    500: problem('The gateway failed; the request id finds the cause in its log'),
    503: problem('NATS is away, or there are too many streams; try again'),
  },
});

export function streamRoutes(app: OpenAPIHono, { streams }: GatewayDependencies): void {
  app.openapi(stream, (c) => {
    const wanted = readWanted(c.req.valid('query'), c.req.valid('header')['last-event-id']);
    streams.requireRoom();
    if (c.req.raw.method === 'HEAD') return c.body(null, 200, HEADERS); // nobody would ever read the stream
    return c.body(streams.open(wanted), 200, HEADERS);
  });
}

function readWanted({ types: asked, from = 'now', lastEventId, ...query }: StreamQuery, header = ''): Wanted {
  const filters: Filters = query;
  const names = FILTER_NAMES.filter((name) => filters[name] !== undefined);
  const types = asked ?? typesFor(names);
  const parts = partsOf(types, names);
  for (const type of types) if (!parts.some((part) => part.type === type)) throw noSuchResults(type, names);
  if (parts.length === 0) throw noSuchResults('any type', names);
  return { types, filters, parts, from, resume: readResume(header || lastEventId) };
}

/** The schema has seen it. */
function readResume(text: string | undefined): ResumePoint {
  return (text && parseResumePoint(text, SOURCES)) || new Map();
}

function noSuchResults(type: string, names: readonly string[]): ProblemError {
  const filter = names.join(' and ');
  const detail = `"${filter}": Results of ${type} have no ${filter}; leave it out, or name types that have`;
  return new ProblemError('invalid-parameter', detail, { errors: names.map((name) => ({ parameter: name, detail })) });
}
