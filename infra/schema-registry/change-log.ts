/**
 * The registry's changes in the KV bucket `schemas`: change n is key `change.<n>`, written with compare-and-set on an
 * absent key. So all registries agree on one order of changes, and the state is their fold.
 *
 * Owns the state. Does not own what is decided (decide.ts), and no connection.
 *
 * Invariants (change-log.test.ts, schema-registry.int.test.ts):
 * 1. A decision is stored only if it was made on the state right before it; otherwise it is made again.
 * 2. After catchUp() the state holds every change that was stored before the call.
 * 3. When it cannot be told whether a change was stored, the caller is told so, and asking again is safe: the decision
 *    is then made on what really happened.
 */
import { type Log, LogUnavailableError, type StoredMessage } from '../../shared/log/log.ts';
import { bucketStream, keySubject } from '../../shared/log/names.ts';
import type { Decision } from './decide.ts';
import { Change, emptyState, evolve, type RegistryState } from './state.ts';

export const SCHEMAS = 'schemas';
const STREAM = bucketStream(SCHEMAS);
const PREFIX = keySubject(SCHEMAS, 'change.');

/** A change that this build cannot read. */
export class UnreadableChangeError extends Error {
  readonly code = 'schema-change';
}

export interface ChangeLogOptions {
  readonly log: Log;
  /** False while NATS is known to be away: asking would only wait. */
  readonly connected: () => boolean;
}

export class ChangeLog {
  readonly state: RegistryState = emptyState();
  readonly #log: Log;
  readonly #connected: () => boolean;

  private constructor({ log, connected }: ChangeLogOptions) {
    this.#log = log;
    this.#connected = connected;
  }

  /** Reads all changes there are. */
  static async open(options: ChangeLogOptions): Promise<ChangeLog> {
    const changes = new ChangeLog(options);
    const { log } = options;
    const { lastSeq } = await log.state(STREAM);
    if (lastSeq === 0) return changes;
    const stop = new AbortController();
    for await (const message of log.read({ stream: STREAM, subjects: [`${PREFIX}*`], signal: stop.signal })) {
      changes.#apply(message);
      if (message.seq >= lastSeq) stop.abort();
    }
    return changes;
  }

  async catchUp(): Promise<void> {
    if (!this.#connected()) throw new LogUnavailableError('Cannot ask for changes: NATS is away');
    for (;;) {
      const message = await this.#log.last(STREAM, changeSubject(this.state.changes + 1));
      if (!message) return;
      this.#apply(message);
    }
  }

  /** Decides on the newest state, and stores the change. */
  async change<T>(decide: (state: RegistryState) => Decision<T>): Promise<T> {
    for (;;) {
      await this.catchUp();
      const { change, answer } = decide(this.state);
      if (!change) return answer;
      const number = this.state.changes + 1;
      const appended = await this.#log.append(changeSubject(number), JSON.stringify(change), { expectedLast: 0 });
      if (appended.kind === 'conflict') continue; // somebody else's change came first
      if (this.state.changes < number) evolve(this.state, change);
      return answer;
    }
  }

  /** Several may read ahead at once, so the next one may be here already. */
  #apply({ subject, payload }: StoredMessage): void {
    if (subject !== changeSubject(this.state.changes + 1)) {
      if (subject < changeSubject(this.state.changes + 1)) return;
      throw unreadable(subject, 'the one before it is missing');
    }
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(payload));
    } catch (cause) {
      throw unreadable(subject, cause instanceof Error ? cause.message : String(cause));
    }
    const change = Change.safeParse(json);
    if (!change.success) throw unreadable(subject, change.error.message);
    evolve(this.state, change.data);
  }
}

function unreadable(subject: string, why: string): UnreadableChangeError {
  return new UnreadableChangeError(
    `Cannot read "${subject}" of stream "${STREAM}": ${why}; use the build that wrote it, or restore the bucket`,
  );
}

/** Digits enough for keys to list in order. */
function changeSubject(number: number): string {
  return `${PREFIX}${String(number).padStart(10, '0')}`;
}
