/**
 * The life of a bucket, as a number that stores compare revisions by: creation of its stream in ms times 1,000, and how
 * often messages of that stream were lost (a copy was restored, a disk was not synced). After either, sequences are given
 * again, to other values: what has a later life is newer, whatever its revision.
 */
const LIVES = 1_000;

export function firstLife(createdMs: number): number {
  return createdMs * LIVES;
}

/** After messages were lost. */
export function nextLife(life: number): number {
  const next = life + 1;
  if (createdMsOf(next) !== createdMsOf(life))
    throw new RangeError(`Cannot write on: messages of one stream were lost ${LIVES} times; make the bucket anew`);
  return next;
}

export function createdMsOf(life: number): number {
  return Math.floor(life / LIVES);
}

/** The life to go on with: a store that knows a later life of the same stream knows what was lost meanwhile. */
export function isSameStream(a: number, b: number): boolean {
  return createdMsOf(a) === createdMsOf(b);
}
