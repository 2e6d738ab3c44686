/**
 * One append behind a known last message, until its outcome is known.
 *
 * Owns: settling lost acks, conflicts and outages. Does not own: what to do when the subject has moved on (its users).
 *
 * Invariants (tested in partition-session.test.ts, "faults"):
 * 1. It is repeated only with the same expectation, so it is stored at most once.
 * 2. After a conflict it goes on only if this process owns the Kafka partition, as a heartbeat after the conflict
 *    confirms; otherwise the session ends. Two owners cannot fight for ever.
 * 3. An outage is waited out, with back-off, for as long as the session lives.
 */
import { type Log, LogRefusedError, LogUnavailableError, type StoredMessage } from '../../shared/log/log.ts';
import { EVENTS } from '../../shared/log/names.ts';

export interface Fence {
  readonly log: Log;
  /** Aborted: the session has ended. */
  readonly signal: AbortSignal;
  /** True once a heartbeat sent from now on was accepted; false when the partition was lost. */
  confirmOwner(): Promise<boolean>;
  /** What keeps the session from going on; undefined: nothing any more. */
  onTrouble(problem: Error | undefined): void;
  /** An append of this many bytes was acked. */
  onAck?(bytes: number, ms: number): void;
  /** Another message was last than expected. */
  onConflict?(): void;
}

/** The session has ended: what was in flight is the next owner's to settle. */
export class SessionEndedError extends Error {
  readonly code = 'session-ended';
}

export type FencedAppend =
  | { readonly kind: 'stored'; readonly seq: number }
  /** The subject's last message is another one than expected (it may be ours, with a lost ack). */
  | { readonly kind: 'moved'; readonly last: StoredMessage | undefined };

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

export async function appendFenced(
  fence: Fence,
  subject: string,
  payload: string,
  expectedLast: number,
  headers: Readonly<Record<string, string>>,
): Promise<FencedAppend> {
  let unknown = false;
  return untilAvailable(fence, async () => {
    if (unknown) {
      const last = await fence.log.last(EVENTS, subject);
      if ((last?.seq ?? 0) !== expectedLast) return { kind: 'moved', last };
    }
    unknown = true;
    const sentAt = performance.now();
    const appended = await fence.log.append(subject, payload, { expectedLast, headers });
    if (appended.kind === 'stored') {
      fence.onAck?.(payload.length, performance.now() - sentAt);
      return appended;
    }
    fence.onConflict?.();
    if (!(await fence.confirmOwner()))
      throw new SessionEndedError(`Stopped writing "${subject}": another bridge owns the partition now`);
    return { kind: 'moved', last: await fence.log.last(EVENTS, subject) };
  });
}

/** Repeats work that is safe to repeat while the log cannot be reached, or refuses what an operator can mend. */
export async function untilAvailable<T>(fence: Fence, work: () => Promise<T>): Promise<T> {
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
    if (fence.signal.aborted) throw new SessionEndedError('Stopped: the session has ended');
    try {
      const result = await work();
      if (wait > FIRST_RETRY_MS) fence.onTrouble(undefined); // another's trouble is not over because this went well
      return result;
    } catch (error) {
      if (!(error instanceof LogUnavailableError || error instanceof LogRefusedError)) throw error;
      fence.onTrouble(error);
      await pause(wait, fence.signal);
    }
  }
}

/** Resolves after this time, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
