/** The listening socket of the gateway. It owns the server; the application is a fetch handler. */
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
}

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

const DRAIN_MS = 3_000;

/** Disposing it refuses new connections, lets open requests end, and cuts those that take longer than 3 s. */
export async function serveHttp({ host, port, fetch }: ServeOptions): Promise<HttpServer> {
  const server = createServer(getRequestListener((request) => fetch(request), { overrideGlobalObjects: false }));
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
