/**
 * An HTTP proxy in front of a real DynamoDB Local that does to requests what networks and quotas do: for tests.
 * A request that is held reaches the server when it is released, whether or not who sent it still waits.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export type Fault =
  | { readonly kind: 'pass' }
  /** Not forwarded before `release`. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** The server does it, the client never hears of it. */
  | { readonly kind: 'lost-answer' }
  /** Answered here, as AWS does. */
  | { readonly kind: 'error'; readonly status: number; readonly name: string; readonly message: string }
  /** Statements whose index is taken get this code, and are not forwarded. */
  | { readonly kind: 'statements'; readonly code: string; readonly takes: (index: number) => boolean };

interface Request {
  /** `BatchExecuteStatement`. */
  readonly action: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface StatementsBody {
  Statements: unknown[];
}

export const PASS: Fault = { kind: 'pass' };
export const THROTTLED: Fault = {
  kind: 'error',
  status: 400,
  name: 'ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput for the table was exceeded',
};

export class FaultProxy implements AsyncDisposable {
  readonly #target: string;
  readonly #server: Server;
  readonly #held: (() => Promise<void>)[] = [];
  /** Asked for every request. */
  fault: (action: string) => Fault = () => PASS;
  requests = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('Cannot name the proxy: it does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  get heldRequests(): number {
    return this.#held.length;
  }

  /** Resolves when the server has answered all of them. */
  async release(): Promise<void> {
    await Promise.all(this.#held.splice(0).map((forward) => forward()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const request = { action, headers: incoming.headers, body: await buffer(incoming) };
    this.requests++;
    const fault = this.fault(action);
    switch (fault.kind) {
      case 'pass':
        return reply(response, await this.#forward(request));
      case 'hold':
        this.#held.push(async () => reply(response, await this.#forward(request)));
        return;
      case 'slow':
        await sleep(fault.ms);
        return reply(response, await this.#forward(request));
      case 'lost-answer':
        await this.#forward(request);
        response.destroy();
        return;
      case 'error':
        return reply(response, errorAnswer(fault));
      case 'statements':
        return reply(response, await this.#forwardSome(request, fault));
    }
  }

  async #forward({ headers, body }: Request): Promise<Answer> {
    const kept = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization'].map((name) => [name, headers[name]]);
    const sent = Object.fromEntries(kept.filter(([, value]) => typeof value === 'string'));
    const answer = await fetch(this.#target, { method: 'POST', headers: sent, body: new Uint8Array(body) });
    return { status: answer.status, body: await answer.text() };
  }

  async #forwardSome(request: Request, fault: Extract<Fault, { kind: 'statements' }>): Promise<Answer> {
    if (request.action !== 'BatchExecuteStatement') return this.#forward(request);
    const { Statements }: StatementsBody = JSON.parse(request.body.toString());
    const passed = Statements.filter((_, index) => !fault.takes(index));
    const body = Buffer.from(JSON.stringify({ Statements: passed }));
    const answer = passed.length > 0 ? await this.#forward({ ...request, body }) : undefined;
    if (answer && answer.status !== 200) return answer;
    const answers: unknown[] = answer ? JSON.parse(answer.body).Responses : [];
    const Responses = Statements.map((_, index) =>
      fault.takes(index) ? { Error: { Code: fault.code, Message: 'The test says so' } } : answers.shift(),
    );
    return { status: 200, body: JSON.stringify({ Responses }) };
  }
}

function errorAnswer({ status, name, message }: Extract<Fault, { kind: 'error' }>): Answer {
  return { status, body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message }) };
}

function reply(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(body);
}
