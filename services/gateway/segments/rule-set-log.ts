/**
 * A rule set in the log of events: one subject, each message the whole set, the last one in force.
 * What the rules say, and who may write them, is none of its business.
 *
 * Invariants (rule-set-log.test.ts):
 * 1. A change is made to the set that it was decided on, or not at all (compare-and-set on the subject): of writers at
 *    the same time none loses what another one wrote.
 * 2. An append without an answer is looked up, by the id it was written under; a change is never made twice, and never
 *    told as refused when it was stored.
 * 3. When retention has emptied the subject, the set is what the stages keep of it (`kept`), and the next change goes
 *    on from there.
 */
import { randomUUID } from 'node:crypto';
import { encodeFrame } from '../../../shared/log/frame.ts';
import { type Log, LogUnavailableError, type StoredMessage } from '../../../shared/log/log.ts';
import { EVENTS, rulesSubject } from '../../../shared/log/names.ts';
import { entryText } from '../../../shared/store/entry.ts';
import { ProblemError, unavailable } from '../http/problem.ts';

export interface RuleSetLogOptions<S> {
  readonly log: Log;
  /** `segments`. */
  readonly name: string;
  /** Throws when a stored text is no rule set. */
  parse(json: unknown): S;
  /** What is in force when the log has it no more. */
  kept(): Promise<S>;
}

export interface CurrentRules<S> {
  readonly set: S;
  /** Its place in EVENTS; 0: the log has it no more, or there never was one. */
  readonly seq: number;
}

/** What a change leaves, and what its writer wants to know. */
export interface Change<S, R> {
  readonly set: S;
  readonly result: R;
}

/** An append whose outcome is not known. */
interface Attempt<R> {
  /** What it expected to be the last message. */
  readonly behind: number;
  readonly result: R;
}

/** Names the write, so that one without an answer can be found again. */
const WRITE_ID = 'Mesh-Write-Id';
/** Each loss of a race means that another writer's change was stored. */
const MAX_ATTEMPTS = 20;
const NOT_KNOWN = 'Cannot tell whether the change was stored, for NATS did not answer: read it again to see';

export class RuleSetLog<S> {
  readonly #options: RuleSetLogOptions<S>;
  readonly #subject: string;

  constructor(options: RuleSetLogOptions<S>) {
    this.#options = options;
    this.#subject = rulesSubject(options.name);
  }

  async current(): Promise<CurrentRules<S>> {
    const { parse, kept } = this.#options;
    const last = await this.#last();
    return last ? { set: parse(JSON.parse(entryText(last))), seq: last.seq } : { set: await kept(), seq: 0 };
  }

  /**
   * Stores what `decide` makes of the current set; it is asked again when another writer was faster, and what it throws
   * ends the change. The sequence is the place in EVENTS from which on the returned set is in force.
   */
  async change<R>(decide: (set: S) => Change<S, R>): Promise<{ readonly result: R; readonly seq: number }> {
    const id = randomUUID();
    let open: Attempt<R> | undefined;
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const settled = open && (await this.#settle(id, open.behind));
        if (open && typeof settled === 'number') return { result: open.result, seq: settled };
        if (settled === 'refused') open = undefined;
        const { set: before, seq: behind } = await this.current();
        if (open && open.behind !== behind) continue; // it can be settled now
        const { set, result } = decide(before);
        const outcome = await this.#append(id, set, behind);
        if (typeof outcome === 'number') return { result, seq: outcome };
        if (outcome === 'unknown') open = { behind, result };
      }
    } catch (error) {
      if (open && error instanceof LogUnavailableError) throw unavailable(NOT_KNOWN);
      throw error;
    }
    throw unavailable(open ? NOT_KNOWN : 'Cannot change the rules: others change them all the time; try again');
  }

  async #append(id: string, set: S, expectedLast: number): Promise<number | 'conflict' | 'unknown'> {
    const text = encodeFrame([set]);
    const { log } = this.#options;
    if (Buffer.byteLength(text) > log.maxPayload)
      throw new ProblemError(
        'conflict',
        `Cannot keep so many rules: the server takes ${log.maxPayload} bytes; have less`,
      );
    try {
      const options = { expectedLast, headers: { [WRITE_ID]: id } };
      const appended = await log.append(this.#subject, text, options);
      return appended.kind === 'stored' ? appended.seq : 'conflict';
    } catch (error) {
      if (error instanceof LogUnavailableError) return 'unknown';
      throw error;
    }
  }

  /** What has become of an append: it can only have been stored as the first message behind the one it expected. */
  async #settle(id: string, behind: number): Promise<number | 'refused' | 'open'> {
    const last = await this.#last();
    if (!last || last.seq <= behind) return 'open';
    const stop = new AbortController();
    const reading = { stream: EVENTS, subjects: [this.#subject], fromSeq: behind + 1, signal: stop.signal };
    for await (const first of this.#options.log.read(reading)) {
      stop.abort();
      return first.header(WRITE_ID) === id ? first.seq : 'refused';
    }
    return 'open';
  }

  #last(): Promise<StoredMessage | undefined> {
    return this.#options.log.last(EVENTS, this.#subject);
  }
}
