/** A client of a stream, for tests: reads server-sent events as the HTML standard says, and waits for what it is told to. */

export interface SseEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

export class SseReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #utf8 = new TextDecoder();
  #text = '';
  #event = '';
  #data: string[] = [];
  #isEnded = false;
  readonly events: SseEvent[] = [];
  /** Comment lines. */
  comments = 0;
  /** Where it would resume: also from ids that came without an event. */
  lastEventId = '';
  retry: number | undefined;

  constructor(body: ReadableStream<Uint8Array> | null) {
    if (!body) throw new Error('There is no body to read');
    this.#reader = body.getReader();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Reads on until it holds, or the stream ends. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds() && (await this.#readOn()));
  }

  /** Reads until so many events of this name have come in all; the last one. */
  async nth(name: string, count = 1): Promise<SseEvent | undefined> {
    const of = () => this.events.filter(({ event }) => event === name);
    await this.until(() => of().length >= count);
    return of()[count - 1];
  }

  async toEnd(): Promise<void> {
    await this.until(() => false);
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  async #readOn(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (done) this.#isEnded = true;
    else this.#take(this.#utf8.decode(value, { stream: true }));
    return !done;
  }

  #take(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (line === '') this.#dispatch();
    else if (line.startsWith(':')) this.comments++;
    else if (field === 'id') this.lastEventId = value;
    else if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'retry') this.retry = Number(value);
  }

  #dispatch(): void {
    if (this.#data.length > 0)
      this.events.push({ id: this.lastEventId, event: this.#event, data: JSON.parse(this.#data.join('\n')) });
    this.#data = [];
    this.#event = '';
  }
}
