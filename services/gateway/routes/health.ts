/** /livez and /readyz of the gateway itself. The health of the whole mesh is /api/v1/status. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { access } from '../auth/role.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import type { Views } from '../views/views.ts';

const Health = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    reasons: z.array(z.string()).openapi({ example: [] }),
  })
  .openapi('Health');

const json = (description: string) => ({ description, content: { 'application/json': { schema: Health } } });

const livez = createRoute({
  method: 'get',
  path: '/livez',
  ...access('open'),
  tags: ['health'],
  summary: 'Is the gateway alive?',
  responses: { 200: json('It is') },
});

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  ...access('open'),
  tags: ['health'],
  summary: 'Can the gateway answer?',
  responses: { 200: json('It can'), 503: json('It cannot, for these reasons') },
});

export function healthRoutes(app: OpenAPIHono, dependencies: GatewayDependencies): void {
  app.openapi(livez, (c) => c.json({ status: 'ok', reasons: [] }, 200));
  app.openapi(readyz, (c) => {
    const reasons = notReadyReasons(dependencies);
    return reasons.length === 0
      ? c.json({ status: 'ok', reasons }, 200)
      : c.json({ status: 'unavailable', reasons }, 503);
  });
}

/** A service that is not there yet does not make the gateway unready: its routes alone say so. */
export function notReadyReasons({
  connected,
  sales,
  alerts,
  inventory,
  regionHealth,
}: Pick<GatewayDependencies, 'connected' | keyof Views>): string[] {
  const states = {
    'sales windows': sales.state,
    alerts: alerts.state,
    products: inventory.state,
    regions: regionHealth.regionState,
    'minutes of downloads': regionHealth.recentState,
  };
  const loading = Object.entries(states).flatMap(([what, state]) => (state === 'loading' ? [what] : []));
  return [...(connected() ? [] : ['NATS is away']), ...loading.map((what) => `The ${what} are still being loaded`)];
}
