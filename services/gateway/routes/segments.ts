/** /api/v1/segments: the rules API. A change is a message in the log of events, in force at one place in their order. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { PARTITION_COUNT } from '../../../shared/events/partition.ts';
import { formatTime } from '../../../shared/event-time/time-text.ts';
import type { SegmentDefinition, SegmentRuleSet } from '../../../shared/segments/rule-set.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId } from '../http/ids.ts';
import { JSON_BODY } from '../http/json-body.ts';
import { entityTag, IfMatch, IfNoneMatch } from '../http/preconditions.ts';
import { unavailable } from '../http/problem.ts';
import { answers, DryRunQuery, isDryRun, strictQuery, WRITE_PROBLEMS } from '../http/route.ts';
import {
  type ChangedSegment,
  ChangedSegment as ChangedSegmentSchema,
  DeletedSegment,
  type DryRunResult as DryRunAnswer,
  DryRunResult,
  type Segment,
  SegmentBody,
  SegmentId,
  SegmentList,
  Segment as SegmentSchema,
} from '../schemas/segments.ts';
import { type DryRun, dryRun } from '../segments/dry-run.ts';
import { type Edited, createSegment, deleteSegment, putSegment, requireSegment } from '../segments/edit-rule-set.ts';
import { partitionsInForce, rulesOfSegments, SEGMENTS } from '../segments/rules-of-segments.ts';
import { readIfThere } from '../views/optional-bucket.ts';

const PATH = '/api/v1/segments';
const TAGS = ['segments'];
const Id = pathId('id', "The segment's id", 'big-spenders');
const NewId = SegmentId.openapi({ param: { name: 'id', in: 'path' }, example: 'big-spenders' });
const body = { content: { 'application/json': { schema: SegmentBody } }, required: true };
const ETAG = { description: 'Its revision, for If-Match', schema: { type: 'string', example: '"12"' } } as const;
const LOCATION = { description: 'Where it is', schema: { type: 'string', example: `${PATH}/big-spenders` } } as const;
const created = {
  description: 'Created',
  headers: { ETag: { ...ETAG, required: true }, Location: { ...LOCATION, required: true } },
  content: { 'application/json': { schema: ChangedSegmentSchema } },
};
/** It has no conditions. */
const { 412: _unconditional, ...POST_PROBLEMS } = WRITE_PROBLEMS;

const changedOrCounted = z.union([ChangedSegmentSchema, DryRunResult]);

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
  request: { query: DryRunQuery, body },
  responses: { ...answers(DryRunResult, 'With dryRun: who would be in it'), ...POST_PROBLEMS, 201: created },
});

const { 200: replaced, ...putProblems } = answers(changedOrCounted, 'Replaced; with dryRun: who would be in it');

const put = createRoute({
  method: 'put',
  path: `${PATH}/{id}`,
  tags: TAGS,
  summary: 'Replace a segment, or make one with this id',
  middleware: JSON_BODY,
  request: {
    params: z.object({ id: NewId }),
    query: DryRunQuery,
    headers: z.object({ 'if-match': IfMatch, 'if-none-match': IfNoneMatch }),
    body,
  },
  responses: {
    ...putProblems,
    ...WRITE_PROBLEMS,
    200: {
      ...replaced,
      headers: { ETag: { ...ETAG, description: `${ETAG.description}; of a dry run there is none` } },
    },
    201: created,
  },
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
  const tryOut = oneAtATime(async (decide: (set: SegmentRuleSet) => Edited): Promise<DryRunAnswer> => {
    const { set, result } = decide((await rules.current()).set);
    const counted = await readIfThere(log, SEGMENTS, () => dryRun(log, set, result.segment.id));
    if (counted.kind === 'no-bucket') throw unavailable('The segments service has not been started on this mesh yet');
    return dryRunAnswer(result.segment, counted.value);
  });

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
    const decide = (set: SegmentRuleSet) => createSegment(set, c.req.valid('json'), { conditions: {}, at: at() });
    if (isDryRun(c.req.valid('query'))) return c.json(await tryOut(decide), 200);
    const { result, seq } = await rules.change(decide);
    return c.json(changed(result.segment, seq), 201, writeHeaders(result.segment, true));
  });
  app.openapi(put, async (c) => {
    const edit = { conditions: c.req.valid('header'), at: at() };
    const decide = (set: SegmentRuleSet) => putSegment(set, c.req.valid('param').id, c.req.valid('json'), edit);
    if (isDryRun(c.req.valid('query'))) return c.json(await tryOut(decide), 200);
    const { result, seq } = await rules.change(decide);
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

/** It holds the events of a partition in memory. */
function oneAtATime<A, R>(work: (argument: A) => Promise<R>): (argument: A) => Promise<R> {
  let isBusy = false;
  return async (argument) => {
    if (isBusy) throw unavailable('Another dry run is being counted: try again when it is done');
    isBusy = true;
    try {
      return await work(argument);
    } finally {
      isBusy = false;
    }
  };
}

function dryRunAnswer(segment: SegmentDefinition, { asOf, now, inLastHour, ...rest }: DryRun): DryRunAnswer {
  const { status: _, ...definition } = stamped(segment);
  const as_of = asOf === undefined ? null : formatTime(asOf);
  return { dry_run: true, segment: definition, as_of, qualified: now, qualified_last_hour: inLastHour, ...rest };
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
