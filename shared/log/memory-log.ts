/**
 * The Log port in memory: the twin of jetstream-log.ts for unit tests, with faults on demand.
 *
 * A process of the mesh is a `MemoryClient`: killed, its appends never reach the log and its readers end, as after
 * SIGKILL. Faults are asked for per append, by a function that a test seeds.
 */
import type {
  Appended,
  AppendOptions,
  BatchQuery,
  ChainedMessage,
  ChainStart,
  Log,
  ReadOptions,
  StoredMessage,
  StreamState,
} from './log.ts';
import { LogRefusedError, LogUnavailableError, MESSAGE_ID_HEADER } from './log.ts';
import { streamOf } from './names.ts';

/** `lost`: never stored. `unacked`: stored, but the caller learns nothing. Both end in LogUnavailableError. */
export type Fault = 'lost' | 'unacked';
export type FaultInjector = (subject: string) => Fault | undefined;

interface MemoryStream {
  readonly createdMs: number;
  messages: StoredMessage[];
  lastSeq: number;
  readonly lastBySubject: Map<string, StoredMessage>;
}

export class MemoryLog {
  readonly #streams = new Map<string, MemoryStream>();
  readonly #waiting = new Set<() => void>();
  readonly maxPayload: number;
  /** Appends stored so far: a clock for tests. */
  appends = 0;
  /** The server's time, ms: when messages are stored, and streams made. */
  nowMs = 0;
  readonly #absent = new Set<string>();

  constructor(maxPayload = 8 * 1024 * 1024) {
    this.maxPayload = maxPayload;
  }

  /** A process that uses the log. */
  client(faults?: FaultInjector): MemoryClient {
    return new MemoryClient(this, faults);
  }

  stream(name: string): MemoryStream {
    let stream = this.#streams.get(name);
    if (!stream) {
      stream = { messages: [], lastSeq: 0, lastBySubject: new Map(), createdMs: this.nowMs };
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** The next message stored makes it anew; until then it is not there. */
  deleteStream(name: string): void {
    const createdMs = Math.max(this.nowMs, this.stream(name).createdMs + 1);
    this.#streams.set(name, { messages: [], lastSeq: 0, lastBySubject: new Map(), createdMs });
    this.#absent.add(name);
    this.wake();
  }

  isAbsent(name: string): boolean {
    return this.#absent.has(name);
  }

  store(subject: string, payload: Uint8Array | string, options: AppendOptions): Appended {
    const name = streamOf(subject);
    const stream = this.stream(name);
    const previous = stream.lastBySubject.get(subject);
    if (options.expectedLast !== undefined && options.expectedLast !== (previous?.seq ?? 0))
      return { kind: 'conflict' };
    const { headers = {}, ttlMs } = options;
    const head = Object.entries(ttlMs === undefined ? headers : { ...headers, 'Nats-TTL': `${ttlMs / 1000}s` });
    const message = storedMessage(subject, ++stream.lastSeq, payload, head, this.nowMs);
    if (name.startsWith('KV_') && previous) stream.messages.splice(stream.messages.indexOf(previous), 1);
    return this.#keep(stream, message);
  }

  storeBehind(subject: string, after: ChainStart, { id, payload, head }: ChainedMessage): Appended {
    const stream = this.stream(streamOf(subject));
    const last = stream.messages.at(-1);
    const holds = after.kind === 'seq' ? after.seq === stream.lastSeq : after.id === last?.header(MESSAGE_ID_HEADER);
    if (!holds) return { kind: 'conflict' };
    const headers = [[MESSAGE_ID_HEADER, id] as const, ...parseLines(head)];
    return this.#keep(stream, storedMessage(subject, ++stream.lastSeq, payload, headers, this.nowMs));
  }

  purge(name: string, subject: string, belowSeq: number): void {
    const stream = this.stream(name);
    stream.messages = stream.messages.filter((message) => message.subject !== subject || message.seq >= belowSeq);
    const last = stream.lastBySubject.get(subject);
    if (last && last.seq < belowSeq) stream.lastBySubject.delete(subject);
  }

  #keep(stream: MemoryStream, message: StoredMessage): Appended {
    stream.messages.push(message);
    stream.lastBySubject.set(message.subject, message);
    this.#absent.delete(streamOf(message.subject));
    this.appends++;
    this.wake();
    return { kind: 'stored', seq: message.seq };
  }

  /** Resolves at the next append or kill. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

export class MemoryClient implements Log {
  readonly #log: MemoryLog;
  readonly #faults: FaultInjector | undefined;
  #chains: Promise<unknown> = Promise.resolve();
  #killed = false;

  constructor(log: MemoryLog, faults?: FaultInjector) {
    this.#log = log;
    this.#faults = faults;
  }

  get maxPayload(): number {
    return this.#log.maxPayload;
  }

  /** As SIGKILL: nothing this client does from now on has an effect, and nothing it waits for arrives. */
  kill(): void {
    this.#killed = true;
    this.#log.wake();
  }

  async append(subject: string, payload: Uint8Array | string, options: AppendOptions = {}): Promise<Appended> {
    await this.#alive();
    const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    if (size > this.maxPayload)
      throw new LogRefusedError(`Cannot append ${size} bytes to "${subject}": the log takes ${this.maxPayload}`);
    const fault = this.#faults?.(subject);
    if (fault === 'lost')
      throw new LogUnavailableError(`Cannot tell whether "${subject}" was stored: no answer in time`);
    const appended = this.#log.store(subject, payload, options);
    if (fault === 'unacked')
      throw new LogUnavailableError(`Cannot tell whether "${subject}" was stored: no answer in time`);
    await this.#alive();
    return appended;
  }

  /** Chains go one behind the other, as on one connection; what other clients do comes in between their messages. */
  appendChain(subject: string, after: ChainStart, messages: readonly ChainedMessage[]): Promise<Appended> {
    const sent = this.#chains.then(() => this.#storeChain(subject, after, messages));
    this.#chains = sent.catch(() => {});
    return sent;
  }

  async #storeChain(subject: string, after: ChainStart, messages: readonly ChainedMessage[]): Promise<Appended> {
    let appended: Appended = { kind: 'conflict' };
    let expected = after;
    for (const [at, message] of messages.entries()) {
      await this.#alive();
      const fault = this.#faults?.(subject);
      const unknown = new LogUnavailableError(`Cannot tell whether "${subject}" was stored: no answer in time`);
      if (fault !== 'lost') appended = this.#log.storeBehind(subject, expected, message);
      if (fault !== undefined && at + 1 === messages.length) throw unknown;
      expected = { kind: 'id', id: message.id };
    }
    await this.#alive();
    return appended;
  }

