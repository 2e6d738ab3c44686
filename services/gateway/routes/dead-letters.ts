/** /api/v1/dead-letters: what could not be used, newest first, from stream `DLQ`; and putting records back into Kafka. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { RedriveResult } from '../../../shared/dead-letters/redrive.ts';
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { DLQ, dlqSubject, topicTokens } from '../../../shared/log/names.ts';
import { access } from '../auth/role.ts';
import { chooseLetters } from '../dead-letters/choose-letters.ts';
import { NotRedrivenError, type Redrive, type RedriveChoice } from '../dead-letters/redriver.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathPlace, placeOf, queryId } from '../http/ids.ts';
import { JSON_BODY } from '../http/json-body.ts';
import { DEFAULT_LIMIT, Instant, Limit, linked, pageAnswers, Place, placeAnswer, requireSpan } from '../http/paging.ts';
import { notFound, ProblemError, unavailable } from '../http/problem.ts';
import { answers, DryRunQuery, isDryRun, strictQuery, WRITE_PROBLEMS } from '../http/route.ts';
import {
  type DeadLetter,
  DeadLetterPage,
  RedriveBody,
  Redriven,
  type RedriveResultItem,
  WholeDeadLetter,
} from '../schemas/dead-letters.ts';
import { deadLetter, wholeDeadLetter } from '../views/dead-letter.ts';
import { messageAt } from '../views/message-at.ts';
import { newestMessages } from '../views/newest-messages.ts';

const TAGS = ['left out'];

const LetterQuery = strictQuery({
  topic: queryId('Only records of this topic', 'orders'),
  reason: queryId('Only letters for this reason', 'bad-amount'),
  kind: z
    .enum(['record', 'sink', 'unknown'])
    .optional()
    .openapi({ description: 'record: of Kafka; sink: values that a store did not take', example: 'record' }),
  from: Instant('Only letters stored at or after this time'),
  to: Instant('Only letters stored before this time'),
  limit: Limit,
  cursor: Place,
});

const list = createRoute({
  method: 'get',
  path: '/api/v1/dead-letters',
  tags: TAGS,
  summary: 'What could not be used, newest first: records of Kafka, and values that a store did not take',
  description: 'A request reads 20,000 letters at most: where few are wanted a page may be short and have a next one.',
  request: { query: LetterQuery },
  responses: pageAnswers(DeadLetterPage, 'A page of dead letters, without their payloads'),
});

const one = createRoute({
  method: 'get',
  path: '/api/v1/dead-letters/{seq}',
  tags: TAGS,
  summary: 'One dead letter whole: payload, key, headers, the reason and what to do',
  request: { params: z.object({ seq: pathPlace() }), query: strictQuery({}) },
  responses: answers(WholeDeadLetter, 'The letter'),
});

const Force = z
  .enum(['', 'true', 'false'], { error: 'Expected true, false or nothing' })
  .optional()
  .openapi({ description: 'Also if it would be a dead letter again', example: 'false' });

const redriveOne = createRoute({
  method: 'post',
  path: '/api/v1/dead-letters/{seq}/redrive',
  tags: TAGS,
  ...access('admin'),
  summary: 'Put one record back into Kafka, with its key, headers and timestamp, once; and take its letter out',
  request: { params: z.object({ seq: pathPlace() }), query: strictQuery({ ...DryRunQuery.shape, force: Force }) },
  responses: {
    ...answers(Redriven, 'What became of it; of an interrupted redrive, that was finished too'),
    409: WRITE_PROBLEMS[409],
  },
});

const redriveMany = createRoute({
  method: 'post',
  path: '/api/v1/dead-letters/redrive',
  tags: TAGS,
  ...access('admin'),
  summary: 'Put records of a topic back into Kafka, the oldest first; ?dryRun says what would become of them',
  middleware: JSON_BODY,
  request: {
    query: DryRunQuery,
    body: { content: { 'application/json': { schema: RedriveBody } }, required: true },
  },
  responses: {
    ...answers(Redriven, 'What became of each. Letters that are kept stay in the list'),
    409: WRITE_PROBLEMS[409],
    413: WRITE_PROBLEMS[413],
    415: WRITE_PROBLEMS[415],
    422: WRITE_PROBLEMS[422],
  },
});

/** Registered before the letters: none is `redrive`. */
export function redriveRoutes(app: OpenAPIHono, { log, redrive }: GatewayDependencies): void {
  app.openapi(redriveMany, async (c) => {
    const { topic, reason, cursor, limit = DEFAULT_LIMIT, force = false, toTopic, ...span } = c.req.valid('json');
    requireSpan(span.from, span.to);
    const [from, to] = [span.from, span.to].map((time) => (time === undefined ? undefined : Date.parse(time)));
    const { seqs, next } = await chooseLetters(log, { topic, reason, from, to }, Number(cursor ?? 0), limit);
    const dryRun = isDryRun(c.req.valid('query'));
    const filter = `${dlqSubject(topic, '').slice(0, -1)}*`;
    const results = seqs.length === 0 ? [] : await run(redrive, { filter, seqs, dryRun, force, toTopic });
    return c.json({ ...redriven(results, dryRun), ...(next !== undefined && { next_cursor: String(next) }) }, 200);
  });
}

