/** Stands between a client and a server, to break what is between them. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

interface State {
  isSilent: boolean;
  accepted: number;
}

export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #state: State;

  private constructor(server: Server, port: number, sockets: Set<Socket>, state: State) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
    this.#state = state;
  }

  static async start(port: number): Promise<TcpProxy> {
    const sockets = new Set<Socket>();
    const state: State = { isSilent: false, accepted: 0 };
    const server = createServer((client) => {
      state.accepted++;
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

  /** Connections so far. */
  get accepted(): number {
    return this.#state.accepted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
