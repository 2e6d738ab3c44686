/**
 * JSON Web Tokens (RFC 7519, by the advice of RFC 8725): who an issuer says somebody is, and in which role.
 *
 * Invariants (jwt.test.ts):
 * 1. Nothing in a token says how it is checked: the algorithm must be one of four asymmetric ones and fit the key that
 *    the issuer's set has under its `kid`. Keys in the token (`jwk`, `jku`, `x5u`) are not looked at; `crit` is refused.
 * 2. Issuer, audience and `exp` are required, `nbf` is honoured, with 30 s for clocks that differ.
 * 3. Claims are looked at only after the signature. No answer repeats anything of a token.
 */
import { isAlgorithm, verifySignature } from './jwk.ts';
import type { KeySet } from './key-set.ts';
import { type Principal, ROLES, type Role, refused, type Verdict } from './role.ts';

export interface TokenRules {
  readonly issuer: string;
  /** A token for one of these is for us. */
  readonly audiences: readonly string[];
  /** `roles`, `scope`, or a path: `realm_access.roles`. */
  readonly roleClaim: string;
  /** What stands before the names of roles: `weir:`, for `weir:read`. */
  readonly rolePrefix: string;
}

export type Claims = Readonly<Record<string, unknown>>;

const LEEWAY_S = 30;
const MAX_NAME = 200;
const TOKEN = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

export function looksLikeToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Throws NoKeysError. `expiresMs` of those who are known: until then the answer holds. */
export async function verifyToken(
  token: string,
  keys: KeySet,
  rules: TokenRules,
  nowMs: number,
): Promise<{ readonly verdict: Verdict; readonly expiresMs: number }> {
  const claims = await readSigned(token, keys);
  if (typeof claims === 'string') return { verdict: refused(claims), expiresMs: 0 };
  const fault = faultOf(claims, rules, nowMs / 1000);
  if (fault !== undefined) return { verdict: refused(fault), expiresMs: 0 };
  const role = roleOf(claims, rules);
  if (role === undefined)
    return { verdict: refused('this token names none of the roles read, write and admin'), expiresMs: 0 };
  const principal: Principal = { name: nameOf(claims), role };
  return { verdict: { kind: 'known', principal }, expiresMs: (Number(claims.exp) + LEEWAY_S) * 1000 };
}

/** The claims; a text: why they are not to be believed. */
async function readSigned(token: string, keys: KeySet): Promise<Claims | string> {
  const [, head = '', body = '', seal = ''] = TOKEN.exec(token) ?? [];
  const header = parseJson(head);
  if (header === undefined) return 'this is no token';
  const { alg, kid, typ, crit } = header;
  if (!isAlgorithm(alg)) return 'the algorithm of this token is not taken: it must be RS256, PS256, ES256 or EdDSA';
  if (crit !== undefined || !isKind(typ) || !(kid === undefined || typeof kid === 'string'))
    return 'the header of this token asks for what is not understood here';
  const key = await keys.find(kid, alg);
  if (key === undefined) return 'the key of this token is not one of its issuer';
  const isGenuine = await verifySignature(alg, key, Buffer.from(seal, 'base64url'), Buffer.from(`${head}.${body}`));
  if (!isGenuine) return 'the signature of this token is wrong';
  return parseJson(body) ?? 'this token holds no claims';
}

/** An access token, not one that was made for something else. */
function isKind(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === 'string' && /^(?:application\/)?(?:at\+)?jwt$/i.test(typ);
}

function faultOf(claims: Claims, { issuer, audiences }: TokenRules, nowS: number): string | undefined {
  const { iss, aud, exp, nbf } = claims;
  if (iss !== issuer) return 'this token is of another issuer';
  const meant: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.some((audience) => meant.includes(audience))) return 'this token is for another audience';
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return 'this token does not say when it expires';
  if (exp + LEEWAY_S <= nowS) return 'this token has expired';
  if (nbf === undefined) return undefined;
  return typeof nbf === 'number' && nbf - LEEWAY_S <= nowS ? undefined : 'this token is not valid yet';
}

/** The highest of the roles that the claim names, in a list or in a text with blanks. */
function roleOf(claims: Claims, { roleClaim, rolePrefix }: TokenRules): Role | undefined {
  const value = Object.hasOwn(claims, roleClaim) ? claims[roleClaim] : memberAt(claims, roleClaim.split('.'));
  const named: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return ROLES.findLast((role) => named.includes(`${rolePrefix}${role}`));
}

function memberAt(claims: Claims, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined), claims);
}

function nameOf({ sub, client_id: client, azp }: Claims): string {
  const name = [sub, client, azp].find((claim) => typeof claim === 'string' && claim !== '');
  return typeof name === 'string' ? name.slice(0, MAX_NAME) : 'somebody';
}

function parseJson(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
