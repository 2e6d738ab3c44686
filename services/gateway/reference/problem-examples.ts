/** What errors look like, by status: for the document. Titles and codes are those of http/problem.ts. */
import type { z } from '@hono/zod-openapi';
import { CODES, type Problem, type ProblemCode } from '../http/problem.ts';

/** Of codes with one status, the one that most routes answer with. */
const DETAILS: Partial<Readonly<Record<ProblemCode, string>>> = {
  'invalid-parameter': '"limit": Expected a number from 1 to 1000',
  unauthorized: 'This needs a key or a token: send it as X-API-Key, or as Authorization: Bearer',
  forbidden: 'This needs the role "admin"; "shop" has the role "read"',
  'not-found': 'Nothing is known of a customer "43"',
  conflict: 'A segment "big-spenders" is there already: change it by PUT, or choose another id',
  'precondition-failed': 'If-Match "12" does not hold: it is at "13"; read it again and repeat',
  'body-too-large': 'The body is larger than 262144 bytes',
  'uri-too-long': 'Cannot take an address that long: 16384 bytes are the limit',
  'unsupported-media-type': 'Send the body with Content-Type: application/json',
  'invalid-body': '"rules[0].value": Expected a number',
  misdirected: 'Cannot answer under this name: ask for localhost, or name it in WEIR_GATEWAY_NAMES',
  'too-many-requests': 'This client may make 100 requests a second: go on after 1 s',
  internal: 'An unexpected error: see the log under this request id',
  unavailable: 'No sales yet: is the sales service running, and are orders coming in? See /api/v1/status',
  timeout: 'No answer within 10 s: try again, or ask for less',
};
const FAULTS: Partial<Readonly<Record<ProblemCode, z.infer<typeof Problem>['errors']>>> = {
  'invalid-parameter': [{ parameter: 'limit', detail: 'Expected a number from 1 to 1000' }],
  'invalid-body': [{ field: 'rules[0].value', detail: 'Expected a number' }],
};
const CODE_NAMES = Object.keys(DETAILS) as ProblemCode[];

/** undefined: no problem has this status. */
export function problemExample(status: number, path: string): z.infer<typeof Problem> | undefined {
  const code = CODE_NAMES.find((name) => CODES[name].status === status);
  if (code === undefined) return undefined;
  const errors = FAULTS[code];
  return {
    type: 'about:blank',
    title: CODES[code].title,
    status,
    code,
    detail: DETAILS[code] ?? CODES[code].title,
    instance: path,
    request_id: '3f0e4a52-6b1d-4c6e-9a57-0d2f8c1b7e44',
    ...(errors && { errors }),
  };
}
