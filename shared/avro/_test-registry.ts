/** A small schema registry over HTTP for tests: real requests, answers that the test decides. */
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly path: string;
  readonly method: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export class TestRegistry implements AsyncDisposable {
  /** By path with its query; others get the 404 of a web server. */
  readonly answers = new Map<string, Answer>();
  readonly asked: Asked[] = [];
  /** Requests are answered when this is done. */
  gate: Promise<void> = Promise.resolve();
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status = 200, body, headers }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });

  static async start(port = 0): Promise<TestRegistry> {
    const registry = new TestRegistry();
    registry.#server.listen(port, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The paths asked for, in order. */
  get paths(): readonly string[] {
    return this.asked.map(({ path }) => path);
  }

  schema(id: number | string, schema: unknown, more: object = {}): void {
    const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${id}`;
    this.answers.set(path, { body: { schema: JSON.stringify(schema), ...more } });
  }

  missing(path: string, errorCode = 40403): void {
    this.answers.set(path, { status: 404, body: { error_code: errorCode, message: 'not found' } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { url: path = '', method = '', headers } = request;
    this.asked.push({
      path,
      method,
      authorization: headers.authorization,
      body: text === '' ? undefined : JSON.parse(text),
    });
    await this.gate;
    return (
      this.answers.get(path) ?? {
        status: 404,
        body: '<html>no such page</html>',
        headers: { 'content-type': 'text/html' },
      }
    );
  }
}
