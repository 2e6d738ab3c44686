/** Requests that lead to each answer of the document, whatever the operation: over a socket as without one. */
import type { Log } from '../../../shared/log/log.ts';
import { storedSegment, storeRules } from '../_segments.ts';
import { addressOf, type Ask, type Operation, requestOf } from './_document.ts';

export interface Gateways {
  /** To whoever reaches it. */
  readonly open: Ask;
  /** To those who show a key. */
  readonly keyed: Ask;
  /** A header with a key of this role. */
  readonly keyOf: (role: string) => Readonly<Record<string, string>>;
}
type Provoke = (operation: Operation) => Promise<Response>;

/** By status. */
export function provokedBy({ open, keyed, keyOf }: Gateways): Readonly<Record<number, Provoke>> {
  return {
    400: (operation) => open(`${addressOf(operation)}?colour=red`, requestOf(operation)),
    401: (operation) => keyed(addressOf(operation), requestOf(operation)),
    403: (operation) => keyed(addressOf(operation), withHeaders(operation, keyOf('read'))),
    404: (operation) => open(addressOf(operation, idsOf(operation, 'nobody-has-it')), requestOf(operation)),
    412: (operation) => open(addressOf(operation), withHeaders(operation, { 'if-match': '"1000"' })),
    413: (operation) => open(addressOf(operation), { ...requestOf(operation), body: ' '.repeat(300_000) }),
    414: (operation) => open(`${addressOf(operation)}?${'x'.repeat(20_000)}`, requestOf(operation)),
    415: (operation) => open(addressOf(operation), withHeaders(operation, { 'content-type': 'text/plain' })),
    422: (operation) => open(addressOf(operation), { ...requestOf(operation), body: '{}' }),
  };
}

/** Those that need more than what the operation is called: by operation and status. */
export function provokedOtherwise(open: Ask, log: Log): Readonly<Record<string, Provoke>> {
  return {
    'POST /api/v1/segments 200': (operation) => open(`${addressOf(operation)}?dryRun`, requestOf(operation)),
    'PUT /api/v1/segments/{id} 201': (operation) => open(addressOf(operation, { id: 'new' }), requestOf(operation)),
    'POST /api/v1/segments 409': (operation) => {
      const body = JSON.stringify({ ...Object(operation.body?.example), id: 'big-spenders' });
      return open(addressOf(operation), { ...requestOf(operation), body });
    },
    'DELETE /api/v1/segments/{id} 409': async (operation) => {
      const derived = storedSegment({ id: 'derived', type: 'DERIVED', rules: [], baseSegmentIds: ['big-spenders'] });
      await storeRules(log, { version: 2, segments: [storedSegment(), derived] });
      return open(addressOf(operation), requestOf(operation));
    },
    // The second letter is that of a sink.
    'POST /api/v1/dead-letters/{seq}/redrive 409': (operation) =>
      open(addressOf(operation, { seq: '2' }), requestOf(operation)),
  };
}

export function withHeaders(operation: Operation, headers: Readonly<Record<string, string>>): RequestInit {
  const request = requestOf(operation);
  return { ...request, headers: { ...request.headers, ...headers } };
}

function idsOf({ parameters }: Operation, text: string): Record<string, string> {
  return Object.fromEntries(parameters.filter((one) => one.in === 'path').map(({ name }) => [name, text]));
}
