/**
 * Lets `npm run mesh` talk to this launcher. Owns the socket and who may use it; what a request does is given to it.
 * 1. Only a caller that read the token from the state file is answered.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ControlAnswer, ControlRequest } from './control-protocol.ts';

export interface ControlServer extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
}

export type Answer = (request: ControlRequest) => Promise<ControlAnswer>;

export async function serveControl(answer: Answer): Promise<ControlServer> {
  const token = randomBytes(24).toString('hex');
  const server = createServer((request, response) => {
    void respond(request, token, answer).then(({ code, body }) => {
      response.writeHead(code, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Cannot find the port of the control server');
  return {
    url: `http://127.0.0.1:${address.port}`,
    token,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function respond(
  request: IncomingMessage,
  token: string,
  answer: Answer,
): Promise<{ code: number; body: ControlAnswer }> {
  try {
    if (!isAllowed(request.headers.authorization, token))
      return { code: 401, body: { ok: false, message: 'Cannot answer without the token of launcher.json' } };
    const asked: unknown = JSON.parse(await text(request));
    if (!isRequest(asked)) return { code: 400, body: { ok: false, message: 'Cannot understand the request' } };
    return { code: 200, body: await answer(asked) };
  } catch (error) {
    return { code: 400, body: { ok: false, message: error instanceof Error ? error.message : String(error) } };
  }
}

function isAllowed(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function isRequest(value: unknown): value is ControlRequest {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  switch (value.kind) {
    case 'status':
    case 'stop':
      return true;
    case 'restart':
      return 'target' in value && typeof value.target === 'string';
    case 'scale':
      return 'group' in value && typeof value.group === 'string' && 'count' in value && Number.isInteger(value.count);
    default:
      return false;
  }
}
