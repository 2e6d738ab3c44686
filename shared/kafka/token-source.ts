/**
 * Tokens of an OAuth 2 server for this client (client credentials, RFC 6749 section 4.4), fetched when they are needed.
 *
 * 1. A token is used again until shortly before it expires; askers at the same time share one request.
 * 2. Nothing that an error or a log line shows holds the secret or a token.
 */
import type { OAuthLogin } from '../config/kafka-settings.ts';
import { readSecret } from '../config/secret.ts';

/** A login with Kafka failed before Kafka was asked, or was refused by it. kafkajs tries again what is `retriable`. */
export class KafkaLoginError extends Error {
  readonly code = 'kafka-login';
  readonly retriable: boolean;

  constructor(message: string, retriable: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.retriable = retriable;
  }
}

export interface TokenSource {
  token(): Promise<string>;
  /** The broker has refused it: ask for another next time. */
  forget(): void;
}

interface Token {
  readonly value: string;
  readonly freshUntilMs: number;
}

const TIMEOUT_MS = 10_000;
/** Left of a token's life when it is replaced: the broker's clock is another. */
const MARGIN_MS = 60_000;
const MAX_SHOWN = 200;

/** `now` is for tests. */
export function createTokenSource(login: OAuthLogin, now: () => number = Date.now): TokenSource {
  let current: Token | undefined;
  let asking: Promise<Token> | undefined;
  const ask = async (): Promise<Token> => {
    try {
      current = await requestToken(login, now);
      return current;
    } finally {
      asking = undefined;
    }
  };
  return {
    async token() {
      if (current && now() < current.freshUntilMs) return current.value;
      asking ??= ask();
      return (await asking).value;
    },
    forget() {
      current = undefined;
    },
  };
}

async function requestToken(login: OAuthLogin, now: () => number): Promise<Token> {
  const secret = await readSecret(login.clientSecret);
  const askedAt = now();
  const response = await send(login, secret);
  const body = await readJson(response);
  if (!response.ok) throw refused(response, describeRefusal(body).replaceAll(secret, '[redacted]'));
  const { access_token: value, expires_in: lifetime } = body;
  if (typeof value !== 'string' || value === '') throw refused(response, 'its answer holds no access_token');
  const lifeMs = Number(lifetime) * 1000;
  // Without a lifetime it is not known how long it may be used again: not at all.
  const freshMs = Number.isFinite(lifeMs) ? Math.max(lifeMs - MARGIN_MS, lifeMs / 2) : 0;
  return { value, freshUntilMs: askedAt + freshMs };
}

async function send(login: OAuthLogin, secret: string): Promise<Response> {
  const { tokenUrl, clientId, scope } = login;
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    accept: 'application/json',
  };
  try {
    // A redirect could lead to a host that must not see the secret.
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return await fetch(tokenUrl, { method: 'POST', headers, body, redirect: 'error', signal });
  } catch (error) {
    const host = new URL(tokenUrl).host;
    throw new KafkaLoginError(
      `Cannot get a token for Kafka from "${host}": check KAFKA_OAUTH_TOKEN_URL, and that it answers`,
      true,
      error,
    );
  }
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text().catch(() => '');
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

function describeRefusal({ error, error_description: description }: Record<string, unknown>): string {
  const words = [error, description].filter((part) => typeof part === 'string');
  return words.join(': ').slice(0, MAX_SHOWN) || 'no reason given';
}

function refused(response: Response, why: string): KafkaLoginError {
  const advice = 'check KAFKA_OAUTH_CLIENT_ID, KAFKA_OAUTH_CLIENT_SECRET and KAFKA_OAUTH_SCOPE';
  const message = `Cannot get a token for Kafka from "${new URL(response.url).host}" (${response.status}, ${why}): ${advice}`;
  return new KafkaLoginError(message, response.status >= 500 || response.status === 429);
}
