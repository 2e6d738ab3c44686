/** /api/v1/alerts: the newest alerts of all services as one list, from memory; one alert by its id, from the stores. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { compareSeverity } from '../../../shared/alerts/alert.ts';
import { formatTime } from '../../../shared/event-time/time-text.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId, queryId } from '../http/ids.ts';
import {
  DEFAULT_LIMIT,
  Instant,
  KeyCursor,
  Limit,
  linked,
  pageAnswer,
  pageAnswers,
  requireSpan,
} from '../http/paging.ts';
import { notFound } from '../http/problem.ts';
import { requireCurrent } from '../http/readiness.ts';
import { answers, strictQuery } from '../http/route.ts';
import { Alert, AlertPage, Severity } from '../schemas/alerts.ts';
import { findAlert } from '../views/stored-alerts.ts';

const CURSOR = /^\d{8}T\d{6}(\d{3})?Z(-[^.]*)?(\.[^.]+){3}$/;

const AlertQuery = strictQuery({
  type: queryId('Only alerts of this anomaly_type', 'order_spike'),
  severity: Severity.optional().openapi({ description: 'Only alerts of this severity', example: 'high' }),
  min_severity: Severity.optional().openapi({ description: 'Only alerts as severe as this, or more', example: 'high' }),
  customer: queryId('Only alerts about this customer', '42'),
  region: queryId('Only alerts about this region', 'eu-west'),
  from: Instant('Only alerts that were last raised at or after this time'),
  to: Instant('Only alerts that were first raised before this time'),
  active: z.enum(['true', 'false'], { error: 'Expected true or false' }).optional().openapi({
    description: 'true: only alerts that are not resolved, as those about a moment never are; false: the others',
    example: 'true',
  }),
  limit: Limit,
  cursor: KeyCursor(CURSOR, '20240601T100000Z.42.large_order.anomaly'),
});
type Filter = z.output<typeof AlertQuery>;

const list = createRoute({
  method: 'get',
  path: '/api/v1/alerts',
  tags: ['alerts'],
  summary: 'Alerts of all services, newest first',
  request: { query: AlertQuery },
  responses: pageAnswers(AlertPage, 'A page of alerts. One that grows keeps its place'),
});

const one = createRoute({
  method: 'get',
  path: '/api/v1/alerts/{alert_id}',
  tags: ['alerts'],
  summary: 'One alert',
  request: {
    params: z.object({ alert_id: pathId('alert_id', "The alert's id", '42-large_order-20240601T100000Z') }),
    query: strictQuery({}),
  },
  responses: answers(Alert, 'The alert'),
});

export function alertRoutes(app: OpenAPIHono, { alerts, log }: GatewayDependencies): void {
  app.openapi(list, (c) => {
    const filter = c.req.valid('query');
    requireSpan(filter.from, filter.to);
    requireCurrent(alerts.state, { what: 'alerts', service: 'anomaly or region-health' });
    const page = alerts.page({
      accept: (alert) => isWanted(alert, filter),
      after: filter.cursor,
      limit: filter.limit ?? DEFAULT_LIMIT,
      ...(filter.from !== undefined && { from: Date.parse(filter.from) }),
      ...(filter.to !== undefined && { to: Date.parse(filter.to) }),
    });
    const { missing, completeFrom } = alerts;
    const complete = completeFrom === undefined ? {} : { complete_from: formatTime(completeFrom) };
    return c.json(linked(c, { ...pageAnswer(page), missing, ...complete }), 200);
  });
  app.openapi(one, async (c) => {
    const { alert_id: id } = c.req.valid('param');
    const alert = await findAlert(log, id);
    if (!alert) throw notFound(`There is no alert "${id}": they are kept for 30 days`);
    return c.json(alert, 200);
  });
}

function isWanted(alert: Alert, { type, severity, min_severity, customer, region, active }: Filter): boolean {
  return (
    (type === undefined || alert.anomaly_type === type) &&
    (severity === undefined || alert.severity === severity) &&
    (min_severity === undefined || compareSeverity(alert.severity, min_severity) >= 0) &&
    (customer === undefined || alert.customer_id === customer) &&
    (region === undefined || alert.region === region) &&
    (active === undefined || (alert.resolved === undefined) === (active === 'true'))
  );
}
