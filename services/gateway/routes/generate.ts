/** /api/v1/events/generate: believable records for a topic of Kafka, to try the mesh with. */
import { randomInt } from 'node:crypto';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { type GenerateRequest, GenerateError, generateRecords } from '../../../shared/demo/generate.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { NotSentError } from '../generate/demo-sender.ts';
import { JSON_BODY } from '../http/json-body.ts';
import { unavailable } from '../http/problem.ts';
import { answers, DryRunQuery, invalidBody, isDryRun, WRITE_PROBLEMS } from '../http/route.ts';
import { GenerateBody, Generated } from '../schemas/generate.ts';

const PREVIEWED = 5;
const MOST_SEED = 2 ** 31;

const generate = createRoute({
  method: 'post',
  path: '/api/v1/events/generate',
  tags: ['events'],
  summary: 'Send believable records to a topic of Kafka, with times over the last five minutes',
  middleware: JSON_BODY,
  request: {
    query: DryRunQuery,
    body: { content: { 'application/json': { schema: GenerateBody } }, required: true },
  },
  responses: {
    ...answers(Generated, 'Sent; of a dry run: what would be sent'),
    413: WRITE_PROBLEMS[413],
    415: WRITE_PROBLEMS[415],
    422: WRITE_PROBLEMS[422],
  },
});

export function generateRoutes(app: OpenAPIHono, { sendDemo, now }: GatewayDependencies): void {
  app.openapi(generate, async (c) => {
    const { topic, count, userPrefix, seed = randomInt(MOST_SEED), dryRun } = c.req.valid('json');
    const records = make({ topic, count, userPrefix, seed, nowMs: now() });
    const preview = records.slice(0, PREVIEWED).map(({ key, value }) => ({ key, value }));
    const onlyTried = dryRun === true || isDryRun(c.req.valid('query'));
    if (!onlyTried) await send(sendDemo, records);
    return c.json({ topic, count, sent: onlyTried ? 0 : count, dry_run: onlyTried, seed, preview }, 200);
  });
}

function make(request: GenerateRequest): ReturnType<typeof generateRecords> {
  try {
    return generateRecords(request);
  } catch (error) {
    if (!(error instanceof GenerateError)) throw error;
    throw invalidBody([{ field: request.userPrefix === undefined ? '' : 'userPrefix', detail: error.message }]);
  }
}

async function send(sendDemo: GatewayDependencies['sendDemo'], records: ReturnType<typeof make>): Promise<void> {
  try {
    await sendDemo(records);
  } catch (error) {
    throw error instanceof NotSentError ? unavailable(`${error.message}; a part may have been sent`) : error;
  }
}
