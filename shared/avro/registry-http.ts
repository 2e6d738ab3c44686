/**
 * Requests to a schema registry over HTTP, and one total classification of the answers.
 *
 * TLS is fetch's own; a private CA is named by NODE_EXTRA_CA_CERTS (Node, Bun) or DENO_CERT.
 * Invariants (tested in registry-http.test.ts):
 * 1. Only an answer that is a registry's own (JSON with its error_code) is a refusal; a proxy's 404 is an unavailable
 *    registry, for a wrong URL must not dead-letter records.
 * 2. User, password, and anything before `@` in an URL are in no error.
 * 3. With several URLs, a request fails only when every one of them has failed.
 */
import { quoted } from './avro-error.ts';
import { RegistryRefusedError, RegistryUnavailableError } from './registry-errors.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface RegistryConnection {
  /** One or several, separated by commas; they may have a path, and `user:password@`. */
  readonly urls: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** For one request; 5 s by default. */
  readonly timeoutMs?: number;
  readonly fetch?: Fetch;
  readonly now?: () => number;
}

interface Endpoint {
  readonly base: string;
  readonly authorization: string | undefined;
}

const TIMEOUT_MS = 5_000;
const FIRST_REST_MS = 250;
const LONGEST_REST_MS = 5_000;
const LONGEST_RETRY_AFTER_MS = 60_000;
const JSON_TYPE = 'application/vnd.schemaregistry.v1+json';

export class RegistryHttp {
  readonly #endpoints: readonly Endpoint[];
  readonly #timeoutMs: number;
  readonly #fetch: Fetch;
  readonly #now: () => number;
  /** The endpoint that answered last. */
  #current = 0;
  /** Requests in a row that failed at every endpoint. */
  #failures = 0;

  constructor({
    urls,
    user,
    password,
    timeoutMs = TIMEOUT_MS,
    fetch = globalThis.fetch,
    now = Date.now,
  }: RegistryConnection) {
    this.#endpoints = urls.split(',').map((url) => endpoint(url.trim(), user, password));
    this.#timeoutMs = timeoutMs;
    this.#fetch = fetch;
    this.#now = now;
  }

  /** The JSON of a good answer. Throws RegistryRefusedError or RegistryUnavailableError. */
  async request(path: string, body?: unknown): Promise<unknown> {
    let failure: Failure | undefined;
    for (let tried = 0; tried < this.#endpoints.length; tried++) {
      const at = (this.#current + tried) % this.#endpoints.length;
      const outcome = await this.#ask(this.#endpoints[at]!, path, body);
      if (outcome.kind === 'failed') {
        failure = outcome;
        continue;
      }
      this.#current = at;
      this.#failures = 0;
      if (outcome.kind === 'refused') throw outcome.error;
      return outcome.json;
    }
    throw this.#unavailable(failure);
  }

  #unavailable(failure: Failure | undefined): RegistryUnavailableError {
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** this.#failures++);
    const notBeforeMs = this.#now() + Math.max(restMs, failure?.retryAfterMs ?? 0);
    return new RegistryUnavailableError(failure?.message ?? 'Cannot ask the schema registry', notBeforeMs, {
      cause: failure?.cause,
    });
  }

  async #ask(to: Endpoint, path: string, body: unknown): Promise<Outcome> {
    const asking = `Cannot ask the schema registry for ${to.base}${path}`;
    try {
      const response = await this.#fetch(`${to.base}${path}`, this.#init(to, body));
      return classify(response, await response.text(), asking, this.#now());
    } catch (cause) {
      return { kind: 'failed', message: `${asking}: ${reason(cause)}; is it running and reachable?`, cause };
    }
  }

  #init({ authorization }: Endpoint, body: unknown): RequestInit {
    return {
      method: body === undefined ? 'GET' : 'POST',
      signal: AbortSignal.timeout(this.#timeoutMs),
      headers: {
        accept: `${JSON_TYPE}, application/json`,
        ...(body !== undefined && { 'content-type': JSON_TYPE }),
        ...(authorization !== undefined && { authorization }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }
}

interface Failure {
  readonly kind: 'failed';
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}
type Outcome =
  | Failure
  | { readonly kind: 'refused'; readonly error: RegistryRefusedError }
  | { readonly kind: 'answered'; readonly json: unknown };

function classify(response: Response, text: string, asking: string, nowMs: number): Outcome {
  const { status } = response;
  const answer = parsed(text);
  const said = answer === undefined ? '' : ` (${quoted(answer.message ?? answer)})`;
  if (status >= 200 && status < 300) {
    if (answer !== undefined) return { kind: 'answered', json: answer };
    return { kind: 'failed', message: `${asking}: the answer is no JSON; is this the URL of a schema registry?` };
  }
  if (status === 401 || status === 403)
    return { kind: 'failed', message: `${asking}: ${status}${said}; check the registry's user and password` };
  if (status === 408 || status === 429 || status >= 500)
    return { kind: 'failed', message: `${asking}: ${status}${said}`, retryAfterMs: retryAfterMs(response, nowMs) };
  const errorCode = answer?.error_code;
  // 404 alone is what a server says of a path it does not know; a registry's own codes have five digits.
  if (typeof errorCode === 'number' && (errorCode >= 10_000 || errorCode === 409 || errorCode === 422))
    return { kind: 'refused', error: new RegistryRefusedError(errorCode, `${asking}: ${errorCode}${said}`) };
  return { kind: 'failed', message: `${asking}: ${status}${said}; is this the URL of a schema registry?` };
}

/** fetch says "fetch failed", and why only in its cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || reason(error.cause.cause) : error.message;
}

/** Retry-After is seconds or a date. */
function retryAfterMs(response: Response, nowMs: number): number | undefined {
  const text = response.headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS) : undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Credentials move from the URL to a header: fetch refuses such URLs, and its error would quote them. */
function endpoint(text: string, user: string | undefined, password: string | undefined): Endpoint {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new TypeError(
      'Cannot use a schema registry URL: expected http://host:port or https://host; check SCHEMA_REGISTRY_URL',
    );
  const name = user ?? decodeURIComponent(url.username);
  const secret = password ?? decodeURIComponent(url.password);
  const authorization =
    name === '' && secret === '' ? undefined : `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
  return { base: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, authorization };
}
