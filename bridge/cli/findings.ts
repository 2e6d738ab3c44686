/**
 * What a comparison found: ranges of Kafka offsets with what is wrong there. Bounded, however much is wrong: a run of
 * the same trouble in the same lane is one finding, and beyond a number of findings only their lines are counted.
 */

export const FINDING_KINDS = [
  /** A line that EVENTS (or the mirror) should have. */
  'missing',
  'duplicate',
  'different',
  /** A line that no record becomes. */
  'unexpected',
  /** It is there, but behind what should come after it, or behind the progress that spoke of it. */
  'out-of-order',
  /** Gone from Kafka before a bridge read it. */
  'lost',
  /** Kafka's topic is not the one that was read. */
  'replaced',
  'letter-missing',
  'letter-extra',
  'letter-different',
  'letter-duplicate',
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** Mesh partition; absent: of all, or of the mirror. */
  readonly lane?: string;
  /** Kafka offsets, both included. */
  readonly from: number;
  readonly to: number;
  /** Lines, records or letters. */
  readonly count: number;
  /** Of the first one: sequence in the log, and what was found. */
  readonly seq?: number;
  readonly detail?: string;
}

/** A range that could not be compared. */
export interface NotCompared {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

export interface Found extends Pick<Finding, 'lane' | 'seq' | 'detail'> {
  readonly count?: number;
  /** Findings of one kind, lane and run are one. */
  readonly run?: number;
}

const MAX_FINDINGS = 200;

export class Findings {
  readonly #list: Finding[] = [];
  readonly #totals = new Map<FindingKind, number>();
  /** The finding that the next one of its kind and lane may go on. */
  readonly #open = new Map<string, { readonly at: number; readonly run: number }>();

  /** By offset; at most as many as are kept. */
  get list(): readonly Finding[] {
    return this.#list.toSorted((a, b) => a.from - b.from || a.to - b.to);
  }

  /** Lines, records or letters by kind, of all that was found. */
  get totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#totals);
  }

  get isEmpty(): boolean {
    return this.#totals.size === 0;
  }

  add(kind: FindingKind, from: number, to: number, found: Found = {}): void {
    const { count = 1, run, ...rest } = found;
    this.#totals.set(kind, (this.#totals.get(kind) ?? 0) + count);
    const key = `${kind} ${found.lane ?? ''}`;
    const open = this.#open.get(key);
    const last = open === undefined ? undefined : this.#list[open.at];
    if (open && last && open.run === run) {
      this.#list[open.at] = { ...last, to: Math.max(last.to, to), count: last.count + count };
      return;
    }
    this.#open.delete(key);
    if (this.#list.length >= MAX_FINDINGS) return;
    const at = this.#list.push({ kind, from, to, count, ...rest }) - 1;
    if (run !== undefined) this.#open.set(key, { at, run });
  }
}