export function deadLetterRoutes(app: OpenAPIHono, { log, redrive }: GatewayDependencies): void {
  app.openapi(redriveOne, async (c) => {
    const query = c.req.valid('query');
    const { subject, seq } = await requireLetter(log, c.req.valid('param').seq);
    const [dryRun, force] = [isDryRun(query), isDryRun({ dryRun: query.force })];
    const results = await run(redrive, { filter: subject, seqs: [seq], dryRun, force });
    const kept = results.find((result) => result.seq === seq && result.status === 'kept');
    if (kept && !dryRun) throw new ProblemError('conflict', `The letter is kept: ${kept.why ?? 'see the dry run'}`);
    return c.json(redriven(results, dryRun), 200);
  });
  app.openapi(list, async (c) => {
    const { cursor, limit = DEFAULT_LIMIT, ...filter } = c.req.valid('query');
    requireSpan(filter.from, filter.to);
    return c.json(linked(c, placeAnswer(await page(log, filter, cursor, limit))), 200);
  });
  app.openapi(one, async (c) => {
    const message = await findLetter(log, c.req.valid('param').seq);
    return c.json(wholeDeadLetter(message), 200);
  });
}

type Filter = Omit<z.output<typeof LetterQuery>, 'cursor' | 'limit'>;

function page(log: Log, { from, to, ...filter }: Filter, before: number | undefined, limit: number) {
  const until = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to);
  return newestMessages(log, {
    ...{ stream: DLQ, before, limit },
    since: from === undefined ? undefined : Date.parse(from),
    accept: (message) => (message.timeMs < until && mayFit(message, filter) ? fitting(message, filter) : undefined),
  });
}

/** By the subject alone: reading a letter costs more, and most may be others. */
function mayFit({ subject }: StoredMessage, { topic, reason }: Filter): boolean {
  return (
    (topic === undefined || subject.startsWith(`dlq.${topicTokens(topic)}.`)) &&
    (reason === undefined || subject.endsWith(`.${reason}`))
  );
}

function fitting(message: StoredMessage, { topic, kind }: Filter): DeadLetter | undefined {
  const letter = deadLetter(message);
  const fits = (topic === undefined || letter.record?.topic === topic) && (kind === undefined || letter.kind === kind);
  return fits ? letter : undefined;
}

async function findLetter(log: Log, seq: string): Promise<StoredMessage> {
  const message = await messageAt(log, DLQ, placeOf(seq));
  if (!message) throw notFound(`There is no dead letter ${seq}: it was put back, or is older than 30 days`);
  return message;
}

/** A letter that can be put back, if its record is good today. */
async function requireLetter(log: Log, seq: string): Promise<StoredMessage> {
  const message = await findLetter(log, seq);
  const { kind, redrivable, advice } = deadLetter(message);
  if (!redrivable) throw new ProblemError('conflict', `A letter of kind "${kind}" is not put back: ${advice}`);
  return message;
}

async function run(redrive: Redrive, choice: RedriveChoice): Promise<readonly RedriveResult[]> {
  try {
    return await redrive(choice);
  } catch (error) {
    if (!(error instanceof NotRedrivenError)) throw error;
    throw error.kind === 'busy' ? new ProblemError('conflict', error.message) : unavailable(error.message);
  }
}

function redriven(results: readonly RedriveResult[], dryRun: boolean): Omit<Redriven, 'next_cursor'> {
  const kept = results.filter(({ status }) => status === 'kept').length;
  return { dry_run: dryRun, sent: results.length - kept, kept, results: results.map(resultItem) };
}

function resultItem({ seq, status, from, to, why, outlook }: RedriveResult): RedriveResultItem {
  return {
    seq,
    status,
    ...(from && { from: { ...from } }),
    ...(to && { to: { ...to } }),
    ...(why !== undefined && { why }),
    ...(outlook && { outcome: outlook.outcome, lines: [...outlook.lines] }),
  };
}
