/** Picks ports nobody listens on. The answer is a snapshot: bind soon, and be ready to be told the port is taken. */
import { createServer } from 'node:net';

export type IsFree = (port: number) => Promise<boolean>;

const RANGE = 200;

/** `wanted`, or the next free port after it that is not in `taken`; `taken` then holds the answer. */
export async function nextFreePort(wanted: number, taken: Set<number>, free: IsFree = isFreePort): Promise<number> {
  const end = Math.min(wanted + RANGE, 65_536);
  for (let port = wanted; port < end; port++) {
    if (taken.has(port) || !(await free(port))) continue;
    taken.add(port);
    return port;
  }
  throw new Error(`Cannot find a free port from "${wanted}" to "${end - 1}": free one of them or set another port`);
}

/** A free port below the range from which the system serves outgoing connections, so that none of those takes it. */
export function randomFreePort(taken: Set<number> = new Set()): Promise<number> {
  return nextFreePort(20_000 + Math.floor(Math.random() * 12_000), taken);
}

export function isFreePort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
