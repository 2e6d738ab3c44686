/** An issuer of tokens with keys of its own and a real HTTP server for them. */
import { once } from 'node:events';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const NOW_MS = Date.UTC(2024, 5, 1, 12);
export const NOW_S = NOW_MS / 1000;
export const RULES = { issuer: 'https://issuer.example', audiences: ['weir'], roleClaim: 'roles', rolePrefix: '' };
export const CLAIMS = { iss: RULES.issuer, aud: 'weir', sub: 'ada', exp: NOW_S + 60, roles: ['read'] };

export type Json = Readonly<Record<string, unknown>>;
export interface IssuerKey {
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Json;
}

export interface Issuer extends AsyncDisposable {
  readonly url: string;
  /** What the server answers with now. */
  answer: { status: number; body: string; headers?: Record<string, string> };
  /** How often it was asked. */
  asked: number;
}

const MAKE = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};
export type Alg = keyof typeof MAKE;
export const ALGS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const satisfies readonly Alg[];

export function makeIssuerKey(alg: Alg, kid: string): IssuerKey {
  const { privateKey, publicKey } = MAKE[alg]();
  return { alg, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

/** Header and claims may be anything: hostile ones, too. */
export function signToken(key: IssuerKey, claims: unknown = CLAIMS, header: Json = {}): string {
  const signed = `${encodePart({ alg: key.alg, kid: key.jwk.kid, typ: 'JWT', ...header })}.${encodePart(claims)}`;
  return `${signed}.${signatureOf(key, signed).toString('base64url')}`;
}

export function encodePart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function signatureOf({ alg, privateKey }: IssuerKey, text: string): Buffer {
  const data = Buffer.from(text);
  switch (alg) {
    case 'ES256':
      return sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    case 'PS256':
      return sign('sha256', data, { key: privateKey, padding: 6, saltLength: 32 });
    case 'EdDSA':
      return sign(null, data, privateKey);
    default:
      return sign('sha256', data, privateKey);
  }
}

export function keySetText(keys: readonly unknown[]): string {
  return JSON.stringify({ keys });
}

export async function startIssuer(keys: readonly IssuerKey[]): Promise<Issuer> {
  const server = createServer((_request, response) => {
    issuer.asked++;
    const { status, body, headers } = issuer.answer;
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer: Issuer = {
    url: `http://127.0.0.1:${port}/jwks.json`,
    answer: { status: 200, body: keySetText(keys.map(({ jwk }) => jwk)) },
    asked: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
