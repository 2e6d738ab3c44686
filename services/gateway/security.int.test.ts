/** Keys and tokens against the gateway as it is run; and that nothing it writes shows any of them. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { type Issuer, makeIssuerKey, RULES, signToken, startIssuer } from './auth/_issuer.ts';
import { makeKey } from './auth/make-key.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const OWN_KEY = 'the-own-key-of-this-test-0123456789';
const rsa = makeIssuerKey('RS256', 'one');
const reader = makeKey(['reader', '--role', 'read'], Date.now());
const writer = makeKey(['writer', '--role', 'write'], Date.now());

let nats: TestNats;
let issuer: Issuer;
let folder: string;
let gateway: Running;

interface Running {
  readonly url: string;
  readonly output: () => string;
  stop(): Promise<number | null>;
}

interface Started {
  readonly url: Promise<string>;
  readonly code: Promise<number | null>;
  readonly output: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
}

function start(env: Readonly<Record<string, string>>): Started {
  const own = { WEIR_GATEWAY_PORT: '0', WEIR_HTTP_PORT: '0', WEIR_INSTANCE: 'gateway-1', WEIR_LOG_LEVEL: 'debug' };
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...own, NATS_URL: nats.url, ...env } });
  let output = '';
  const url = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += String(chunk);
      const found = /Listening url=(\S+)/.exec(output)?.[1];
      if (found) url.resolve(found);
    });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { url: url.promise, code, output: () => output, kill: (signal) => child.kill(signal) };
}

async function startGateway(env: Readonly<Record<string, string>>): Promise<Running> {
  const { url, code, output, kill } = start(env);
  const stop = () => {
    kill('SIGTERM');
    return code;
  };
  return { url: await url, output, stop };
}

async function writeKeys(...lines: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'keys.yaml'), `keys:\n${lines.join('\n')}\n`);
}

async function statusWith(headers: Record<string, string>, path = '/api/v1/status', method = 'GET'): Promise<number> {
  return (await fetch(gateway.url + path, { method, headers })).status;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

beforeAll(async () => {
  nats = await startTestNats();
  issuer = await startIssuer([rsa]);
  folder = await mkdtemp(join(tmpdir(), 'weir-security-'));
  await writeKeys(reader.line);
  await writeFile(join(folder, 'own-key'), `${OWN_KEY}\n`);
  gateway = await startGateway({
    WEIR_GATEWAY_HOST: '0.0.0.0',
    WEIR_API_KEYS_FILE: join(folder, 'keys.yaml'),
    WEIR_API_KEY_FILE: join(folder, 'own-key'),
    WEIR_JWKS_URL: issuer.url,
    WEIR_JWT_ISSUER: RULES.issuer,
    WEIR_JWT_AUDIENCE: RULES.audiences[0] ?? '',
    WEIR_RATE_READS: '100000',
  });
  await until(async () => (await statusWith({}, '/readyz')) === 200);
});
afterAll(async () => {
  await gateway.stop();
  await issuer[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const token = (over: object = {}) =>
  signToken(rsa, {
    iss: RULES.issuer,
    aud: 'weir',
    sub: 'ada',
    exp: Date.now() / 1000 + 300,
    roles: ['read'],
    ...over,
  });

describe('the gateway on all interfaces', () => {
  it('asks for a key or a token, and is alive and ready without', async () => {
    expect([await statusWith({}), await statusWith({}, '/docs'), await statusWith({}, '/livez')]).toEqual([
      401, 401, 200,
    ]);
    expect(await statusWith({ 'x-api-key': reader.key })).toBe(200);
    expect(await statusWith({ authorization: `Bearer ${OWN_KEY}` })).toBe(200);
    expect(await statusWith({ authorization: `Bearer ${token()}` })).toBe(200);
    expect(await statusWith({ authorization: `Bearer ${token({ aud: 'other' })}` })).toBe(401);
    expect(await statusWith({ 'x-api-key': reader.key }, '/api/v1/segments/x', 'DELETE')).toBe(403);
    expect(
      await statusWith({ authorization: `Bearer ${token({ roles: 'write' })}` }, '/api/v1/segments/x', 'DELETE'),
    ).toBe(404);
  });

  it('says how much is left, on the wire', async () => {
    const { headers } = await fetch(`${gateway.url}/api/v1/status`, { headers: { 'x-api-key': reader.key } });
    expect(headers.get('ratelimit-policy')).toBe('"reads";q=1000000;w=10');
    expect(headers.get('ratelimit')).toMatch(/^"reads";r=99\d{4};t=1$/);
  });

  it('takes a key that is written into the file while it runs, and no longer one that is taken out', async () => {
    expect(await statusWith({ 'x-api-key': writer.key })).toBe(401);
    await writeKeys(writer.line);
    await until(async () => (await statusWith({ 'x-api-key': writer.key })) === 200);
    expect(await statusWith({ 'x-api-key': reader.key })).toBe(401);
  });

  it('shows nothing of keys and tokens in its log, at the level debug, nor in its metrics, errors or status', async () => {
    const shown = [token(), token({ exp: 1 }), 'weir_a-wrong-key-of-a-client', `${token()}.with-one-part-too-many`];
    let answers = '';
    for (const secret of [...shown, OWN_KEY, reader.key, writer.key])
      for (const headers of [
        { 'x-api-key': secret },
        { authorization: `Bearer ${secret}` },
        { authorization: `Basic ${secret}` },
      ])
        for (const [method, path] of [
          ['GET', '/api/v1/status'],
          ['POST', '/api/v1/segments'],
          ['GET', '/none'],
          ['GET', '/openapi.json'],
        ] as const) {
          const response = await fetch(gateway.url + path, { method, headers: { ...headers } });
          answers += `${await response.text()}${JSON.stringify([...response.headers])}`;
        }
    const health = /"health":"(http:[^"]*)"/.exec(await statusText())?.[1];
    const metrics = await (await fetch(`${health}/metrics`)).text();
    expect(metrics).toContain('weir_http_requests_total');
    expect(gateway.output()).toContain('by=writer');
    for (const secret of [...shown, OWN_KEY, reader.key, writer.key])
      for (const part of [secret, secret.slice(5, 25), secret.slice(-20)])
        for (const [where, text] of Object.entries({ log: gateway.output(), metrics, answers }))
          expect([where, part, text.includes(part)]).toEqual([where, part, false]);
  });
});

async function statusText(): Promise<string> {
  return (await fetch(`${gateway.url}/api/v1/status`, { headers: { 'x-api-key': OWN_KEY } })).text();
}

describe('the gateway', () => {
  it('does not start where others reach it without keys, and says what to do; it does when told so', async () => {
    const refused = start({ WEIR_GATEWAY_HOST: '0.0.0.0' });
    expect(await refused.code).toBe(1);
    expect(refused.output()).toMatch(
      /Cannot listen on WEIR_GATEWAY_HOST="0.0.0.0" open to everybody.*npm run gateway -- key/,
    );
    expect(refused.output()).not.toContain('Listening');
    const open = await startGateway({ WEIR_GATEWAY_HOST: '0.0.0.0', WEIR_GATEWAY_OPEN: 'yes-i-know' });
    await until(async () => /WARN .*whoever reaches this address/.test(open.output()));
    expect((await fetch(`${open.url}/livez`)).status).toBe(200);
    expect(await open.stop()).toBe(0);
  });

  it('does not start with keys that cannot be used, and does not show them', async () => {
    await writeFile(join(folder, 'bad.yaml'), `keys:\n  - { name: a, role: read, sha256: ${reader.key} }\n`);
    for (const [env, expected] of [
      [{ WEIR_API_KEYS_FILE: join(folder, 'bad.yaml') }, 'keys[0].sha256'],
      [{ WEIR_API_KEYS_FILE: join(folder, 'absent.yaml') }, 'ENOENT'],
      [{ WEIR_API_KEY: 'short-secret' }, 'expected 16 characters or more'],
    ] as const) {
      const refused = start(env);
      expect(await refused.code).toBe(1);
      expect(refused.output()).toContain(expected);
      expect(refused.output()).not.toMatch(new RegExp(`${reader.key}|short-secret`));
    }
  });

  it('open on this machine answers under its own names only', async () => {
    const open = await startGateway({});
    const { port } = new URL(open.url);
    const { request } = await import('node:http');
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request({ port, host: '127.0.0.1', path: '/livez', headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject).end();
      });
    await until(async () => (await fetch(`${open.url}/readyz`)).status === 200);
    expect([await statusFor(`localhost:${port}`), await statusFor('rebound.example')]).toEqual([200, 421]);
    expect(await open.stop()).toBe(0);
  });
});
