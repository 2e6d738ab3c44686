/**
 * Optimistic locking (RFC 9110, 13.1): If-Match and If-None-Match on requests that change something.
 *
 * A tag is the revision of what was read, and optionally what else of its representation may change without it:
 * `"12"`, `"12;5"`. Both mean revision 12 here, so a client may send back whichever it got.
 *
 * Invariants (preconditions.test.ts):
 * 1. If-Match compares strongly: a weak tag never matches. `*` holds for whatever exists.
 * 2. If-None-Match `*` holds only for what does not exist: create, never replace.
 */
import { z } from '@hono/zod-openapi';
import { ProblemError } from './problem.ts';

const TAGS = /^(?:\*|(?:W\/)?"[\x21\x23-\x7e]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e]*")*)$/;

const Tags = z.string().regex(TAGS, { error: 'Expected *, or entity tags in quotes: "12"' }).optional();

export const IfMatch = Tags.openapi({
  description: 'Only if it is still this revision: the ETag of an earlier answer. 412 when it is not',
  example: '"12"',
});
export const IfNoneMatch = Tags.openapi({
  description: '`*`: only if it does not exist yet. 412 when it does',
  example: '*',
});

export interface Preconditions {
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
}

export function entityTag(revision: number, rest?: number): string {
  return rest === undefined ? `"${revision}"` : `"${revision};${rest}"`;
}

/** Throws 412 unless the conditions hold. `revision`: undefined when it does not exist. */
export function requirePreconditions(conditions: Preconditions, revision: number | undefined): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = conditions;
  if (ifMatch !== undefined && !matches(ifMatch, revision, false))
    throw new ProblemError(
      'precondition-failed',
      `If-Match ${ifMatch} does not hold: ${itsState(revision)}`,
      etag(revision),
    );
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, revision, true))
    throw new ProblemError(
      'precondition-failed',
      `If-None-Match ${ifNoneMatch} does not hold: ${itsState(revision)}`,
      etag(revision),
    );
}

function matches(list: string, revision: number | undefined, weak: boolean): boolean {
  if (revision === undefined) return false;
  if (list === '*') return true;
  for (const [, isWeak, tag] of list.matchAll(/(W\/)?"([^"]*)"/g))
    if ((weak || isWeak === undefined) && tag?.split(';')[0] === String(revision)) return true;
  return false;
}

function itsState(revision: number | undefined): string {
  return revision === undefined ? 'it does not exist' : `it is at ${entityTag(revision)}; read it again and repeat`;
}

function etag(revision: number | undefined): { headers?: Record<string, string> } {
  return revision === undefined ? {} : { headers: { etag: entityTag(revision) } };
}
