/**
 * A Log that notes what is asked of it, can be away, and can hold a call back. For tests of what stands on the port.
 * Does not store anything: that is the log behind it.
 */
import {
  type Appended,
  type AppendOptions,
  type BatchQuery,
  type ChainedMessage,
  type ChainStart,
  type LastOptions,
  type Log,
  LogUnavailableError,
  type ReadOptions,
  type StoredMessage,
  type StreamState,
} from '../log/log.ts';

export interface Call {
  readonly kind: 'append' | 'last' | 'lastOfEach' | 'batch' | 'read' | 'purge' | 'state';
  /** The subject, or the stream of a read, a state or many subjects. */
  readonly of: string;
  readonly options?: AppendOptions;
}

export class WatchedLog implements Log {
  readonly #log: Log;
  readonly calls: Call[] = [];
  /** Readers that have begun and not ended. */
  reading = 0;
  /** Every call but `read` throws LogUnavailableError, and has no effect. */
  away = false;
  /** Runs before a call goes on. */
  before: (call: Call) => Promise<void> | void = () => {};

  constructor(log: Log) {
    this.#log = log;
  }

  get maxPayload(): number {
    return this.#log.maxPayload;
  }

  /** The calls of these kinds as text: `append $KV.sales.p00.a if 3`, without the `if` when there is no expectation. */
  said(...kinds: Call['kind'][]): string[] {
    return this.calls.filter(({ kind }) => kinds.includes(kind)).map(describe);
  }

  async append(subject: string, payload: Uint8Array | string, options: AppendOptions = {}): Promise<Appended> {
    await this.#pass({ kind: 'append', of: subject, options });
    return this.#log.append(subject, payload, options);
  }

  async appendChain(subject: string, after: ChainStart, messages: readonly ChainedMessage[]): Promise<Appended> {
    await this.#pass({ kind: 'append', of: subject });
    return this.#log.appendChain(subject, after, messages);
  }

  async last(stream: string, subject: string, options?: LastOptions): Promise<StoredMessage | undefined> {
    await this.#pass({ kind: 'last', of: subject });
    return this.#log.last(stream, subject, options);
  }

  async lastOfEach(stream: string, subjects: readonly string[]): Promise<StoredMessage[]> {
    await this.#pass({ kind: 'lastOfEach', of: stream });
    return this.#log.lastOfEach(stream, subjects);
  }

  async batch(query: BatchQuery): Promise<StoredMessage[]> {
    await this.#pass({ kind: 'batch', of: query.stream });
    return this.#log.batch(query);
  }

  read(options: ReadOptions): AsyncIterable<StoredMessage> {
    this.calls.push({ kind: 'read', of: options.stream });
    return this.#count(this.#log.read(options));
  }

  async purge(stream: string, subject: string, belowSeq: number): Promise<void> {
    await this.#pass({ kind: 'purge', of: subject });
    return this.#log.purge(stream, subject, belowSeq);
  }

  async state(stream: string): Promise<StreamState> {
    await this.#pass({ kind: 'state', of: stream });
    return this.#log.state(stream);
  }

  async *#count(messages: AsyncIterable<StoredMessage>): AsyncGenerator<StoredMessage> {
    this.reading++;
    try {
      yield* messages;
    } finally {
      this.reading--;
    }
  }

  async #pass(call: Call): Promise<void> {
    this.calls.push(call);
    await this.before(call);
    if (this.away) throw new LogUnavailableError(`Cannot ${describe(call)}: the log is away`);
  }
}

function describe({ kind, of, options }: Call): string {
  return options?.expectedLast === undefined ? `${kind} ${of}` : `${kind} ${of} if ${options.expectedLast}`;
}
