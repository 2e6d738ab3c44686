/**
 * Who is asking: by `X-API-Key: …` or `Authorization: Bearer …`, the latter a key or a token.
 *
 * Invariants (authenticator.test.ts):
 * 1. What is too long, or shown twice, is refused before anything is computed of it.
 * 2. What a token was found to be holds for a minute at most, and not longer than the issuer's keys and the token itself.
 *    It is remembered by its digest, and for 1,000 tokens at most.
 */
import { type ApiKeys, digestOf, judgeKey } from './api-key.ts';
import { looksLikeToken, type TokenRules, verifyToken } from './jwt.ts';
import { type KeySet, NoKeysError } from './key-set.ts';
import { refused, type Verdict } from './role.ts';

/** Of a request; what Headers and Hono's `c.req` have. */
export type ReadHeader = (name: string) => string | undefined;

export interface AuthenticatorOptions {
  /** Those in force now. */
  readonly keys: () => ApiKeys;
  readonly tokens?: { readonly keySet: KeySet; readonly rules: TokenRules };
  /** Wall clock, ms. */
  readonly now: () => number;
}

interface Remembered {
  readonly verdict: Verdict;
  readonly untilMs: number;
  readonly generation: number;
}

const MAX_CHARACTERS = 8 * 1024;
const MAX_REMEMBERED = 1_000;
const REMEMBERED_MS = 60_000;

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #remembered = new Map<string, Remembered>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** A promise only where one is needed: most requests show a key, or a token that is known. */
  authenticate(header: ReadHeader): Verdict | Promise<Verdict> {
    const shown = credential(header);
    if (typeof shown !== 'string') return shown;
    const digest = digestOf(shown);
    const { keys, tokens, now } = this.#options;
    if (!tokens || !looksLikeToken(shown)) return judgeKey(keys().get(digest), now());
    const known = this.#remembered.get(digest);
    if (known && known.untilMs > now() && known.generation === tokens.keySet.generation) return known.verdict;
    return this.#verify(shown, digest, tokens);
  }

  async #verify(
    token: string,
    digest: string,
    { keySet, rules }: NonNullable<AuthenticatorOptions['tokens']>,
  ): Promise<Verdict> {
    const nowMs = this.#options.now();
    try {
      const { verdict, expiresMs } = await verifyToken(token, keySet, rules, nowMs);
      if (verdict.kind === 'known')
        this.#remember(digest, {
          verdict,
          untilMs: Math.min(expiresMs, nowMs + REMEMBERED_MS),
          generation: keySet.generation,
        });
      return verdict;
    } catch (error) {
      if (!(error instanceof NoKeysError)) throw error;
      return { kind: 'unavailable', reason: 'The keys of the issuer of tokens cannot be read now' };
    }
  }

  #remember(digest: string, found: Remembered): void {
    this.#remembered.delete(digest);
    this.#remembered.set(digest, found);
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}

/** The key or token that is shown. */
function credential(header: ReadHeader): string | Verdict {
  const key = header('x-api-key');
  const authorization = header('authorization');
  if (key === undefined && authorization === undefined) return { kind: 'nobody' };
  if (key !== undefined && authorization !== undefined)
    return refused('send either X-API-Key or Authorization, not both');
  const shown = key ?? bearer(authorization ?? '');
  if (shown === undefined) return refused('the Authorization must be "Bearer " and a key or token');
  if (shown === '' || shown.length > MAX_CHARACTERS) return refused('this is neither a key nor a token');
  return shown;
}

function bearer(authorization: string): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization.slice(0, MAX_CHARACTERS + 100))?.[1];
}
