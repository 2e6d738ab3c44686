/**
 * The issuer's keys, fetched from WEIR_JWKS_URL and kept.
 *
 * Invariants (key-set.test.ts):
 * 1. The URL is asked at most once a minute (every five seconds until it has answered for the first time), whatever
 *    tokens come; askers at the same time share one request.
 * 2. Keys stay in use while the URL is away. A key that the set no longer has is not used any more.
 * 3. A redirect is not followed, and of an answer no more than 256 KiB is read.
 */
import type { webcrypto } from 'node:crypto';
import { describeError, type Logger } from '../../../shared/telemetry/logger.ts';
import { type AlgorithmName, importKey, type Jwk, readKeySet, suits } from './jwk.ts';

export interface KeySetOptions {
  readonly url: string;
  readonly logger: Logger;
  /** Wall clock, ms. */
  readonly now: () => number;
}

/** The keys have never been read, so nothing can be said about a token. */
export class NoKeysError extends Error {
  readonly code = 'no-keys';
}

/** After this long the set is read again, in the background. */
const FRESH_MS = 600_000;
const PAUSE_MS = 60_000;
const FIRST_PAUSE_MS = 5_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;

export class KeySet {
  readonly #options: KeySetOptions;
  #keys: readonly Jwk[] | undefined;
  #imported = new Map<string, Promise<webcrypto.CryptoKey>>();
  #askedMs = Number.NEGATIVE_INFINITY;
  #readMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #generation = 0;

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** Grows when the keys are others: what was found out with the former ones is to be found out again. */
  get generation(): number {
    return this.#generation;
  }

  /** Undefined: the issuer has no such key. Throws NoKeysError. */
  async find(kid: string | undefined, algorithm: AlgorithmName): Promise<webcrypto.CryptoKey | undefined> {
    const known = this.#keys && this.#select(kid, algorithm);
    if (known === undefined) await this.refresh();
    else if (this.#options.now() - this.#readMs > FRESH_MS) void this.refresh();
    if (this.#keys === undefined) throw new NoKeysError('The keys of the issuer of tokens have not been read yet');
    const jwk = known ?? this.#select(kid, algorithm);
    return jwk && this.#import(jwk, algorithm);
  }

  /** Reads the set again, unless it was asked for a moment ago. Never throws. */
  refresh(): Promise<void> {
    const pauseMs = this.#keys === undefined ? FIRST_PAUSE_MS : PAUSE_MS;
    if (this.#asking === undefined && this.#options.now() - this.#askedMs >= pauseMs) {
      this.#askedMs = this.#options.now();
      this.#asking = this.#read().finally(() => {
        this.#asking = undefined;
      });
    }
    return this.#asking ?? Promise.resolve();
  }

  /** Without a `kid` in the token it must be clear which key is meant. */
  #select(kid: string | undefined, algorithm: AlgorithmName): Jwk | undefined {
    const fitting = (this.#keys ?? []).filter((jwk) => suits(jwk, algorithm) && (kid === undefined || jwk.kid === kid));
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  /** A key whose numbers are none is as good as absent. */
  #import(jwk: Jwk, algorithm: AlgorithmName): Promise<webcrypto.CryptoKey | undefined> {
    const name = `${algorithm} ${(this.#keys ?? []).indexOf(jwk)}`;
    const imported = this.#imported.get(name) ?? importKey(jwk, algorithm);
    this.#imported.set(name, imported);
    return imported.catch(() => undefined);
  }

  async #read(): Promise<void> {
    const { url, logger, now } = this.#options;
    try {
      const keys = await fetchKeys(url);
      if (JSON.stringify(keys) !== JSON.stringify(this.#keys)) {
        this.#generation++;
        this.#imported = new Map();
        this.#keys = keys;
        logger.info('Read the keys of the issuer of tokens', { from: new URL(url).host, count: keys.length });
      }
      this.#readMs = now();
    } catch (error) {
      const state = this.#keys === undefined ? 'tokens cannot be checked' : 'the former ones stay in use';
      logger.warn(`Cannot read the keys of the issuer of tokens: ${state}`, {
        from: new URL(url).host,
        reason: describeError(error),
      });
    }
  }
}

async function fetchKeys(url: string): Promise<readonly Jwk[]> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error', signal });
  if (!response.ok) throw new Error(`It answers ${response.status}`);
  const keys = readKeySet(JSON.parse(await readBounded(response)));
  if (keys === undefined) throw new Error('Its answer is no JSON Web Key Set');
  return keys;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`Its answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
