/**
 * What somebody may do, and what a route asks for. The one place where roles and their order are.
 *
 * Invariant (guard.test.ts): a route that says nothing asks for `read` when it only reads, else for `write`; it is never
 * open by having been forgotten.
 */
export const ROLES = ['read', 'write', 'admin'] as const;
/** Each may do what those before it may. */
export type Role = (typeof ROLES)[number];
/** `open`: anybody, also without a key. */
export type Access = Role | 'open';

/** To be spread into createRoute where a route asks for something else than its method says. */
export function access(needed: Access): { readonly 'x-role': Access } {
  return { 'x-role': needed };
}

export function mayDo(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function roleOfMethod(method: string): Role {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write';
}

export function isAccess(value: unknown): value is Access {
  return value === 'open' || ROLES.some((role) => role === value);
}

/** Somebody who has shown a key or a token that is good. */
export interface Principal {
  /** Not secret: it is in log lines. */
  readonly name: string;
  readonly role: Role;
}

export type Verdict =
  | { readonly kind: 'known'; readonly principal: Principal }
  /** Nothing was shown. */
  | { readonly kind: 'nobody' }
  /** What was shown is no good. The reason is told to the client: it holds nothing of what was shown. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It cannot be told now. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export function refused(reason: string): Verdict {
  return { kind: 'refused', reason };
}
