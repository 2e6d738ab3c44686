/**
 * Where a stream is: the place in each of its sources, as the text that is the id of its events.
 *
 *   sales:123@mi8x2k7f,rfm:88@mi8x2k9q      source : sequence in its bucket's stream @ life of the bucket
 *
 * The life tells a bucket from the one that had its name before: sequences begin anew with each. It is absent while the
 * bucket has never been there. Printable and short, because it goes with every event and back in a header.
 *
 * Invariants (resume-point.test.ts): parseResumePoint(formatResumePoint(x)) is x; every other text is refused.
 */

/** Everything up to `seq` has been passed. `life`: undefined while there is no bucket, and `seq` is 0. */
export interface Place {
  readonly seq: number;
  readonly life: string | undefined;
}
/** By source. */
export type ResumePoint = ReadonlyMap<string, Place>;

const MOST_LENGTH = 1_000;
const PLACE = /^([a-z][a-z-]*(?:\.[a-z-]+)?):(0|[1-9]\d{0,15})(?:@([0-9a-z]{1,11}))?$/;

export function formatPlace(source: string, { seq, life }: Place): string {
  return life === undefined ? `${source}:${seq}` : `${source}:${seq}@${life}`;
}

export function formatResumePoint(places: ResumePoint): string {
  return [...places].map(([source, place]) => formatPlace(source, place)).join(',');
}

/** Undefined: no id that a stream ever had. */
export function parseResumePoint(text: string, sources: ReadonlySet<string>): ResumePoint | undefined {
  if (text.length > MOST_LENGTH) return undefined;
  const places = new Map<string, Place>();
  for (const one of text.split(',')) {
    const [, source, digits, life] = PLACE.exec(one) ?? [];
    const seq = Number(digits);
    if (source === undefined || !Number.isSafeInteger(seq) || !sources.has(source) || places.has(source))
      return undefined;
    if (life === undefined && seq > 0) return undefined;
    places.set(source, { seq, life });
  }
  return places;
}

export function lifeOf(createdMs: number): string {
  return Math.max(0, Math.floor(createdMs)).toString(36);
}
