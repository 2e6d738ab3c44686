/**
 * Acks of publishes by one inbox of ours: no request object, no timer and no subscription for each message.
 *
 * Owns what was published and not acked yet. Does not own the publishing, or when to look for what has expired.
 */
import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { type Appended, LogRefusedError, LogUnavailableError } from './log.ts';

interface PendingAck {
  readonly subject: string;
  readonly deadline: number;
  /** A copy of its last message that was stored before is somebody else's. */
  readonly isChain: boolean;
  resolve(result: Appended): void;
  reject(error: Error): void;
}

export class PublishAcks {
  readonly #timeoutMs: number;
  readonly #inbox: string;
  readonly #pending = new Map<string, PendingAck>();
  #next = 0;

  constructor(connection: NatsConnection, inboxPrefix: string, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#inbox = createInbox(inboxPrefix);
    connection.subscribe(`${this.#inbox}.*`, { callback: (_error, message) => this.#settle(message) });
  }

  /** `publish` gets the reply subject. Rejects with LogUnavailableError when the outcome is unknown. */
  wait(subject: string, isChain: boolean, publish: (reply: string) => void): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const token = (this.#next++).toString(36);
      this.#pending.set(token, { subject, deadline: Date.now() + this.#timeoutMs, isChain, resolve, reject });
      publish(`${this.#inbox}.${token}`);
    });
  }

  /** Gives up on what was to be acked by now. */
  expire(now: number): void {
    for (const [token, ack] of this.#pending) if (ack.deadline <= now) this.#fail(token, ack, 'no answer in time');
  }

  /** Gives up on everything: no answer can come any more. */
  lose(why: string): void {
    for (const [token, ack] of this.#pending) this.#fail(token, ack, why);
  }

  #settle(message: Msg): void {
    const token = message.subject.slice(this.#inbox.length + 1);
    const ack = this.#pending.get(token);
    if (!ack) return; // acked after its time-out: the caller has already looked
    this.#pending.delete(token);
    const answer = message.data.length === 0 ? undefined : (message.json() as AckAnswer);
    if (answer?.error === undefined && answer?.seq !== undefined) {
      ack.resolve(answer.duplicate && ack.isChain ? { kind: 'conflict' } : { kind: 'stored', seq: answer.seq });
      return;
    }
    settleError(ack, answer?.error);
  }

  #fail(token: string, ack: PendingAck, why: string): void {
    this.#pending.delete(token);
    ack.reject(new LogUnavailableError(`Cannot tell whether "${ack.subject}" was stored: ${why}`));
  }
}

interface AckAnswer {
  readonly seq?: number;
  /** A message with this id was stored before. */
  readonly duplicate?: boolean;
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
}

/** nats-server's error codes for a compare-and-set that did not hold: by sequence (twice), by message id. */
const WRONG_LAST = new Set([10071, 10164, 10070]);
/** The stream could not store it: it is full, or the disk is. */
const NOT_STORED = 10077;
/** An earlier copy of the same message is being replicated: what becomes of it is not known yet. */
const MESSAGE_IN_PROCESS = 10158;

function settleError(ack: PendingAck, error: AckAnswer['error']): void {
  const advice = error?.err_code === NOT_STORED ? "; raise the stream's limits, or make room" : '';
  const text = `${error?.description ?? 'no stream answered; see that there is one for this subject'}${advice}`;
  if (error?.err_code !== undefined && WRONG_LAST.has(error.err_code)) ack.resolve({ kind: 'conflict' });
  else if (error === undefined || error.code >= 500 || error.err_code === MESSAGE_IN_PROCESS)
    ack.reject(new LogUnavailableError(`Cannot append to "${ack.subject}": ${text}`));
  else ack.reject(new LogRefusedError(`Cannot append to "${ack.subject}": ${text}`));
}
