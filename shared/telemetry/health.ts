/**
 * The small HTTP server every worker has: /livez, /readyz, /metrics on 127.0.0.1.
 * It owns the server; what is wrong is asked of the worker at every request, as sentences.
 *
 * Invariants (health.test.ts):
 * 1. /readyz and /livez are 200 exactly when there is no reason against it, else 503 with all reasons.
 * 2. A check that throws is a reason, never a crash.
 * 3. Disposing it ends open connections, so a stopping worker does not wait for a scraper.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Metrics } from './metrics.ts';

export interface HealthOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** Why the process should be restarted; [] when it need not. */
  readonly live?: () => readonly string[];
  /** Why it cannot do its work now; [] when it can. */
  readonly ready: () => readonly string[];
}

export interface HealthServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

export interface HealthAnswer {
  readonly status: 'ok' | 'unavailable';
  readonly reasons: readonly string[];
}

interface Answer {
  readonly code: number;
  readonly type: string;
  readonly body: string;
}

const HOST = '127.0.0.1';

export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => void respond(options, request, response));
  const port = await listen(server, options.port);
  return { url: `http://${HOST}:${port}`, port, [Symbol.asyncDispose]: () => close(server) };
}

/** What a health check's reasons amount to. A check that throws is itself a reason. */
export function checkHealth(check: () => readonly string[]): HealthAnswer {
  try {
    const reasons = check();
    return { status: reasons.length === 0 ? 'ok' : 'unavailable', reasons };
  } catch (error) {
    return {
      status: 'unavailable',
      reasons: [`Cannot check health: ${error instanceof Error ? error.message : error}`],
    };
  }
}

async function respond(options: HealthOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerTo(options, request).catch(
    (error: unknown): Answer => json(500, { status: 'error', reasons: [`Cannot answer: ${String(error)}`] }),
  );
  response.writeHead(answer.code, {
    'content-type': answer.type,
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(answer.body),
    ...(answer.code === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerTo(options: HealthOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return json(405, { status: 'error', reasons: [`Cannot ${request.method} here: use GET`] });
  switch (request.url?.split('?')[0]) {
    case '/livez':
      return health(checkHealth(options.live ?? (() => [])));
    case '/readyz':
      return health(checkHealth(options.ready));
    case '/metrics':
      return { code: 200, type: options.metrics.contentType, body: await options.metrics.text() };
    default:
      return json(404, { status: 'error', reasons: ['Nothing is here: try /livez, /readyz or /metrics'] });
  }
}

function health(answer: HealthAnswer): Answer {
  return json(answer.status === 'ok' ? 200 : 503, answer);
}

function json(code: number, body: unknown): Answer {
  return { code, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Error(`Cannot serve health on ${HOST}:${port}: choose another WEIR_HTTP_PORT, or 0 for a free one`, {
          cause,
        }),
      ),
    );
    server.listen(port, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error(`Cannot read the port of ${HOST}:${port}`));
      else resolve(address.port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
