/** /api/v1/late: events that came too late to be counted, newest first, from stream `LATE`. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Log } from '../../../shared/log/log.ts';
import { LATE } from '../../../shared/log/names.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathPlace, placeOf, queryId } from '../http/ids.ts';
import { DEFAULT_LIMIT, Instant, Limit, linked, pageAnswers, Place, placeAnswer, requireSpan } from '../http/paging.ts';
import { notFound } from '../http/problem.ts';
import { answers, strictQuery } from '../http/route.ts';
import { LateCommit, LatePage } from '../schemas/late.ts';
import { readLate } from '../views/late-events.ts';
import { messageAt } from '../views/message-at.ts';
import { newestMessages } from '../views/newest-messages.ts';

const LISTED = 20;
const SHOWN = 1_000;

const LateQuery = strictQuery({
  service: queryId('Only events that this service found late', 'sales'),
  partition: z
    .string()
    .regex(/^(p\d\d|all)$/, { error: 'Expected p00 to p15, or all' })
    .optional()
    .openapi({ description: 'Only events of this partition', example: 'p07' }),
  from: Instant('Only what was found at or after this time, by the clock of the server'),
  to: Instant('Only what was found before this time'),
  limit: Limit,
  cursor: Place,
});

const list = createRoute({
  method: 'get',
  path: '/api/v1/late',
  tags: ['left out'],
  summary: 'Events that came too late to be counted, newest first, by commits of the service that found them late',
  description: 'A request reads 20,000 commits at most: where few are wanted a page may be short and have a next one.',
  request: { query: LateQuery },
  responses: pageAnswers(LatePage, 'A page of commits with late events'),
});

const one = createRoute({
  method: 'get',
  path: '/api/v1/late/{seq}',
  tags: ['left out'],
  summary: 'The late events of one commit',
  request: { params: z.object({ seq: pathPlace() }), query: strictQuery({}) },
  responses: answers(LateCommit, 'The commit'),
});

export function lateRoutes(app: OpenAPIHono, { log }: GatewayDependencies): void {
  app.openapi(list, async (c) => {
    const { cursor, limit = DEFAULT_LIMIT, ...filter } = c.req.valid('query');
    requireSpan(filter.from, filter.to);
    return c.json(linked(c, placeAnswer(await page(log, filter, cursor, limit))), 200);
  });
  app.openapi(one, async (c) => {
    const { seq } = c.req.valid('param');
    const message = await messageAt(log, LATE, placeOf(seq));
    const commit = message && readLate(message, SHOWN);
    if (!commit) throw notFound(`There are no late events at ${seq}: they are kept for 7 days`);
    return c.json(commit, 200);
  });
}

type Filter = Omit<z.output<typeof LateQuery>, 'cursor' | 'limit'>;

function page(log: Log, { service, partition, from, to }: Filter, before: number | undefined, limit: number) {
  const until = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to);
  return newestMessages(log, {
    ...{ stream: LATE, before, limit },
    since: from === undefined ? undefined : Date.parse(from),
    accept: (message) => {
      if (message.timeMs >= until) return undefined;
      const commit = readLate(message, LISTED);
      const isWanted =
        (service === undefined || commit?.service === service) &&
        (partition === undefined || commit?.partition === partition);
      return isWanted ? commit : undefined;
    },
  });
}
