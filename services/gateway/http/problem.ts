/**
 * Errors on the wire: application/problem+json (RFC 9457), every one of them, with a `code` for programs.
 *
 * Invariants (gateway.test.ts, openapi.test.ts):
 * 1. Every answer with a status of 400 or above is a Problem.
 * 2. Nothing of an unexpected error reaches the client but the request id under which it is logged.
 */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { LogUnavailableError } from '../../../shared/log/log.ts';
import { isNoStream } from '../views/optional-bucket.ts';

export const CODES = {
  'invalid-parameter': { status: 400, title: 'A parameter cannot be used' },
  'malformed-body': { status: 400, title: 'The body is not JSON' },
  'bad-request': { status: 400, title: 'This is not HTTP as it is understood here' },
  unauthorized: { status: 401, title: 'It is not known who asks' },
  forbidden: { status: 403, title: 'Who asks may not do this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This resource does not take that method' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  conflict: { status: 409, title: 'It does not fit what there is' },
  'precondition-failed': { status: 412, title: 'It has changed since it was read' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'invalid-body': { status: 422, title: 'The body cannot be used' },
  misdirected: { status: 421, title: 'The gateway does not answer under this name' },
  'too-many-requests': { status: 429, title: 'This client asks too much' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'The gateway failed' },
  unavailable: { status: 503, title: 'The answer is not available now' },
  timeout: { status: 504, title: 'The answer took too long' },
} as const;

/** A path is repeated in the answer, but not a hostile one of many kilobytes. */
const MAX_INSTANCE = 200;
/** A "%" that encodes nothing, which an address may not have. */
const NO_CODE = /%(?![0-9A-Fa-f]{2})/g;

export type ProblemCode = keyof typeof CODES;
const CODE_NAMES = Object.keys(CODES) as ProblemCode[];

const Fault = z.object({
  parameter: z.string().optional().openapi({ description: 'Of the query, the path or the headers', example: 'limit' }),
  field: z.string().optional().openapi({ description: 'Of the body; empty: all of it', example: 'rules[0].operator' }),
  detail: z.string().openapi({ example: 'Expected a number from 1 to 1000' }),
});
/** What is wrong with one parameter, or with one field of the body. */
export type Fault = z.infer<typeof Fault>;

export const Problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(CODE_NAMES),
    detail: z.string(),
    instance: z.string().openapi({ description: 'Path of the request, as it was encoded; cut when it is long' }),
    request_id: z.string().openapi({ description: 'Also in the X-Request-Id header and in the log of the gateway' }),
    errors: z.array(Fault).optional(),
  })
  .openapi('Problem', { description: 'RFC 9457 problem details' });

/** Thrown by handlers; turned into an answer by problemAnswer, in one place. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly Fault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: readonly Fault[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.code = code;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

export function notFound(detail: string): ProblemError {
  return new ProblemError('not-found', detail);
}

/** Something that passes by itself: the client may try again in a few seconds. */
export function unavailable(detail: string): ProblemError {
  return new ProblemError('unavailable', detail, { headers: { 'retry-after': '2' } });
}

/** What an error is for the client. The one place where this is decided; undefined: a fault of ours. */
export function toProblem(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (error instanceof LogUnavailableError || isNoResponder(error))
    return unavailable('NATS does not answer: try again in a moment');
  if (isNoStream(error))
    return unavailable('The service behind this has not been started on this mesh yet: it has no bucket');
  return undefined;
}

/** A direct read that no server took: its stream is electing a leader, or is not there. */
function isNoResponder(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 503;
}

export function problemAnswer(c: Context, problem: ProblemError): Response {
  const { status, headers, body } = problemParts(
    problem,
    new URL(c.req.url).pathname,
    String(c.get('requestId') ?? ''),
  );
  return c.body(body, status, headers);
}

/** The answer where there is no Context: on a socket whose request could not be read. `path`: as it is encoded. */
export function problemParts(problem: ProblemError, path: string, requestId: string) {
  const { status, title } = CODES[problem.code];
  const body: z.infer<typeof Problem> = {
    type: 'about:blank',
    title,
    status,
    code: problem.code,
    detail: problem.message,
    instance: path.slice(0, MAX_INSTANCE).replaceAll(NO_CODE, '%25'),
    request_id: requestId,
    ...(problem.errors && { errors: [...problem.errors] }),
  };
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...problem.headers };
  return { status, headers, body: `${JSON.stringify(body)}\n` };
}
