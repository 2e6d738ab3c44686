/** Who is in which segment: one user's document, and the users of a segment page by page. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import type { Log } from '../../../shared/log/log.ts';
import { bucketStream } from '../../../shared/log/names.ts';
import { readEntry, TO_SHOW } from '../../../shared/store/entry.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId } from '../http/ids.ts';
import { jsonAnswer } from '../http/json-answer.ts';
import { DEFAULT_LIMIT, linked, pageAnswers, StreamPageQuery } from '../http/paging.ts';
import { notFound, unavailable } from '../http/problem.ts';
import { answers, strictQuery } from '../http/route.ts';
import { SegmentMember, SegmentMemberPage, UserSegments } from '../schemas/segments.ts';
import { requireSegment } from '../segments/edit-rule-set.ts';
import { rulesOfSegments, SEGMENTS } from '../segments/rules-of-segments.ts';
import { readIfThere } from '../views/optional-bucket.ts';
import { storedEntries } from '../views/stored-entries.ts';

const ofUser = createRoute({
  method: 'get',
  path: '/api/v1/users/{id}/segments',
  tags: ['segments'],
  summary: 'The segments of one user, as of the last change within the hour',
  request: {
    params: z.object({ id: pathId('id', "The user's id, as in Kafka", 'user_001') }),
    query: strictQuery({}),
  },
  responses: answers(UserSegments, 'All segments, those included that the user is not in'),
});

const users = createRoute({
  method: 'get',
  path: '/api/v1/segments/{id}/users',
  tags: ['segments'],
  summary: 'The users who are in a segment, in the order in which they joined',
  request: { params: z.object({ id: pathId('id', "The segment's id", 'big-spenders') }), query: StreamPageQuery },
  responses: pageAnswers(SegmentMemberPage, 'A page of users. Who leaves and joins between two pages may come again'),
});

type Member = z.infer<typeof SegmentMember>;
type MemberPage = z.infer<typeof SegmentMemberPage>;

export function segmentUserRoutes(app: OpenAPIHono, { log }: GatewayDependencies): void {
  const rules = rulesOfSegments(log);
  app.openapi(ofUser, async (c) => {
    const { id } = c.req.valid('param');
    const key = `${partitionName(partitionOf(id))}.user.${encodeId(id)}`;
    const read = await readIfThere(log, SEGMENTS, () => readEntry<unknown>(log, SEGMENTS, key, TO_SHOW));
    if (read.kind === 'no-bucket') throw notStarted();
    if (read.value === undefined) throw notFound(`Nothing of user "${id}" changed within the hour`);
    return jsonAnswer(c, UserSegments.parse(read.value));
  });
  app.openapi(users, async (c) => {
    const { limit = DEFAULT_LIMIT, cursor = 0 } = c.req.valid('query');
    const { id } = requireSegment((await rules.current()).set, c.req.valid('param').id);
    const page = await readIfThere(log, SEGMENTS, () => readMembers(log, id, cursor, limit));
    if (page.kind === 'no-bucket') throw notStarted();
    return c.json(linked(c, page.value), 200);
  });
}

async function readMembers(log: Log, segment: string, after: number, limit: number): Promise<MemberPage> {
  const items: Member[] = [];
  const reading = storedEntries(log, { bucket: SEGMENTS, keys: [`*.member.${encodeId(segment)}.*`], after });
  for (let last = after; ; ) {
    const { done, value } = await reading.next();
    if (done) return value ? { items } : cutShort(log, items, last, after);
    items.push(SegmentMember.parse(JSON.parse(value.text)));
    last = value.seq;
    if (items.length < limit) continue;
    await reading.return(false);
    return value.more ? { items, next_cursor: String(last) } : { items };
  }
}

/** The time was over before the end was reached: there may be more, or what there was behind the cursor is gone. */
async function cutShort(log: Log, items: Member[], last: number, after: number): Promise<MemberPage> {
  if (items.length > 0) return { items, next_cursor: String(last) };
  await log.state(bucketStream(SEGMENTS)); // throws while NATS is away
  if (after === 0) throw unavailable('The store of the segments did not answer in time: try again');
  return { items };
}

function notStarted() {
  return unavailable('The segments service has not been started on this mesh yet');
}
