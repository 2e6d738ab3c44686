/** /api/v1/topology: what the mesh is made of and how it is joined; /topology: the same as a picture. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Log, StreamState } from '../../../shared/log/log.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { unavailable } from '../http/problem.ts';
import { answers, strictQuery } from '../http/route.ts';
import { Topology } from '../schemas/topology.ts';
import { RESULT_PARTS } from '../stream/result-types.ts';
import { topologyPage } from '../topology/picture.ts';
import { isNoStream } from '../views/optional-bucket.ts';
import { readMembers } from '../views/members.ts';
import { streamsOf, topology } from '../views/topology.ts';

/** The page has no script and loads nothing but itself. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SHOWN = [...new Set(RESULT_PARTS.map(({ bucket }) => bucket))];

const graph = createRoute({
  method: 'get',
  path: '/api/v1/topology',
  tags: ['mesh'],
  summary: 'Topics, processes, streams, stages and buckets, and how data goes between them; a picture is at /topology',
  request: { query: strictQuery({}) },
  responses: answers(Topology, 'Nodes, with lag and watermarks, and edges, from what the members say of themselves'),
});

export function topologyRoutes(app: OpenAPIHono, dependencies: GatewayDependencies): void {
  app.openapi(graph, async (c) => c.json(await readTopology(dependencies), 200, { 'cache-control': 'no-store' }));
  app.get('/topology', async (c) => {
    if (!dependencies.connected()) throw unavailable('NATS is away: the gateway reconnects by itself, try again');
    const page = topologyPage(await readTopology(dependencies));
    return c.html(page, 200, { 'content-security-policy': POLICY, 'cache-control': 'no-store' });
  });
}

async function readTopology({ log, routes, now }: GatewayDependencies): Promise<Topology> {
  const [members, active] = await Promise.all([readMembers(log), routes()]);
  const records = members.map(({ record }) => record);
  const names = streamsOf(records, active);
  const states = await Promise.all(names.map(async (name) => [name, await stateOf(log, name)] as const));
  const streams = new Map(states.flatMap(([name, state]) => (state ? [[name, state] as const] : [])));
  return topology({ records, routes: active, streams, shown: SHOWN, nowMs: now() });
}

/** undefined: it was never made. */
async function stateOf(log: Log, stream: string): Promise<StreamState | undefined> {
  try {
    return await log.state(stream);
  } catch (error) {
    if (isNoStream(error)) return undefined;
    throw error;
  }
}
