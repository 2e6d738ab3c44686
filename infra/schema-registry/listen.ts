/** The registry's listening socket. It owns the server; the application is a fetch handler. */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';

export interface Listening extends AsyncDisposable {
  readonly url: string;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

export class ListenError extends Error {
  readonly code = 'listen';
}

/** Disposing it ends open connections: requests are short, and clients ask again. */
export async function listen({ host, port, fetch }: ListenOptions): Promise<Listening> {
  const server = createServer(getRequestListener((request) => fetch(request), { overrideGlobalObjects: false }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'set WEIR_SCHEMA_REGISTRY_HOST and WEIR_SCHEMA_REGISTRY_PORT to a free address';
      reject(new ListenError(`Cannot listen on ${host}:${port}: ${hint}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
