/**
 * A client of the gateway for TypeScript: hono/client with the types of every route, on any runtime that has fetch.
 * It imports no part of the gateway but types.
 *
 *   const weir = createClient('http://127.0.0.1:8080', { apiKey });
 *   const answer = await weir.api.v1.customers[':id'].$get({ param: { id: '42' } });
 *   if (answer.ok) console.log((await answer.json()).rfm?.segment);
 *
 * Invariants (create-client.test.ts):
 * 1. An id is one part of a path, whatever characters it has.
 * 2. What is not in the OpenAPI document does not compile: a path, a parameter, a member of an answer.
 */
import type { Hono } from 'hono';
import { hc } from 'hono/client';
import type { BlankEnv } from 'hono/types';
import type { Api } from './api-types.ts';

export interface ClientOptions {
  /** Of `npm run gateway -- key`; sent as X-API-Key. */
  readonly apiKey?: string | undefined;
  /** A JWT; sent as `Authorization: Bearer`. A function is asked before each request. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
}

export type WeirClient = ReturnType<typeof hc<Hono<BlankEnv, Api, '/'>>>;

export function createClient(url: string, options: ClientOptions = {}): WeirClient {
  const { apiKey, token, headers = {}, fetch } = options;
  const client = hc<Hono<BlankEnv, Api, '/'>>(url, {
    ...(fetch && { fetch }),
    headers: async () => ({
      ...headers,
      ...(apiKey !== undefined && { 'X-API-Key': apiKey }),
      ...(token !== undefined && { Authorization: `Bearer ${typeof token === 'function' ? await token() : token}` }),
    }),
  });
  return encodingIds(client);
}

/** hono/client puts ids into the path as they are. */
function encodingIds<T extends object>(client: T): T {
  return new Proxy(client, {
    get(target, name, receiver) {
      const part: unknown = Reflect.get(target, name, receiver);
      return typeof part === 'function' ? encodingIds(part) : part;
    },
    apply(target, self, [input, ...rest]: unknown[]) {
      if (typeof target !== 'function') throw new TypeError('Cannot call what is no route');
      return Reflect.apply(target, self, [withEncodedIds(input), ...rest]);
    },
  });
}

function withEncodedIds(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('param' in input)) return input;
  const encoded = Object.entries(Object(input.param)).map(([name, id]) => [name, encodeId(String(id))]);
  return { ...input, param: Object.fromEntries(encoded) };
}

function encodeId(id: string): string {
  if (id === '' || id === '.' || id === '..')
    throw new RangeError(`Cannot ask for the id "${id}": no URL can name it, and nothing has it`);
  return encodeURIComponent(id);
}
