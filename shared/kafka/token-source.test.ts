/** Tokens from a token server over HTTP, with a clock of our own. Invariants: see token-source.ts. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OAuthLogin } from '../config/kafka-settings.ts';
import { createTokenSource, KafkaLoginError } from './token-source.ts';

const SECRET = 's3cret: of+its own';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

let server: Server;
let requests: { request: IncomingMessage; body: string }[] = [];
let answer: Answer;
let nowMs = 0;

const token = (lifeSeconds: unknown, value: unknown = `token-${requests.length}`): Answer => ({
  status: 200,
  body: JSON.stringify({ access_token: value, expires_in: lifeSeconds }),
});

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests.push({ request, body });
    const { status, body: text, headers } = answer.body === 'next' ? token(300) : answer;
    response.writeHead(status, headers).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => void server.close());

beforeEach(() => {
  requests = [];
  nowMs = 1_000_000;
  answer = { status: 200, body: 'next' };
});

describe('a token', () => {
  it('is asked for as RFC 6749 says: credentials in the header, encoded', async () => {
    const source = createTokenSource(login({ scope: 'kafka.read kafka.write' }), () => nowMs);
    expect(await source.token()).toBe('token-1');
    const [{ request, body } = { request: undefined, body: '' }] = requests;
    expect(request?.method).toBe('POST');
    expect(body).toBe('grant_type=client_credentials&scope=kafka.read+kafka.write');
    const given = atob(request?.headers.authorization?.slice('Basic '.length) ?? '');
    expect(given.split(':').map(decodeURIComponent)).toEqual(['a client', SECRET]);
  });

  it('is used again until a minute before it expires (1)', async () => {
    const source = createTokenSource(login(), () => nowMs);
    await source.token();
    nowMs += 239_999;
    expect(await source.token()).toBe('token-1');
    nowMs += 1;
    expect(await source.token()).toBe('token-2');
  });

  it('of a short life is used for half of it (1)', async () => {
    answer = token(30, 'short');
    const source = createTokenSource(login(), () => nowMs);
    await source.token();
    nowMs += 14_999;
    await source.token();
    expect(requests).toHaveLength(1);
    nowMs += 1;
    await source.token();
    expect(requests).toHaveLength(2);
  });

  it('without a life is not used again', async () => {
    answer = token(undefined, 'unknown');
    const source = createTokenSource(login(), () => nowMs);
    await source.token();
    await source.token();
    expect(requests).toHaveLength(2);
  });

  it('is asked for once by all who need it at a time (1)', async () => {
    const source = createTokenSource(login(), () => nowMs);
    expect(await Promise.all([source.token(), source.token(), source.token()])).toEqual(Array(3).fill('token-1'));
  });

  it('that the broker refused is asked for anew', async () => {
    const source = createTokenSource(login(), () => nowMs);
    await source.token();
    source.forget();
    expect(await source.token()).toBe('token-2');
  });

  it('is asked for anew after a failure', async () => {
    const source = createTokenSource(login(), () => nowMs);
    answer = { status: 503, body: '' };
    await expect(source.token()).rejects.toThrow('503');
    answer = token(300, 'at last');
    expect(await source.token()).toBe('at last');
  });
});

describe('an error', () => {
  const cases: readonly (readonly [string, Answer, RegExp, boolean])[] = [
    [
      'a refusal',
      { status: 401, body: '{"error":"invalid_client"}' },
      /\(401, invalid_client\): check KAFKA_OAUTH_CLIENT_ID/,
      false,
    ],
    [
      'a refusal that repeats the secret',
      { status: 400, body: JSON.stringify({ error: 'x', error_description: `no ${SECRET}` }) },
      /x: no \[redacted\]/,
      false,
    ],
    ['a refusal without words', { status: 403, body: '<html>' }, /\(403, no reason given\)/, false],
    ['a server that is not well', { status: 500, body: '' }, /500/, true],
    ['a server that is asked too often', { status: 429, body: '' }, /429/, true],
    ['an answer that is no JSON', { status: 200, body: 'hello' }, /holds no access_token/, false],
    ['an answer that is no object', { status: 200, body: '"t"' }, /holds no access_token/, false],
    ['a token that is no text', { status: 200, body: '{"access_token":7}' }, /holds no access_token/, false],
    [
      'a redirect, which could lead anywhere',
      { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } },
      /Cannot get a token/,
      true,
    ],
  ];

  it.each(cases)('says what to check: %s (2)', async (_, given, words, isRetriable) => {
    answer = given;
    const error: unknown = await createTokenSource(login())
      .token()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KafkaLoginError);
    expect(String(error)).toMatch(words);
    expect(String(error)).not.toContain(SECRET);
    expect(error).toMatchObject({ code: 'kafka-login', retriable: isRetriable });
  });

  it('says who does not answer', async () => {
    const gone = createTokenSource({ ...login(), tokenUrl: 'http://127.0.0.1:1/token' });
    await expect(gone.token()).rejects.toThrow('from "127.0.0.1:1": check KAFKA_OAUTH_TOKEN_URL');
  });
});

function login(more: Partial<OAuthLogin> = {}): OAuthLogin {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    mechanism: 'oauthbearer',
    tokenUrl: `http://127.0.0.1:${port}/token`,
    clientId: 'a client',
    clientSecret: { kind: 'text', secret: SECRET },
    scope: undefined,
    ...more,
  };
}
