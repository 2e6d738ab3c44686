/** Stands between a client and a server, to break what is between them. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #state: { isSilent: boolean };

  private constructor(server: Server, port: number, sockets: Set<Socket>, state: { isSilent: boolean }) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
    this.#state = state;
  }

  static async start(port: number): Promise<TcpProxy> {
    const sockets = new Set<Socket>();
    const state = { isSilent: false };
    const server = createServer((client) => {
      const upstream = connect({ port, host: '127.0.0.1' });
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(from);
        from.on('data', (data) => void (state.isSilent || to.write(data)));
        from.on('error', () => to.destroy());
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('Cannot listen: no port');
    return new TcpProxy(server, address.port, sockets, state);
  }

  /** All connections, at once; new ones are let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing comes through any more, either way, and nobody is told. */
  set isSilent(isSilent: boolean) {
    this.#state.isSilent = isSilent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
