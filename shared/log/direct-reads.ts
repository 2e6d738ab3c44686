/**
 * Direct reads of the newest message of a subject, which any replica of its stream answers.
 *
 * Owns one inbox for all answers. Does not own the connection, nor when answers can come no more (`lose`, `expire`).
 * A read is one publish: the library's request makes a timer, an error with its stack, and four promises of each.
 * Invariants (log.contract.ts, jetstream-log.int.test.ts):
 * 1. Reads of one turn of the event loop leave together: a write to the socket costs more than a question.
 * 2. Each is answered, or fails: with NoRespondersError when nobody answers directly, LogUnavailableError in time.
 */
import { createInbox, Empty, type Msg, type NatsConnection, NoRespondersError } from '@nats-io/nats-core';
import { isPassing } from './is-passing.ts';
import { LogRefusedError, LogUnavailableError, type StoredMessage } from './log.ts';

interface Question {
  readonly stream: string;
  readonly subject: string;
  readonly deadlineMs: number;
  resolve(message: StoredMessage | undefined): void;
  reject(error: Error): void;
}

const NO_MESSAGE = 404;
const NO_RESPONDERS = 503;

export class DirectReads {
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  readonly #timeoutMs: number;
  readonly #asked = new Map<string, Question>();
  /** Tokens of those that have not left yet. */
  #leaving: string[] = [];
  #next = 0;

  constructor(connection: NatsConnection, inboxPrefix: string, timeoutMs: number) {
    this.#connection = connection;
    this.#inbox = createInbox(inboxPrefix);
    this.#timeoutMs = timeoutMs;
    connection.subscribe(`${this.#inbox}.*`, { callback: (_error, message) => this.#settle(message) });
  }

  last(stream: string, subject: string): Promise<StoredMessage | undefined> {
    return new Promise((resolve, reject) => {
      const token = (this.#next++).toString(36);
      this.#asked.set(token, { stream, subject, deadlineMs: Date.now() + this.#timeoutMs, resolve, reject });
      if (this.#leaving.push(token) === 1) setImmediate(() => this.#send());
    });
  }

  /** No answer can come to what was asked before. */
  lose(why: string): void {
    for (const token of [...this.#asked.keys()]) this.#fail(token, why);
  }

  expire(nowMs: number): void {
    for (const [token, { deadlineMs }] of this.#asked) if (deadlineMs <= nowMs) this.#fail(token, 'no answer in time');
  }

  #send(): void {
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const token of leaving) {
      const question = this.#asked.get(token);
      if (!question) continue;
      try {
        this.#connection.publish(`$JS.API.DIRECT.GET.${question.stream}.${question.subject}`, Empty, {
          reply: `${this.#inbox}.${token}`,
        });
      } catch (cause) {
        this.#take(token)?.reject(unsent(question.subject, cause));
      }
    }
  }

  #settle(message: Msg): void {
    const question = this.#take(message.subject.slice(this.#inbox.length + 1));
    if (!question) return; // its time was over
    const { subject, resolve, reject } = question;
    const { code = 0, description = '' } = message.headers ?? {};
    if (code === 0) resolve(new DirectMessage(subject, message));
    else if (code === NO_MESSAGE) resolve(undefined);
    else if (code === NO_RESPONDERS) reject(new NoRespondersError(subject));
    else reject(failure(subject, code, description));
  }

  #fail(token: string, why: string): void {
    const question = this.#take(token);
    question?.reject(new LogUnavailableError(`Cannot read the last message of "${question.subject}": ${why}`));
  }

  #take(token: string): Question | undefined {
    const question = this.#asked.get(token);
    this.#asked.delete(token);
    return question;
  }
}

function unsent(subject: string, cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(`Cannot read the last message of "${subject}"`, { cause });
  if (!isPassing(cause)) return cause;
  return new LogUnavailableError(`Cannot read the last message of "${subject}": ${cause.message}`, { cause });
}

function failure(subject: string, code: number, description: string): Error {
  const text = `Cannot read the last message of "${subject}": ${description} (${code})`;
  return code >= 500 || code === 408 ? new LogUnavailableError(text) : new LogRefusedError(text);
}

/** Headers are looked at only as far as somebody asks for them. */
class DirectMessage implements StoredMessage {
  readonly subject: string;
  readonly pending = 0;
  readonly #message: Msg;

  constructor(subject: string, message: Msg) {
    this.subject = subject;
    this.#message = message;
  }

  get payload(): Uint8Array {
    return this.#message.data;
  }

  get seq(): number {
    return Number(this.header('Nats-Sequence'));
  }

  get timeMs(): number {
    return Date.parse(this.header('Nats-Time-Stamp') ?? '');
  }

  header(name: string): string | undefined {
    const { headers } = this.#message;
    return headers?.has(name) ? headers.get(name) : undefined;
  }

  headers(): Iterable<[string, string[]]> {
    return this.#message.headers ?? [];
  }
}
