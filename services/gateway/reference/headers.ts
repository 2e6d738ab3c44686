/**
 * Tells of the headers that answers have by their status alone: what a route says of its own stays (Link, Location).
 *
 * Invariant (contract/contract.test.ts): every answer has those that are required here, and no other that says something.
 */
import type { Access } from '../auth/role.ts';
import type { OpenApiDocument } from './page.ts';

interface Header {
  readonly description: string;
  readonly required?: boolean;
  readonly schema: { readonly type: 'string'; readonly example: string };
}
type Headers = Readonly<Record<string, Header>>;
interface Answer {
  headers?: Headers;
  readonly content?: Readonly<Record<string, unknown>>;
}
interface Operation {
  readonly responses?: Readonly<Record<string, Answer>>;
  readonly 'x-role'?: Access;
}
interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Place {
  readonly method: string;
  readonly status: number;
  readonly isOpen: boolean;
  readonly type: string | undefined;
}

const header = (description: string, example: string, required = false): Header => ({
  description,
  ...(required && { required }),
  schema: { type: 'string', example },
});

const REQUEST_ID = header('The one that was sent, else a new one; the log has it too', '3f0e4a52-6b1d-4c6e', true);
const ETAG = header('For If-None-Match: 304 while it is the same', 'W/"2jmj7l5rSw0yVb"', true);
const REVISION = header('The revision there is, for If-Match', '"12"');
const CHALLENGE = 'How to show who asks, and what was wrong (RFC 6750)';
const RATE = 'What is left, where limits are on (draft-ietf-httpapi-ratelimit-headers-11)';
const POLICY = 'The limit, where there is one';

/** A copy with headers. */
export function withHeaders(document: OpenApiDocument): OpenApiDocument {
  const copy = JSON.parse(JSON.stringify(document)) as OpenApiDocument & Document; // the library has `any` for answers
  const { paths = {} }: Document = copy;
  for (const methods of Object.values(paths))
    for (const [method, { responses = {}, 'x-role': role }] of Object.entries(methods))
      for (const [status, answer] of Object.entries(responses)) {
        const [type] = Object.keys(answer.content ?? {});
        const place = { method, status: Number(status), isOpen: role === 'open', type };
        answer.headers = { ...headersAt(place), ...answer.headers };
      }
  return copy;
}

function headersAt({ method, status, isOpen, type }: Place): Headers {
  const isProblem = type === 'application/problem+json';
  return {
    'X-Request-Id': REQUEST_ID,
    ...(method === 'get' && status === 200 && type === 'application/json' && { ETag: ETAG }),
    ...(status === 412 && { ETag: REVISION }),
    ...((status === 401 || status === 403) && {
      'WWW-Authenticate': header(CHALLENGE, 'Bearer realm="weir"', status === 401),
    }),
    ...(isProblem && [429, 503, 504].includes(status) && { 'Retry-After': header('Seconds', '2', true) }),
    ...(!isOpen && {
      RateLimit: header(RATE, '"reads";r=9999;t=1', status === 429),
      'RateLimit-Policy': header(POLICY, '"reads";q=10000;w=10', status === 429),
    }),
  };
}
