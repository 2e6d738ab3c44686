/** /api/v1/status: the state of the mesh, read from its members' heartbeats at every request. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { bucketStream, keySubject, MEMBERS } from '../../../shared/log/names.ts';
import type { MemberRecord } from '../../../shared/runtime/status.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { answers, strictQuery } from '../http/route.ts';
import { MeshStatus } from '../schemas/status.ts';
import { type Member, meshStatus } from '../views/mesh-status.ts';

const status = createRoute({
  method: 'get',
  path: '/api/v1/status',
  tags: ['mesh'],
  summary: 'Workers, partitions and their owners, positions, watermarks and lag; the alarms first',
  request: { query: strictQuery({}) },
  responses: answers(MeshStatus, 'The mesh as its members see it. 200 also when it is not healthy'),
});

export function statusRoutes(app: OpenAPIHono, { log, now }: GatewayDependencies): void {
  app.openapi(status, async (c) => {
    const messages = await log.lastOfEach(bucketStream(MEMBERS), [keySubject(MEMBERS, '>')]);
    const members = messages
      .filter((message) => !isDeleteMarker(message))
      .map((message): Member => {
        return { record: JSON.parse(entryText(message)) as MemberRecord, heartbeatMs: message.timeMs };
      });
    return c.json(meshStatus(members, now()), 200, { 'cache-control': 'no-store' });
  });
}
