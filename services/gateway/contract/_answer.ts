/**
 * Whether an answer is one that the document describes: status, media type, headers, and the body to its last member.
 *
 * Invariants (contract.test.ts):
 * 1. A status that the operation does not document is a fault, and so is a header that says something and is not documented.
 * 2. A problem says the status and the request id that the answer has, a code of that status, and the path that was asked.
 */
import { CODES, type ProblemCode } from '../http/problem.ts';
import type { Operation } from './_document.ts';
import { faultsOf, type Schemas } from './_json-schema.ts';

/** Those that say nothing of one resource: how it may be kept, shown and sent. */
const OF_EVERY_ANSWER: ReadonlySet<string> = new Set([
  ...['cache-control', 'connection', 'content-encoding', 'content-length', 'content-security-policy', 'content-type'],
  ...['cross-origin-opener-policy', 'cross-origin-resource-policy', 'date', 'keep-alive', 'permissions-policy'],
  ...['referrer-policy', 'transfer-encoding', 'vary', 'x-accel-buffering', 'x-content-type-options', 'x-frame-options'],
]);

/** The characters of a URI reference, and nothing half encoded (RFC 3986). */
const URI = /^\/(?:[\w\-.~!$&'()*+,;=:@/[\]|^]|%[0-9A-Fa-f]{2})*$/;

export interface Judged {
  readonly faults: readonly string[];
  /** JSON, or the first piece of a stream. */
  readonly body: unknown;
}

/** It takes the body. `status`: the one that was wanted. */
export async function judge(
  { key, responses }: Operation,
  response: Response,
  schemas: Schemas,
  status?: number,
): Promise<Judged> {
  const at = `${key} ${response.status}`;
  const body = await bodyOf(response);
  if (status !== undefined && response.status !== status)
    return { body, faults: [`${at}, not ${status}: ${JSON.stringify(body).slice(0, 300)}`] };
  const documented = responses[response.status];
  if (!documented) return { body, faults: [`${at} is not documented: ${JSON.stringify(body).slice(0, 300)}`] };
  const type = mediaType(response);
  const content = documented.content?.[type];
  const faults = [
    ...(content ? [] : [`is ${type}, not ${Object.keys(documented.content ?? {})}`]),
    ...(content?.schema ? faultsOf(content.schema, body, schemas) : []),
    ...headerFaults(response.headers, documented.headers ?? {}),
    ...(type === 'application/problem+json' ? problemFaults(response, body) : []),
  ];
  return { body, faults: faults.map((fault) => `${at}: ${fault}`) };
}

export function mediaType({ headers }: Response): string {
  return (headers.get('content-type') ?? 'nothing').split(';')[0] ?? '';
}

/** Of a stream, which has no end, the first piece. */
async function bodyOf(response: Response): Promise<unknown> {
  if (mediaType(response) !== 'text/event-stream') {
    const text = await response.text();
    return mediaType(response).endsWith('json') ? JSON.parse(text) : text;
  }
  const reader = response.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}

function headerFaults(headers: Headers, documented: Readonly<Record<string, { readonly required?: boolean }>>) {
  const names = new Set(Object.keys(documented).map((name) => name.toLowerCase()));
  return [
    ...Object.entries(documented)
      .filter(([name, { required }]) => required && !headers.get(name))
      .map(([name]) => `has no ${name}`),
    ...[...headers.keys()]
      .filter((name) => !names.has(name) && !OF_EVERY_ANSWER.has(name))
      .map((name) => `has ${name}, which is not documented`),
  ];
}

function problemFaults(response: Response, body: unknown): string[] {
  const { status, code, request_id, instance } = Object(body) as Record<string, unknown>;
  const isOfStatus = CODES[code as ProblemCode]?.status === response.status;
  const path = response.url
    ? new URL(response.url).pathname.slice(0, 200).replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25')
    : instance;
  return [
    ...(status === response.status ? [] : [`says status ${String(status)}`]),
    ...(isOfStatus ? [] : [`says code ${String(code)}`]),
    ...(request_id === response.headers.get('x-request-id') ? [] : ['says another request id']),
    ...(instance === path && URI.test(String(instance)) ? [] : [`says instance ${String(instance)}`]),
  ];
}
