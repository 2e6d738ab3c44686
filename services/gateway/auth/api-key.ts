/**
 * API keys: random text of which only the SHA-256 is kept.
 * A key is found by its digest. How long that takes tells something about digests, from which no key can be made; a slow
 * digest would add nothing, for keys are random, not chosen.
 */
import { hash, randomBytes } from 'node:crypto';
import { type Role, refused, type Verdict } from './role.ts';

export interface ApiKey {
  readonly name: string;
  readonly role: Role;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Wall clock, ms. */
  readonly expiresMs?: number;
}

export type ApiKeys = ReadonlyMap<string, ApiKey>;

const RANDOM_BYTES = 32;

export function newKey(): string {
  return `weir_${randomBytes(RANDOM_BYTES).toString('base64url')}`;
}

export function digestOf(secret: string): string {
  return hash('sha256', secret, 'hex');
}

export function byDigest(keys: readonly ApiKey[]): ApiKeys {
  return new Map(keys.map((key) => [key.sha256, key]));
}

export function judgeKey(key: ApiKey | undefined, nowMs: number): Verdict {
  if (key === undefined) return refused('this key is not known');
  if (key.expiresMs !== undefined && key.expiresMs <= nowMs) return refused('this key has expired');
  return { kind: 'known', principal: { name: key.name, role: key.role } };
}