  async last(stream: string, subject: string): Promise<StoredMessage | undefined> {
    await this.#alive();
    return this.#log.stream(stream).lastBySubject.get(subject);
  }

  async lastOfEach(stream: string, subjects: readonly string[]): Promise<StoredMessage[]> {
    await this.#alive();
    const matches = subjects.map(subjectMatcher);
    return [...this.#log.stream(stream).lastBySubject.values()].filter(({ subject }) =>
      matches.some((m) => m(subject)),
    );
  }

  async batch({ stream, fromSeq, messages, bytes }: BatchQuery): Promise<StoredMessage[]> {
    await this.#alive();
    const found: StoredMessage[] = [];
    let left = bytes;
    for (const message of this.#log.stream(stream).messages) {
      if (message.seq < fromSeq) continue;
      left -= message.payload.length + message.subject.length;
      if (found.length >= messages || (found.length > 0 && left < 0)) break;
      found.push(message);
    }
    return found;
  }

  async *read(options: ReadOptions): AsyncGenerator<StoredMessage> {
    const { signal } = options;
    const matches = options.subjects.map(subjectMatcher);
    const stop = () => this.#log.wake();
    signal.addEventListener('abort', stop, { once: true });
    let next = options.lastPerSubject ? 1 : (options.fromSeq ?? 1);
    let superseded = options.lastPerSubject ? this.#log.stream(options.stream).lastSeq : 0;
    try {
      while (!signal.aborted && !this.#killed) {
        const stream = this.#log.stream(options.stream);
        const behind = next;
        const wanted = stream.messages.filter(
          (message) =>
            message.seq >= behind &&
            matches.some((match) => match(message.subject)) &&
            (message.seq > superseded || stream.lastBySubject.get(message.subject) === message),
        );
        superseded = 0;
        if (wanted.length === 0 && options.toEnd) return;
        if (wanted.length === 0) await this.#log.changed();
        for (const [at, message] of wanted.entries()) {
          if (signal.aborted || this.#killed) return;
          next = message.seq + 1;
          yield { ...message, pending: wanted.length - at - 1 };
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async purge(stream: string, subject: string, belowSeq: number): Promise<void> {
    await this.#alive();
    this.#log.purge(stream, subject, belowSeq);
  }

  async state(stream: string): Promise<StreamState> {
    await this.#alive();
    if (this.#log.isAbsent(stream)) throw noStream(stream);
    const { messages, lastSeq, createdMs } = this.#log.stream(stream);
    const bytes = messages.reduce((sum, message) => sum + message.payload.length, 0);
    return { firstSeq: messages[0]?.seq ?? lastSeq + 1, lastSeq, messages: messages.length, bytes, createdMs };
  }

  /** A turn of the event loop, as every answer of a server takes at least one; never comes back once killed. */
  async #alive(): Promise<void> {
    await Promise.resolve();
    if (this.#killed) await new Promise<never>(() => {});
  }
}

const utf8 = new TextEncoder();

function noStream(name: string): Error {
  return Object.assign(new Error(`Cannot find stream "${name}"`), { name: 'StreamNotFoundError' });
}

function storedMessage(
  subject: string,
  seq: number,
  payload: Uint8Array | string,
  head: readonly (readonly [name: string, value: string])[],
  timeMs: number,
): StoredMessage {
  const headers = new Map<string, string[]>();
  for (const [name, value] of head) headers.set(name, [...(headers.get(name) ?? []), value.trim()]);
  return {
    subject,
    seq,
    payload: typeof payload === 'string' ? utf8.encode(payload) : payload,
    timeMs,
    pending: 0,
    header: (name) => headers.get(name)?.[0],
    headers: () => headers,
  };
}

/** Header lines as the client of the real log reads them. */
function parseLines(head: string): (readonly [name: string, value: string])[] {
  const lines = head.split('\r\n').filter((line) => line !== '');
  return lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}

/** NATS subject matching: `*` is one token, `>` is one or more at the end. */
function subjectMatcher(pattern: string): (subject: string) => boolean {
  if (!/[*>]/.test(pattern)) return (subject) => subject === pattern;
  const wanted = pattern.split('.');
  const open = wanted.at(-1) === '>';
  return (subject) => {
    const tokens = subject.split('.');
    if (open ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
    return wanted.every((token, at) => token === '*' || token === '>' || token === tokens[at]);
  };
}
