import { createHmac, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import {
  ALGS,
  CLAIMS,
  encodePart,
  type Issuer,
  type IssuerKey,
  type Json,
  keySetText,
  makeIssuerKey,
  NOW_MS,
  NOW_S,
  RULES,
  signToken,
  startIssuer,
} from './_issuer.ts';
import { type TokenRules, verifyToken } from './jwt.ts';
import { KeySet } from './key-set.ts';

let issuer: Issuer;
let keys: KeySet;
let rsa: IssuerKey;
const own = new Map(ALGS.map((alg) => [alg, makeIssuerKey(alg, `key-${alg}`)]));

beforeAll(async () => {
  rsa = keyOf('RS256');
  issuer = await startIssuer([...own.values()]);
  keys = new KeySet({ url: issuer.url, logger: createLogger('test', 'error', () => {}), now: () => NOW_MS });
});
afterAll(() => issuer[Symbol.asyncDispose]());

function keyOf(alg: (typeof ALGS)[number]): IssuerKey {
  const key = own.get(alg);
  if (!key) throw new Error(`No key for ${alg}`);
  return key;
}

/** The role, or why it was refused. */
async function judge(token: string, rules: Partial<TokenRules> = {}, keySet = keys): Promise<string> {
  const { verdict } = await verifyToken(token, keySet, { ...RULES, ...rules }, NOW_MS);
  return verdict.kind === 'known' ? `${verdict.principal.name}: ${verdict.principal.role}` : JSON.stringify(verdict);
}

async function setOf(...jwks: readonly Json[]): Promise<{ keySet: KeySet; end: () => PromiseLike<void> }> {
  const other = await startIssuer([]);
  other.answer = { status: 200, body: keySetText(jwks) };
  const logger = createLogger('test', 'error', () => {});
  return {
    keySet: new KeySet({ url: other.url, logger, now: () => NOW_MS }),
    end: () => other[Symbol.asyncDispose](),
  };
}

describe('a token', () => {
  it('is taken with each algorithm', async () => {
    for (const key of own.values()) expect([key.alg, await judge(signToken(key))]).toEqual([key.alg, 'ada: read']);
  });

  it('is not taken with one changed byte of any part', async () => {
    for (const key of own.values()) {
      const parts = signToken(key).split('.');
      for (const at of [0, 1, 2]) {
        const bytes = Buffer.from(parts[at] ?? '', 'base64url');
        bytes[bytes.length >> 1]! ^= 1;
        const broken = parts.with(at, bytes.toString('base64url')).join('.');
        expect([key.alg, at, await judge(broken)]).toEqual([key.alg, at, expect.stringContaining('refused')]);
      }
    }
  });

  it('cannot choose how it is checked', async () => {
    const body = encodePart(CLAIMS);
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const hmac = (alg: string, secret: string | Buffer) => {
      const signed = `${encodePart({ alg, kid: 'key-RS256', typ: 'JWT' })}.${body}`;
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    };
    const { n } = rsa.publicKey.export({ format: 'jwk' });
    const hostile = [
      ...['none', 'None', 'NONE', ''].flatMap((alg) => [
        `${encodePart({ alg, kid: 'key-RS256' })}.${body}.x`,
        `${encodePart({ alg, kid: 'key-RS256' })}.${body}.`,
      ]),
      hmac('HS256', pem),
      hmac('HS256', Buffer.from(n ?? '', 'base64url')),
      hmac('RS256', pem),
      signToken(rsa, CLAIMS, { alg: 'PS256' }),
      signToken(rsa, CLAIMS, { alg: 'RS512' }),
      signToken(rsa, CLAIMS, { alg: 'constructor' }),
      signToken(rsa, CLAIMS, { alg: ['RS256'] }),
      signToken(keyOf('PS256'), CLAIMS, { alg: 'RS256' }),
      signToken(keyOf('ES256'), CLAIMS, { kid: 'key-EdDSA' }),
    ];
    for (const token of hostile) expect(await judge(token)).toContain('refused');
  });

  it('cannot bring its own key, or ask for what is not understood', async () => {
    const stranger = makeIssuerKey('RS256', 'stranger');
    for (const header of [
      { kid: 'stranger', jwk: stranger.jwk },
      { kid: 'key-RS256', jwk: stranger.jwk },
      { kid: '../../key', jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/cert' },
      { kid: '' },
    ])
      expect(await judge(signToken(stranger, CLAIMS, header))).toContain('refused');
    for (const header of [{ crit: ['exp'] }, { crit: [] }, { typ: 'dpop+jwt' }, { typ: 7 }, { kid: 7 }, { kid: null }])
      expect(await judge(signToken(rsa, CLAIMS, header))).toContain('not understood');
    expect(await judge(signToken(rsa, CLAIMS, { typ: 'at+jwt' }))).toBe('ada: read');
  });

  it('is refused when it is garbage', async () => {
    const part = encodePart({ alg: 'RS256', kid: 'key-RS256' });
    for (const text of [
      '',
      '.',
      '..',
      'a.b',
      'a.b.c',
      `${part}.${part}`,
      `${part}..`,
      `${part}.!!.x`,
      `${part}.e30.x.y`,
    ])
      expect([text, await judge(text)]).toEqual([text, expect.stringContaining('refused')]);
    for (const claims of ['[]', 'null', '"x"', '1', '{', '{}'])
      expect([claims, await judge(signToken(rsa, claims))]).toEqual([claims, expect.stringContaining('refused')]);
    for (const header of ['[]', 'null', '"RS256"'])
      expect(await judge(`${encodePart(header)}.${encodePart(CLAIMS)}.x`)).toContain('no token');
  });

  it('must be of the issuer, for this audience, and within its time', async () => {
    const cases: readonly (readonly [Json, string])[] = [
      [{ iss: 'https://issuer.example/' }, 'another issuer'],
      [{ iss: undefined }, 'another issuer'],
      [{ iss: [RULES.issuer] }, 'another issuer'],
      [{ aud: 'other' }, 'another audience'],
      [{ aud: undefined }, 'another audience'],
      [{ aud: ['other', 'weir2'] }, 'another audience'],
      [{ aud: ['other', 'weir'] }, 'ada: read'],
      [{ exp: undefined }, 'does not say when'],
      [{ exp: `${NOW_S + 60}` }, 'does not say when'],
      [{ exp: NOW_S - 29 }, 'ada: read'],
      [{ exp: NOW_S - 30 }, 'has expired'],
      [{ exp: -1 }, 'has expired'],
      [{ nbf: NOW_S + 30 }, 'ada: read'],
      [{ nbf: NOW_S + 31 }, 'not valid yet'],
      [{ nbf: 'x' }, 'not valid yet'],
    ];
    for (const [change, expected] of cases)
      expect([change, await judge(signToken(rsa, { ...CLAIMS, ...change }))]).toEqual([
        change,
        expect.stringContaining(expected),
      ]);
  });

  it('has the highest role that its claim names', async () => {
    const cases: readonly (readonly [Json, Partial<TokenRules>, string])[] = [
      [{ roles: ['read', 'admin', 'write'] }, {}, 'ada: admin'],
      [{ roles: 'openid write read' }, {}, 'ada: write'],
      [{ roles: ['weir:write', 'admin'] }, { rolePrefix: 'weir:' }, 'ada: write'],
      [{ scope: 'weir:read' }, { roleClaim: 'scope', rolePrefix: 'weir:' }, 'ada: read'],
      [{ realm_access: { roles: ['admin'] } }, { roleClaim: 'realm_access.roles' }, 'ada: admin'],
      [{ 'https://x.y/roles': ['write'] }, { roleClaim: 'https://x.y/roles' }, 'ada: write'],
      [{ roles: ['administrator', 'Read', 'READ'] }, {}, 'names none'],
      [{ roles: [['read']] }, {}, 'names none'],
      [{ roles: { read: true } }, {}, 'names none'],
      [{ roles: undefined }, {}, 'names none'],
      [{}, { roleClaim: '__proto__.x' }, 'names none'],
      [{ sub: undefined, client_id: 'robot' }, {}, 'robot: read'],
      [{ sub: 'x'.repeat(5_000) }, {}, `${'x'.repeat(200)}: read`],
    ];
    for (const [change, rules, expected] of cases)
      expect([change, await judge(signToken(rsa, { ...CLAIMS, ...change }), rules)]).toEqual([
        change,
        expect.stringContaining(expected),
      ]);
  });
});

describe('a key of the set', () => {
  it('is used for what it is for: signatures, its algorithm, its curve, and 2048 bits or more', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const shortKey: IssuerKey = {
      alg: 'RS256',
      ...short,
      jwk: { ...short.publicKey.export({ format: 'jwk' }), kid: 's' },
    };
    const { alg: _alg, use: _use, ...bare } = rsa.jwk;
    for (const [key, jwk, expected] of [
      [rsa, bare, 'ada: read'],
      [rsa, { ...bare, key_ops: ['verify'] }, 'ada: read'],
      [rsa, { ...bare, use: 'enc' }, 'refused'],
      [rsa, { ...bare, key_ops: ['encrypt'] }, 'refused'],
      [rsa, { ...bare, alg: 'PS256' }, 'refused'],
      [rsa, { ...bare, kty: 'oct', k: 'AAAA' }, 'refused'],
      [rsa, { ...bare, n: 'AAAA' }, 'refused'],
      [rsa, { ...bare, e: undefined }, 'refused'],
      [shortKey, shortKey.jwk, 'refused'],
      [keyOf('ES256'), { ...keyOf('ES256').jwk, crv: 'P-384' }, 'refused'],
    ] as const) {
      const { keySet, end } = await setOf(jwk);
      expect([jwk, await judge(signToken(key), {}, keySet)]).toEqual([jwk, expect.stringContaining(expected)]);
      await end();
    }
  });

  it('needs no kid in the token when only one fits', async () => {
    const [first, other] = [rsa, keyOf('ES256')].map(({ jwk: { alg: _alg, ...jwk } }) => jwk);
    const one = await setOf(first ?? {}, other ?? {});
    expect(await judge(signToken(rsa, CLAIMS, { kid: undefined }), {}, one.keySet)).toBe('ada: read');
    await one.end();
    const two = await setOf(rsa.jwk, makeIssuerKey('RS256', 'second').jwk);
    expect(await judge(signToken(rsa, CLAIMS, { kid: undefined }), {}, two.keySet)).toContain('refused');
    await two.end();
  });
});
