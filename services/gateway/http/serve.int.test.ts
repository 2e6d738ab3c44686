/** The socket: what Node's parser and timers do before the application sees anything. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, serveHttp } from './serve.ts';

let server: HttpServer;
let port: number;
const peers: (string | undefined)[] = [];

beforeAll(async () => {
  server = await serveHttp({
    host: '127.0.0.1',
    port: 0,
    times: { headersMs: 200, requestMs: 600, checkMs: 50 },
    fetch: async (request, peer) => {
      peers.push(peer.address);
      const body = request.method === 'POST' ? await request.text().catch(() => 'cut') : '';
      return new Response(`${new URL(request.url).pathname.length} ${body.length}`);
    },
  });
  port = Number(new URL(server.url).port);
});
afterAll(() => server[Symbol.asyncDispose]());

async function dial(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the other end closes. */
async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  await once(socket, 'close');
  return text;
}

async function say(request: string): Promise<string> {
  const socket = await dial();
  const closed = untilClosed(socket);
  socket.write(request);
  return closed;
}

function expectProblem(answer: string, status: number, code: string): void {
  expect(answer.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toMatch(/^content-type: application\/problem\+json$/im);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(JSON.parse(body)).toMatchObject({ status, code, request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(Number(/^content-length: (\d+)$/im.exec(head)?.[1])).toBe(Buffer.byteLength(body));
}

describe('a slow client', () => {
  it('that sends headers byte by byte is cut with 408', async () => {
    const socket = await dial();
    const closed = untilClosed(socket);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => socket.write('X-A: b\r\n'), 20);
    const answer = await closed;
    clearInterval(drip);
    expectProblem(answer, 408, 'request-timeout');
  });

  it('that sends its body byte by byte is cut, too', async () => {
    const socket = await dial();
    const closed = untilClosed(socket);
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n');
    const drip = setInterval(() => socket.write('x'), 20);
    await closed;
    clearInterval(drip);
  });

  it('does not keep others waiting: 200 of them, and one that asks', async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, dial));
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nX-');
    expect(await (await fetch(`${server.url}/abc`)).text()).toBe('4 0');
    await Promise.all(sockets.map(untilClosed));
  });
});

describe('a request that is too large', () => {
  it('in its headers is 431', async () => {
    const end = '\r\nConnection: close\r\n\r\n';
    const start = 'GET / HTTP/1.1\r\nHost: localhost\r\n';
    expect(await say(`${start}X-A: ${'a'.repeat(20_000)}${end}`)).toContain('200 OK');
    expectProblem(await say(`${start}X-A: ${'a'.repeat(40_000)}${end}`), 431, 'headers-too-large');
    expectProblem(await say(`${start}${'X-A: abcdefgh\r\n'.repeat(3_000)}${end}`), 431, 'headers-too-large');
  });

  it('in its address is 414', async () => {
    const end = ' HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    expect(await say(`GET /${'a'.repeat(10_000)}${end}`)).toContain('200 OK');
    expectProblem(await say(`GET /${'a'.repeat(50_000)}${end}`), 414, 'uri-too-long');
  });
});

describe('what is not HTTP', () => {
  it('is 400', async () => {
    for (const text of [
      'hello\r\n\r\n',
      '\u0016\u0003\u0001\u0000\u0000',
      'GET / HTTP/1.1\r\nHost\r\n\r\n',
      'GET /\u0000 HTTP/1.1\r\n\r\n',
    ])
      expectProblem(await say(text), 400, 'bad-request');
  });

  it('or could be taken for two requests by two servers is 400', async () => {
    for (const headers of [
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Content-Length: 1\r\nContent-Length: 2',
      'Content-Length: -1',
    ])
      expectProblem(await say(`POST / HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n0\r\n\r\n`), 400, 'bad-request');
  });

  it('or names a host or a path of which there is none is 400, and the next request of the connection is answered', async () => {
    const socket = await dial();
    const closed = untilClosed(socket);
    socket.write('GET / HTTP/1.1\r\nHost: a b@/c\r\n\r\nGET \\x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.write('GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const answer = await closed;
    expect(answer.match(/HTTP\/1.1 \d+/g)?.[0]).toBe('HTTP/1.1 400');
    expect(answer).toContain('"code":"bad-request"');
  });
});

it('says where each request comes from', async () => {
  peers.length = 0;
  await fetch(server.url);
  expect(peers).toEqual(['127.0.0.1']);
});

it('lets an open request end when it is closed, and takes no other', async () => {
  let finish = () => {};
  const asked = Promise.withResolvers<void>();
  const closing = await serveHttp({
    host: '127.0.0.1',
    port: 0,
    fetch: async () => {
      asked.resolve();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return new Response('done');
    },
  });
  const open = fetch(closing.url);
  await asked.promise;
  const closed = closing[Symbol.asyncDispose]();
  finish();
  expect(await (await open).text()).toBe('done');
  await closed;
  await expect(fetch(closing.url)).rejects.toThrow();
});
