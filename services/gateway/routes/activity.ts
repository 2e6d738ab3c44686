/** /api/v1/customers/{id}/activity: what a customer did, by windows of 5 minutes, from the store. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId } from '../http/ids.ts';
import { keyRange, linked, pageAnswers, PageQuery, textsAnswer } from '../http/paging.ts';
import { notFound } from '../http/problem.ts';
import { ActivityPage, ActivityWindow } from '../schemas/activity.ts';
import { newestWindows } from '../views/stored-windows.ts';

const ACTIVITY = 'activity';

const activity = createRoute({
  method: 'get',
  path: '/api/v1/customers/{id}/activity',
  tags: ['customers'],
  summary: 'What a customer did, by windows of 5 minutes, newest first',
  request: { params: z.object({ id: pathId('id', "The customer's id, as in Kafka", 'cust-7') }), query: PageQuery },
  responses: pageAnswers(ActivityPage, 'A page of windows with events, of the last two days'),
});

export function activityRoutes(app: OpenAPIHono, { log }: GatewayDependencies): void {
  app.openapi(activity, async (c) => {
    const { id } = c.req.valid('param');
    const range = keyRange(c.req.valid('query'));
    const prefix = `${partitionName(partitionOf(id))}.window.5m.${encodeId(id)}`;
    const page = await newestWindows(log, { bucket: ACTIVITY, prefix }, range);
    if (!page.isKnown) throw notFound(`No events of customer "${id}" are known from the last two days`);
    return c.json(linked(c, textsAnswer(ActivityWindow, page)), 200);
  });
}
