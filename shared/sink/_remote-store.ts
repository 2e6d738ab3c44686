/** A MemoryStore that other processes reach over HTTP, for tests of sinks as processes. */
import { createServer, type IncomingMessage } from 'node:http';
import {
  type MemoryStore,
  type MemoryTarget,
  MemoryTarget as Target,
  type MemoryTargetOptions,
} from './_memory-target.ts';
import {
  type RefusedEntry,
  type SinkEntry,
  SinkFencedError,
  type SinkPosition,
  type SinkSource,
  type SinkTarget,
  SinkUnavailableError,
} from './sink-target.ts';

interface Question {
  /** The process that asks. */
  readonly by: string;
  readonly call: 'claim' | 'write' | 'save' | 'keys';
  readonly bucket: string;
  readonly life?: number;
  readonly position?: SinkPosition;
  readonly entries?: readonly SinkEntry[];
}

interface Answer {
  readonly fenced?: boolean;
  readonly unavailable?: 'away' | 'throttled' | 'full';
  readonly error?: string;
  readonly position?: SinkPosition | undefined;
  readonly refused?: readonly RefusedEntry[];
  readonly keys?: readonly string[];
}

export interface ServedStore extends AsyncDisposable {
  readonly url: string;
}

export async function serveStore(store: MemoryStore, options: MemoryTargetOptions = {}): Promise<ServedStore> {
  const targets = new Map<string, MemoryTarget>();
  const server = createServer((request, response) => {
    void answerTo(request).then((answer) => response.end(JSON.stringify(answer)));
  });
  const answerTo = async (request: IncomingMessage): Promise<Answer> => {
    const chunks = await Array.fromAsync(request);
    const question = JSON.parse(Buffer.concat(chunks).toString()) as Question;
    const target = targets.get(question.by) ?? new Target(store, [], options);
    targets.set(question.by, target);
    try {
      return await answer(target, question);
    } catch (error) {
      if (error instanceof SinkFencedError) return { fenced: true, error: error.message };
      if (error instanceof SinkUnavailableError) return { unavailable: error.kind, error: error.message };
      return { error: String(error) };
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Cannot read the port of the store');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(target: MemoryTarget, question: Question): Promise<Answer> {
  const { bucket, life = 0, position, entries = [] } = question;
  const signal = new AbortController().signal;
  switch (question.call) {
    case 'claim':
      return { position: await target.claim(bucket, life) };
    case 'write':
      return { refused: await target.write(bucket, entries, signal) };
    case 'save':
      if (position) await target.save(bucket, position);
      return {};
    case 'keys':
      return { keys: await Array.fromAsync(target.storedKeys(bucket, signal)) };
  }
}

/** What a process uses. */
export class RemoteTarget implements SinkTarget, AsyncDisposable {
  readonly name = 'memory';
  readonly batchSize = 50;
  readonly sources: readonly SinkSource[];
  readonly #url: string;
  readonly #by: string;

  constructor(url: string, by: string, sources: readonly SinkSource[]) {
    this.#url = url;
    this.#by = by;
    this.sources = sources;
  }

  async claim(bucket: string, life: number): Promise<SinkPosition | undefined> {
    return (await this.#ask({ call: 'claim', bucket, life })).position;
  }

  async write(bucket: string, entries: readonly SinkEntry[]): Promise<readonly RefusedEntry[]> {
    return (await this.#ask({ call: 'write', bucket, entries })).refused ?? [];
  }

  async save(bucket: string, position: SinkPosition): Promise<void> {
    await this.#ask({ call: 'save', bucket, position });
  }

  async *storedKeys(bucket: string): AsyncGenerator<string> {
    yield* (await this.#ask({ call: 'keys', bucket })).keys ?? [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #ask(question: Omit<Question, 'by'>): Promise<Answer> {
    const body = JSON.stringify({ ...question, by: this.#by });
    let answer: Answer;
    try {
      const response = await fetch(this.#url, { method: 'POST', body, signal: AbortSignal.timeout(5_000) });
      answer = (await response.json()) as Answer;
    } catch (cause) {
      throw new SinkUnavailableError(`Cannot reach the store at ${this.#url}`, 'away', { cause });
    }
    const { error, fenced, unavailable } = answer;
    if (fenced) throw new SinkFencedError(error);
    if (unavailable !== undefined) throw new SinkUnavailableError(error ?? '', unavailable);
    if (error !== undefined) throw new Error(error);
    return answer;
  }
}
