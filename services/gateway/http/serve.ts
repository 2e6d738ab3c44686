/**
 * The listening socket of the gateway. It owns the server; the application is a fetch handler.
 *
 * Invariants (serve.int.test.ts):
 * 1. A client that sends its request slowly, or never to its end, is cut: headers within 10 s, the body within 30 s.
 * 2. What cannot be read as a request is answered by a problem, too: 400, 408, 414 or 431.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Peer } from './client-address.ts';
import { ProblemError, problemParts } from './problem.ts';

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
}

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly fetch: (request: Request, peer: Peer) => Response | Promise<Response>;
  /** For tests. */
  readonly times?: SocketTimes;
}

interface SocketTimes {
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often connections are looked at. */
  readonly checkMs: number;
}

const DRAIN_MS = 3_000;
const TIMES: SocketTimes = { headersMs: 10_000, requestMs: 30_000, checkMs: 1_000 };
/** Longer than proxies keep theirs, so that it is never this end that closes one in which a request is on its way. */
const KEEP_ALIVE_MS = 75_000;
/** Of the request's line and headers together. The application takes lines of half of it (url-length.ts). */
const MAX_HEAD_BYTES = 32 * 1024;
/** Disposing it refuses new connections, lets open requests end, and cuts those that take longer than 3 s. */
export async function serveHttp({ host, port, fetch, times = TIMES }: ServeOptions): Promise<HttpServer> {
  const listener = getRequestListener(
    (request, env) => fetch(request, { address: 'incoming' in env ? remoteAddress(env.incoming) : undefined }),
    // Global Responses become ones that keep what they were made of: a read through a stream takes longer than the answer.
    { overrideGlobalObjects: true, errorHandler: unreadable },
  );
  const server = createServer(
    {
      headersTimeout: times.headersMs,
      requestTimeout: times.requestMs,
      connectionsCheckingInterval: times.checkMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
    },
    listener,
  );
  server.on('clientError', answerClientError);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new ListenError(host, port, cause)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${bound}`, [Symbol.asyncDispose]: () => close(server) };
}

class ListenError extends Error {
  readonly code = 'listen';

  constructor(host: string, port: number, cause: Error) {
    super(`Cannot listen on ${host}:${port}: set WEIR_GATEWAY_HOST and WEIR_GATEWAY_PORT to a free address`, { cause });
  }
}

function remoteAddress(incoming: Pick<IncomingMessage, 'socket'>): string | undefined {
  return incoming.socket.remoteAddress;
}

/** A Host or a path of which no URL can be made. The application itself never rejects. */
function unreadable(error: unknown): Response {
  const problem =
    error instanceof RequestError
      ? new ProblemError('bad-request', 'Cannot read the address of this request: check its path and Host')
      : new ProblemError('internal', 'An unexpected error');
  const { status, headers, body } = problemParts(problem, '', randomUUID());
  return new Response(body, { status, headers });
}

interface ClientError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/** Node's own answer has no body. What is written here ends the connection: nobody knows where the next request starts. */
function answerClientError(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = problemParts(problemOf(error), '', randomUUID());
  const lines = Object.entries({
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    'x-content-type-options': 'nosniff',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroySoon(),
  );
}

function problemOf({ code, rawPacket }: ClientError): ProblemError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ProblemError('request-timeout', 'The request did not arrive in time: send it faster, or send less');
    case 'HPE_HEADER_OVERFLOW':
      return isRequestLine(rawPacket)
        ? new ProblemError(
            'uri-too-long',
            `Cannot take an address that long: ${MAX_HEAD_BYTES / 2} bytes are the limit`,
          )
        : new ProblemError('headers-too-large', `Cannot take more than ${MAX_HEAD_BYTES} bytes of headers: send fewer`);
    default:
      return new ProblemError('bad-request', 'Cannot read this as HTTP/1.1');
  }
}

/** The line did not end within the limit. */
function isRequestLine(packet: Buffer | undefined): boolean {
  const start = packet?.subarray(0, MAX_HEAD_BYTES).toString('latin1') ?? '';
  return /^[A-Z]+ \S*$/.test(start);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
