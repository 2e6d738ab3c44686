import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { type Issuer, keySetText, makeIssuerKey, startIssuer } from './_issuer.ts';
import { KeySet, NoKeysError } from './key-set.ts';

const first = makeIssuerKey('ES256', 'first');
const second = makeIssuerKey('ES256', 'second');
let issuer: Issuer;
let nowMs: number;
let keys: KeySet;
let lines: string[];

beforeEach(async () => {
  issuer = await startIssuer([first]);
  nowMs = 1_000_000;
  lines = [];
  const logger = createLogger('test', 'debug', (line) => lines.push(line));
  keys = new KeySet({ url: issuer.url, logger, now: () => nowMs });
});
afterEach(() => issuer[Symbol.asyncDispose]());

async function has(kid: string): Promise<boolean> {
  return (await keys.find(kid, 'ES256')) !== undefined;
}

it('is read once, by many askers at the same time', async () => {
  expect(await Promise.all(Array.from({ length: 50 }, () => has('first')))).toEqual(Array(50).fill(true));
  expect(issuer.asked).toBe(1);
});

it('is read again for a key that it does not have, once a minute at most', async () => {
  await has('first');
  issuer.answer.body = keySetText([first.jwk, second.jwk]);
  for (let n = 0; n < 20; n++) expect(await has(`made-up-${n}`)).toBe(false);
  expect(issuer.asked).toBe(1);
  nowMs += 60_000;
  expect(await has('second')).toBe(true);
  for (let n = 0; n < 20; n++) await has(`made-up-${n}`);
  expect(issuer.asked).toBe(2);
});

it('stays in use while the URL is away, in whatever way', async () => {
  await has('first');
  for (const answer of [
    { status: 500, body: 'x' },
    { status: 200, body: '<html>' },
    { status: 200, body: '{"keys":{}}' },
    { status: 200, body: `{"keys":["${'x'.repeat(300_000)}"]}` },
    { status: 302, body: '', headers: { location: '/elsewhere' } },
  ]) {
    issuer.answer = answer;
    nowMs += 61_000;
    await has('unknown');
    expect([answer.status, await has('first')]).toEqual([answer.status, true]);
  }
  expect(issuer.asked).toBe(6);
  await issuer[Symbol.asyncDispose]();
  nowMs += 86_400_000;
  expect(await has('first')).toBe(true);
  expect(lines.filter((line) => line.includes('WARN') && line.includes('stay in use'))).not.toHaveLength(0);
});

it('forgets a key that the issuer has taken back, after ten minutes', async () => {
  await has('first');
  const { generation } = keys;
  issuer.answer.body = keySetText([second.jwk]);
  nowMs += 600_001;
  await has('first'); // in the background
  await keys.refresh();
  expect([await has('first'), await has('second'), keys.generation > generation]).toEqual([false, true, true]);
});

it('says that nothing can be told before it was read, and is asked again within seconds', async () => {
  issuer.answer.status = 503;
  await expect(has('first')).rejects.toThrow(NoKeysError);
  await expect(has('first')).rejects.toThrow(NoKeysError);
  expect(issuer.asked).toBe(1);
  issuer.answer.status = 200;
  nowMs += 5_000;
  expect(await has('first')).toBe(true);
});

it('leaves out what is no key, and never keeps the private part of one', async () => {
  const privateJwk = { ...first.privateKey.export({ format: 'jwk' }), kid: 'first' };
  issuer.answer.body = keySetText([null, 7, { kid: 'x' }, privateJwk]);
  const key = await keys.find('first', 'ES256');
  expect([key?.type, key?.usages]).toEqual(['public', ['verify']]);
});
