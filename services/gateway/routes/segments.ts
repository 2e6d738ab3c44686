/** /api/v1/segments: the rules API. A change is a message in the log of events, in force at one place in their order. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { PARTITION_COUNT } from '../../../shared/events/partition.ts';
import { formatTime } from '../../../shared/event-time/time-text.ts';
import type { SegmentDefinition } from '../../../shared/segments/rule-set.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId } from '../http/ids.ts';
import { JSON_BODY } from '../http/json-body.ts';
import { entityTag, IfMatch, IfNoneMatch } from '../http/preconditions.ts';
import { answers, strictQuery, WRITE_PROBLEMS } from '../http/route.ts';
import {
  type ChangedSegment,
  ChangedSegment as ChangedSegmentSchema,
  DeletedSegment,
  type Segment,
  SegmentBody,
  SegmentId,
  SegmentList,
  Segment as SegmentSchema,
} from '../schemas/segments.ts';
import { createSegment, deleteSegment, putSegment, requireSegment } from '../segments/edit-rule-set.ts';
import { partitionsInForce, rulesOfSegments } from '../segments/rules-of-segments.ts';

const PATH = '/api/v1/segments';
const TAGS = ['segments'];
const Id = pathId('id', "The segment's id", 'big-spenders');
const NewId = SegmentId.openapi({ param: { name: 'id', in: 'path' }, example: 'big-spenders' });
const body = { content: { 'application/json': { schema: SegmentBody } }, required: true };
const created = { description: 'Created', content: { 'application/json': { schema: ChangedSegmentSchema } } };

const list = createRoute({
  method: 'get',
  path: PATH,
  tags: TAGS,
  summary: 'All segments',
  request: { query: strictQuery({}) },
  responses: answers(SegmentList, 'The segments'),
});

const get = createRoute({
  method: 'get',
  path: `${PATH}/{id}`,
  tags: TAGS,
  summary: 'A segment, and whether it is in force on all partitions',
  request: { params: z.object({ id: Id }), query: strictQuery({}) },
  responses: answers(SegmentSchema, 'The segment'),
});

const post = createRoute({
  method: 'post',
  path: PATH,
  tags: TAGS,
  summary: 'Make a segment',
  middleware: JSON_BODY,
  request: { query: strictQuery({}), body },
  responses: { ...answers(ChangedSegmentSchema, ''), ...WRITE_PROBLEMS, 201: created },
});

const put = createRoute({
  method: 'put',
  path: `${PATH}/{id}`,
  tags: TAGS,
  summary: 'Replace a segment, or make one with this id',
  middleware: JSON_BODY,
  request: {
    params: z.object({ id: NewId }),
    query: strictQuery({}),
    headers: z.object({ 'if-match': IfMatch, 'if-none-match': IfNoneMatch }),
    body,
  },
  responses: { ...answers(ChangedSegmentSchema, 'Replaced'), ...WRITE_PROBLEMS, 201: created },
});

const remove = createRoute({
  method: 'delete',
  path: `${PATH}/{id}`,
  tags: TAGS,
  summary: 'Delete a segment that none is derived from',
  request: { params: z.object({ id: Id }), query: strictQuery({}), headers: z.object({ 'if-match': IfMatch }) },
  responses: { ...answers(DeletedSegment, 'Deleted'), 409: WRITE_PROBLEMS[409], 412: WRITE_PROBLEMS[412] },
});

export function segmentRoutes(app: OpenAPIHono, { log, now }: GatewayDependencies): void {
  const rules = rulesOfSegments(log);
  const at = () => formatTime(now());

  app.openapi(list, async (c) => {
    const [{ set }, inForce] = await Promise.all([rules.current(), partitionsInForce(log)]);
    const segments = set.segments.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const items = segments.map((segment) => withStatus(segment, inForce(segment.revision)));
    return c.json({ items, version: set.version }, 200);
  });
  app.openapi(get, async (c) => {
    const [{ set }, inForce] = await Promise.all([rules.current(), partitionsInForce(log)]);
    const segment = requireSegment(set, c.req.valid('param').id);
    const partitions = inForce(segment.revision);
    const etag = entityTag(segment.revision, partitions < PARTITION_COUNT ? partitions : undefined);
    return c.json(withStatus(segment, partitions), 200, { etag });
  });
  app.openapi(post, async (c) => {
    const edit = { conditions: {}, at: at() };
    const { result, seq } = await rules.change((set) => createSegment(set, c.req.valid('json'), edit));
    return c.json(changed(result.segment, seq), 201, writeHeaders(result.segment, true));
  });
  app.openapi(put, async (c) => {
    const edit = { conditions: c.req.valid('header'), at: at() };
    const { id } = c.req.valid('param');
    const { result, seq } = await rules.change((set) => putSegment(set, id, c.req.valid('json'), edit));
    const { segment, isNew } = result;
    return c.json(changed(segment, seq), isNew ? 201 : 200, writeHeaders(segment, isNew));
  });
  app.openapi(remove, async (c) => {
    const edit = { conditions: c.req.valid('header'), at: at() };
    const { id } = c.req.valid('param');
    const { seq } = await rules.change((set) => deleteSegment(set, id, edit));
    return c.json({ id, deleted: true as const, effective_from: seq }, 200);
  });
}

function withStatus(segment: SegmentDefinition, partitions: number): Segment {
  const { status, ...definition } = stamped(segment);
  const inForce = { in_force: partitions === PARTITION_COUNT, partitions_in_force: partitions };
  return { ...definition, status: { ...status, ...inForce } };
}

function changed(segment: SegmentDefinition, seq: number): ChangedSegment {
  return { ...stamped(segment), effective_from: seq };
}

function stamped({ revision, createdAt, updatedAt, window = 'trailing', ...definition }: SegmentDefinition) {
  const status = { revision, created_at: createdAt, updated_at: updatedAt };
  return {
    ...definition,
    window,
    rules: [...definition.rules],
    baseSegmentIds: [...definition.baseSegmentIds],
    status,
  };
}

function writeHeaders({ id, revision }: SegmentDefinition, isNew: boolean): Record<string, string> {
  return { etag: entityTag(revision), ...(isNew && { location: `${PATH}/${id}` }) };
}
