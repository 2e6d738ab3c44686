/** /api/v1/rfm/summary: customers and value per segment. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { readEntry, TO_SHOW } from '../../../shared/store/entry.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { jsonAnswer } from '../http/json-answer.ts';
import { unavailable } from '../http/problem.ts';
import { answers, strictQuery } from '../http/route.ts';
import { RfmSummary } from '../schemas/rfm.ts';

const summary = createRoute({
  method: 'get',
  path: '/api/v1/rfm/summary',
  tags: ['customers'],
  summary: 'Customers and value per RFM segment',
  request: { query: strictQuery({}) },
  responses: answers(RfmSummary, 'The segments'),
});

export function rfmRoutes(app: OpenAPIHono, { log }: GatewayDependencies): void {
  app.openapi(summary, async (c) => {
    const entry = await readEntry<unknown>(log, 'rfm', 'all.summary', TO_SHOW);
    if (entry === undefined)
      throw unavailable('No RFM summary yet: is the rfm service running, and are orders coming in? See /api/v1/status');
    return jsonAnswer(c, RfmSummary.parse(entry));
  });
}
