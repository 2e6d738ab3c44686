/** /api/v1/sales: final windows and hours by pages, and what is not final yet. Served from memory. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { GatewayDependencies } from '../dependencies.ts';
import { keyRange, LimitQuery, linked, pageAnswer, pageAnswers, PageQuery } from '../http/paging.ts';
import { unavailable } from '../http/problem.ts';
import { answers } from '../http/route.ts';
import { HourlySalesPage, LiveSales, SalesWindowPage } from '../schemas/sales.ts';
import type { ViewState } from '../views/bucket-reader.ts';
import type { SalesView } from '../views/sales-view.ts';

const LIVE_LIMIT = 100;

const windows = createRoute({
  method: 'get',
  path: '/api/v1/sales/windows',
  tags: ['sales'],
  summary: 'Final one-hour windows that slide by 5 minutes, newest first',
  request: { query: PageQuery },
  responses: pageAnswers(SalesWindowPage, 'A page of windows'),
});

const hourly = createRoute({
  method: 'get',
  path: '/api/v1/sales/hourly',
  tags: ['sales'],
  summary: 'Final hours by the clock, newest first',
  request: { query: PageQuery },
  responses: pageAnswers(HourlySalesPage, 'A page of hours'),
});

const live = createRoute({
  method: 'get',
  path: '/api/v1/sales/live',
  tags: ['sales'],
  summary: 'Windows and hours that are not final yet, newest first',
  request: { query: LimitQuery },
  responses: answers(LiveSales, 'Their values so far'),
});

export function salesRoutes(app: OpenAPIHono, { sales }: GatewayDependencies): void {
  app.openapi(windows, (c) => {
    requireData(sales);
    const page = sales.windows({ ...keyRange(c.req.valid('query')), final: true });
    return c.json(linked(c, pageAnswer(page)), 200);
  });
  app.openapi(hourly, (c) => {
    requireData(sales);
    const page = sales.hourly({ ...keyRange(c.req.valid('query')), final: true });
    return c.json(linked(c, pageAnswer(page)), 200);
  });
  app.openapi(live, (c) => {
    requireData(sales);
    const listing = { limit: c.req.valid('query').limit ?? LIVE_LIMIT, final: false };
    return c.json({ windows: [...sales.windows(listing).items], hourly: [...sales.hourly(listing).items] }, 200);
  });
}

function requireData(sales: SalesView): void {
  if (sales.state !== 'current') throw unavailable(WHY_NOT[sales.state]);
}

const WHY_NOT: Readonly<Record<Exclude<ViewState, 'current'>, string>> = {
  absent: 'The sales service has not been started on this mesh yet: start it with node services/sales/main.ts',
  waiting: 'No sales yet: is the sales service running, and are orders coming in? See /api/v1/status',
  loading: 'The gateway is still loading the sales windows: try again in a moment',
};
