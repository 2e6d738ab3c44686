import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import {
  CLAIMS,
  type Issuer,
  keySetText,
  makeIssuerKey,
  NOW_MS,
  NOW_S,
  RULES,
  signToken,
  startIssuer,
} from './_issuer.ts';
import { type ApiKey, byDigest, digestOf } from './api-key.ts';
import { Authenticator } from './authenticator.ts';
import { KeySet } from './key-set.ts';
import type { Verdict } from './role.ts';

const KEY = 'weir_0123456789';
const es256 = makeIssuerKey('ES256', 'one');
let issuer: Issuer;
let keys: ApiKey[];
let nowMs: number;
let keySet: KeySet;
let who: Authenticator;

beforeAll(async () => {
  issuer = await startIssuer([es256]);
});
afterAll(() => issuer[Symbol.asyncDispose]());
beforeEach(() => {
  nowMs = NOW_MS;
  issuer.asked = 0;
  issuer.answer = { status: 200, body: keySetText([es256.jwk]) };
  keys = [{ name: 'ci', role: 'write', sha256: digestOf(KEY), expiresMs: NOW_MS + 1_000 }];
  keySet = new KeySet({ url: issuer.url, logger: createLogger('test', 'error', () => {}), now: () => nowMs });
  who = new Authenticator({ keys: () => byDigest(keys), tokens: { keySet, rules: RULES }, now: () => nowMs });
});

function ask(headers: Record<string, string>): Promise<Verdict> {
  return Promise.resolve(who.authenticate((name) => headers[name]));
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const CI = { kind: 'known', principal: { name: 'ci', role: 'write' } };
const ADA = { kind: 'known', principal: { name: 'ada', role: 'read' } };

describe('a key', () => {
  it('is taken in either header, until it expires or is taken out of the file', async () => {
    expect(await ask({ 'x-api-key': KEY })).toEqual(CI);
    expect(await ask(bearer(KEY))).toEqual(CI);
    expect(await ask({ authorization: `bearer   ${KEY} ` })).toEqual(CI);
    nowMs += 1_000;
    expect(await ask({ 'x-api-key': KEY })).toEqual({ kind: 'refused', reason: 'this key has expired' });
    nowMs -= 1_000;
    keys = [];
    expect(await ask({ 'x-api-key': KEY })).toEqual({ kind: 'refused', reason: 'this key is not known' });
  });

  it('is nothing else than itself', async () => {
    const digest = digestOf(KEY);
    for (const other of ['', ' ', `${KEY}x`, KEY.slice(1), KEY.toUpperCase(), digest, 'x'.repeat(100_000), '\u0000'])
      for (const headers of [{ 'x-api-key': other }, bearer(other)])
        expect([other, (await ask(headers)).kind]).toEqual([other, 'refused']);
    for (const authorization of ['', 'Bearer', 'Bearer ', KEY, `Basic ${KEY}`, `Bearer ${KEY} x`, `Bearer\t${KEY}`])
      expect([authorization, (await ask({ authorization })).kind]).toEqual([authorization, 'refused']);
  });

  it('is not even looked for when it is too long', async () => {
    const long = 'x'.repeat(8 * 1024 + 1);
    keys = [long, long.slice(1)].map((key, n) => ({ name: `k${n}`, role: 'read', sha256: digestOf(key) }));
    expect((await ask({ 'x-api-key': long })).kind).toBe('refused');
    expect((await ask({ 'x-api-key': long.slice(1) })).kind).toBe('known');
  });

  it('must come alone', async () => {
    expect(await ask({})).toEqual({ kind: 'nobody' });
    expect((await ask({ 'x-api-key': KEY, ...bearer(KEY) })).kind).toBe('refused');
  });
});

describe('a token', () => {
  it('is verified once a minute, however often it comes', async () => {
    const token = bearer(signToken(es256, { ...CLAIMS, exp: NOW_S + 3_600 }));
    expect(await ask(token)).toEqual(ADA);
    expect(who.authenticate((name) => token[name as 'authorization'])).toEqual(ADA); // no promise: not verified again
    nowMs += 60_000;
    expect(who.authenticate((name) => token[name as 'authorization'])).toBeInstanceOf(Promise);
  });

  it('is not remembered beyond its own time, nor beyond the keys of its issuer', async () => {
    const short = bearer(signToken(es256, { ...CLAIMS, exp: NOW_S + 5 }));
    expect(await ask(short)).toEqual(ADA);
    nowMs += 35_000;
    expect((await ask(short)).kind).toBe('refused');
    const long = bearer(signToken(es256, { ...CLAIMS, exp: NOW_S + 3_600 }));
    expect(await ask(long)).toEqual(ADA);
    issuer.answer.body = keySetText([makeIssuerKey('ES256', 'two').jwk]);
    nowMs += 59_000;
    await keySet.refresh();
    expect((await ask(long)).kind).toBe('refused');
  });

  it('that was refused is looked at anew, and cannot be judged before the keys were read', async () => {
    issuer.answer.status = 500;
    const token = bearer(signToken(es256));
    expect((await ask(token)).kind).toBe('unavailable');
    issuer.answer.status = 200;
    nowMs += 5_000;
    expect(await ask(token)).toEqual(ADA);
  });

  it('is not taken when no issuer is set', async () => {
    who = new Authenticator({ keys: () => byDigest(keys), now: () => nowMs });
    expect(await ask(bearer(signToken(es256)))).toEqual({ kind: 'refused', reason: 'this key is not known' });
    expect(issuer.asked).toBe(0);
  });
});
