/**
 * Public keys of a JSON Web Key Set (RFC 7517) for the signatures that are taken: RS256, PS256, ES256 and EdDSA.
 *
 * Invariants (jwt.test.ts):
 * 1. A key is used for the one algorithm family it is of, and never as a secret: there is no HMAC and no `none` here.
 * 2. Only the public members of a key are imported. RSA keys have 2048 bits or more.
 */
import { webcrypto } from 'node:crypto';
import { z } from 'zod';

type CryptoKey = webcrypto.CryptoKey;
type Parameters = webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams | { readonly name: string };

interface Algorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string;
  readonly imported: Parameters;
  readonly verified: webcrypto.RsaPssParams | webcrypto.EcdsaParams | { readonly name: string };
}

const ED25519: Algorithm = { kty: 'OKP', crv: 'Ed25519', imported: { name: 'Ed25519' }, verified: { name: 'Ed25519' } };

const ALGORITHMS = {
  RS256: {
    kty: 'RSA',
    imported: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    verified: { name: 'RSASSA-PKCS1-v1_5' },
  },
  PS256: {
    kty: 'RSA',
    imported: { name: 'RSA-PSS', hash: 'SHA-256' },
    verified: { name: 'RSA-PSS', saltLength: 32 },
  },
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    imported: { name: 'ECDSA', namedCurve: 'P-256' },
    verified: { name: 'ECDSA', hash: 'SHA-256' },
  },
  EdDSA: ED25519,
  Ed25519: ED25519, // RFC 9864's name for the same
} as const satisfies Readonly<Record<string, Algorithm>>;

export type AlgorithmName = keyof typeof ALGORITHMS;

const MIN_RSA_BYTES = 256;

/** Members that private keys have besides are left out by the schema. */
const Jwk = z.object({
  kty: z.string(),
  kid: z.string().optional(),
  alg: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
  crv: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
});
export type Jwk = z.infer<typeof Jwk>;

/** A key of the set, of whatever kind; what is no key is left out, as RFC 7517 wants. Undefined: it is no key set. */
export function readKeySet(document: unknown): readonly Jwk[] | undefined {
  const set = z.object({ keys: z.array(z.unknown()) }).safeParse(document);
  if (!set.success) return undefined;
  return set.data.keys.flatMap((key) => {
    const parsed = Jwk.safeParse(key);
    return parsed.success ? [parsed.data] : [];
  });
}

export function isAlgorithm(name: unknown): name is AlgorithmName {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name);
}

/** May this key have made a signature of this algorithm? */
export function suits(jwk: Jwk, name: AlgorithmName): boolean {
  const { kty, crv }: Algorithm = ALGORITHMS[name];
  if (jwk.kty !== kty || (crv !== undefined && jwk.crv !== crv)) return false;
  if (jwk.alg !== undefined && !(isAlgorithm(jwk.alg) && sameAlgorithm(jwk.alg, name))) return false;
  if (jwk.use !== undefined && jwk.use !== 'sig') return false;
  if (jwk.key_ops !== undefined && !jwk.key_ops.includes('verify')) return false;
  return kty !== 'RSA' || Buffer.from(jwk.n ?? '', 'base64url').length >= MIN_RSA_BYTES;
}

/** Throws when the key's numbers are no key. */
export function importKey({ kty, crv, n, e, x, y }: Jwk, name: AlgorithmName): Promise<CryptoKey> {
  const shown = { kty, ...(crv && { crv }), ...(n && { n }), ...(e && { e }), ...(x && { x }), ...(y && { y }) };
  return webcrypto.subtle.importKey('jwk', shown, ALGORITHMS[name].imported, false, ['verify']);
}

export function verifySignature(
  name: AlgorithmName,
  key: CryptoKey,
  signature: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return webcrypto.subtle.verify(ALGORITHMS[name].verified, key, signature, signed);
}

function sameAlgorithm(one: AlgorithmName, other: AlgorithmName): boolean {
  return ALGORITHMS[one] === ALGORITHMS[other];
}
