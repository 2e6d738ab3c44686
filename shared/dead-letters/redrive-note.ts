/**
 * The note of a redrive in bucket `mesh`: what it is about to send, kept until that is settled, and a lock besides.
 *
 *   free ──take──▶ taken ──begin──▶ taken, with a batch ──clear──▶ taken ──release──▶ free
 *                    ▲                     │ killed
 *                    └──── take, when nobody has touched it for a while: the batch is the new owner's to settle
 *
 * Owns: the note, and touching it while its owner lives.
 * Does not own: settling a batch (settle-batch.ts). That a former owner which wakes up late sends nothing more is Kafka's
 * part: the new owner's producer fences it off.
 *
 * Invariants (tested in redrive-note.test.ts):
 * 1. One owner at a time can begin a batch; one who lost the note learns it at its next write.
 * 2. A batch stays in the note until it is cleared, whoever is killed.
 */
import { type Log, LogUnavailableError } from '../log/log.ts';
import { bucketStream, keySubject, MESH } from '../log/names.ts';
import { isObject } from './is-object.ts';
import { CommandError } from '../runtime/command-error.ts';

/** A letter on its way. */
export interface NotedLetter {
  /** In DLQ. */
  readonly seq: number;
  /** Where its record was first. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly isRetracted: boolean;
}

export interface NotedBatch {
  readonly letters: readonly NotedLetter[];
  /** Where it is sent to: Kafka's end offset before, by partition. */
  readonly ends: readonly { readonly topic: string; readonly partition: number; readonly end: number }[];
}

interface Content {
  /** undefined: free. */
  readonly owner?: string;
  /** Counts the owner's writes. */
  readonly n?: number;
  /** When it was taken. */
  readonly since?: string;
  readonly batch?: NotedBatch | undefined;
}

export interface NoteTimes {
  /** How often an owner touches its note, ms. */
  readonly touchMs: number;
  /** After how long untouched an owner is taken for dead, ms. */
  readonly deadMs: number;
}

const TIMES: NoteTimes = { touchMs: 1_000, deadMs: 8_000 };
const RETRY_MS = 250;
const SUBJECT = keySubject(MESH, 'redrive');
const decoder = new TextDecoder();

export class RedriveNote implements AsyncDisposable {
  readonly #log: Log;
  readonly #owner: string;
  readonly #since = new Date().toISOString();
  readonly #touching: ReturnType<typeof setInterval>;
  #seq: number;
  #n = 0;
  #batch: NotedBatch | undefined;
  #writing: Promise<void> = Promise.resolve();
  #lost: Error | undefined;

  private constructor(log: Log, owner: string, seq: number, batch: NotedBatch | undefined, touchMs: number) {
    this.#log = log;
    this.#owner = owner;
    this.#seq = seq;
    this.#batch = batch;
    this.#touching = setInterval(() => void this.#write().catch(() => {}), touchMs);
  }

  /** Throws CommandError while another redrive lives. */
  static async take(log: Log, owner: string, signal: AbortSignal, times: NoteTimes = TIMES): Promise<RedriveNote> {
    const found = await read(log);
    if (found.content.owner !== undefined) await untilDead(log, found, signal, times.deadMs);
    const note = new RedriveNote(log, owner, found.seq, found.content.batch, times.touchMs);
    try {
      await note.#write();
      return note;
    } catch (error) {
      clearInterval(note.#touching);
      throw error;
    }
  }

  /** What the owner before has left, or what this one has begun. */
  get batch(): NotedBatch | undefined {
    return this.#batch;
  }

  async begin(batch: NotedBatch): Promise<void> {
    if (this.#batch) throw new Error('Cannot happen: a batch was begun before the one before it was settled');
    this.#batch = batch;
    await this.#write();
  }

  async clear(): Promise<void> {
    this.#batch = undefined;
    await this.#write();
  }

  /** Lets go of it; what is not settled stays in it, for the next one. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#touching);
    await this.#writing.catch(() => {});
    if (this.#lost) return;
    const free: Content = this.#batch ? { batch: this.#batch } : {};
    await this.#log.append(SUBJECT, JSON.stringify(free), { expectedLast: this.#seq }).catch(() => {}); // it dies out
  }

  #write(): Promise<void> {
    const written = this.#writing.then(() => this.#put());
    this.#writing = written.catch((error: unknown) => {
      this.#lost ??= error instanceof Error ? error : new Error(String(error));
    });
    return written;
  }

  async #put(): Promise<void> {
    if (this.#lost) throw this.#lost;
    this.#n++;
    const content: Content = { owner: this.#owner, n: this.#n, since: this.#since, batch: this.#batch };
    for (;;) {
      try {
        const appended = await this.#log.append(SUBJECT, JSON.stringify(content), { expectedLast: this.#seq });
        if (appended.kind === 'stored') this.#seq = appended.seq;
        else this.#seq = await this.#afterConflict();
        return;
      } catch (error) {
        if (!(error instanceof LogUnavailableError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Ours with a lost ack, or another owner's. */
  async #afterConflict(): Promise<number> {
    const { seq, content } = await read(this.#log);
    if (content.owner === this.#owner && content.n === this.#n) return seq;
    throw new CommandError(
      'Cannot go on with the redrive: another one has taken it over; see what it does, and try again',
    );
  }
}

async function untilDead(log: Log, found: Found, signal: AbortSignal, deadMs: number): Promise<void> {
  const deadline = performance.now() + deadMs;
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS, deadMs)));
    const now = await read(log);
    if (now.seq !== found.seq)
      throw new CommandError(
        `Cannot redrive now: another redrive runs ("${now.content.owner ?? found.content.owner}", since ` +
          `${now.content.since ?? found.content.since}); wait until it has ended`,
      );
  }
}

interface Found {
  readonly seq: number;
  readonly content: Content;
}

async function read(log: Log): Promise<Found> {
  const stored = await log.last(bucketStream(MESH), SUBJECT);
  const text = stored ? decoder.decode(stored.payload) : '';
  const content: unknown = text === '' ? {} : JSON.parse(text);
  if (!isContent(content))
    throw new CommandError(
      `Cannot read the note of a redrive: key "redrive" of bucket ${MESH} is ${text.slice(0, 80)}`,
    );
  return { seq: stored?.seq ?? 0, content };
}

/** Only redrives write it; what is checked is that it is one of theirs. */
function isContent(value: unknown): value is Content {
  if (!isObject(value)) return false;
  const { owner, batch } = value;
  if (owner !== undefined && typeof owner !== 'string') return false;
  return batch === undefined || (isObject(batch) && Array.isArray(batch.letters) && Array.isArray(batch.ends));
}
