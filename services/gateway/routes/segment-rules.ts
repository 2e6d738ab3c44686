/** /api/v1/segments/rules: the rules of all segments as one list. Registered before the segments: no segment is `rules`. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { USER_EVENT_TYPES } from '../../../shared/events/user-event.ts';
import { parseEventType, type SegmentRuleSet } from '../../../shared/segments/rule-set.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId } from '../http/ids.ts';
import { notFound } from '../http/problem.ts';
import { answers, strictQuery } from '../http/route.ts';
import { SegmentRuleList } from '../schemas/segments.ts';
import { rulesOfSegments } from '../segments/rules-of-segments.ts';

const all = createRoute({
  method: 'get',
  path: '/api/v1/segments/rules',
  tags: ['segments'],
  summary: 'The rules of all segments',
  request: { query: strictQuery({}) },
  responses: answers(SegmentRuleList, 'The rules'),
});

const ofType = createRoute({
  method: 'get',
  path: '/api/v1/segments/rules/eventType/{eventType}',
  tags: ['segments'],
  summary: 'The rules about one type of event',
  request: {
    params: z.object({ eventType: pathId('eventType', 'purchase (or orders), view, install', 'purchase') }),
    query: strictQuery({}),
  },
  responses: answers(SegmentRuleList, 'The rules'),
});

export function segmentRuleRoutes(app: OpenAPIHono, { log }: GatewayDependencies): void {
  const rules = rulesOfSegments(log);
  app.openapi(all, async (c) => c.json(ruleList((await rules.current()).set), 200));
  app.openapi(ofType, async (c) => {
    const { eventType: asked } = c.req.valid('param');
    const type = parseEventType(asked);
    if (type === undefined)
      throw notFound(`There is no event type "${asked}": there are ${USER_EVENT_TYPES.join(', ')}, and orders`);
    const { items, version } = ruleList((await rules.current()).set);
    return c.json({ items: items.filter(({ eventType }) => eventType === type), version }, 200);
  });
}

function ruleList({ segments, version }: SegmentRuleSet): SegmentRuleList {
  const items = segments.flatMap(({ id: segmentId, windowMinutes, window = 'trailing', rules }) =>
    rules.map(({ value: threshold, ...rule }) => ({ ...rule, segmentId, threshold, windowMinutes, window })),
  );
  return { items, version };
}
