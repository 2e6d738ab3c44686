/**
 * The same walk over real sockets: gateways as processes of their own on a real nats-server and a real Kafka, with the
 * buckets of all services filled. What only a socket can carry is asked here too: paths and headers as no client makes them.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLog, type JetStreamLog } from '../../../shared/log/jetstream-log.ts';
import { provisionMesh, provisionService } from '../../../shared/log/provision.ts';
import { sharedServers, startTestNats, type TestNats } from '../../../shared/testing/servers.ts';
import { makeKey } from '../auth/make-key.ts';
import { ROLES } from '../auth/role.ts';
import { createClient } from '../client/create-client.ts';
import { fillStores } from '../_fixture.ts';
import { fillLeftOut } from '../_left-out.ts';
import { startGateway } from '../_process.ts';
import { fillSegments } from '../_segments.ts';
import { fillServices, storesOf } from '../_services.ts';
import { judge } from './_answer.ts';
import {
  addressOf,
  type Ask,
  type OpenApi,
  type Operation,
  operationsOf,
  rawAddressOf,
  requestOf,
  statusesOf,
} from './_document.ts';
import { BROKEN_PIECES, HOSTILE_IDS, TOO_LONG_IDS } from './_hostile.ts';
import { hasFreeIds, isAllOf, nameOfId, putOwn } from './_owned.ts';
import { provokedBy, provokedOtherwise, withHeaders } from './_provoke.ts';
import { BUCKETS, documentOf, FROM_MEMORY } from './_worlds.ts';

const resources = new AsyncDisposableStack();
const keys = new Map(ROLES.map((role) => [role as string, makeKey([role, '--role', role], Date.now())]));
let nats: TestNats;
let log: JetStreamLog;
let stores: ReturnType<typeof storesOf> & { readonly log: JetStreamLog };
let urls: { readonly open: string; readonly keyed: string; readonly limited: string };
let document: OpenApi;
let operations: readonly Operation[];

const askAt =
  (url: string): Ask =>
  (path, init) =>
    fetch(url + path, init);
const open: Ask = (path, init) => fetch(urls.open + path, init);
const keyOf = (role: string) => ({ 'x-api-key': keys.get(role)?.key ?? '' });

async function start(instance: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const brokers = sharedServers().brokers.join(',');
  const own = { NATS_URL: nats.url, KAFKA_BOOTSTRAP_SERVERS: brokers, WEIR_INSTANCE: instance };
  const { url } = resources.use(await startGateway({ ...own, ...env }));
  return url;
}

async function untilOk(path: string): Promise<void> {
  while ((await open(path)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 25));
}

async function writeKeys(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-contract-'));
  resources.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'keys.yaml');
  await writeFile(file, ['keys:', ...[...keys.values()].map(({ line }) => line)].join('\n'));
  return file;
}

beforeAll(async () => {
  nats = resources.use(await startTestNats());
  log = resources.use(await connectLog({ servers: nats.url, name: 'contract-test' }));
  stores = { ...storesOf(log), log };
  await provisionMesh(log);
  for (const service of BUCKETS) await provisionService(log, service);
  await fillStores(stores);
  await fillSegments(stores);
  await fillServices(stores);
  await fillLeftOut(log);
  const WEIR_API_KEYS_FILE = await writeKeys();
  urls = {
    open: await start('gateway-open'),
    keyed: await start('gateway-keyed', { WEIR_API_KEYS_FILE }),
    limited: await start('gateway-limited', { WEIR_API_KEYS_FILE, WEIR_RATE_READS: '1', WEIR_RATE_WRITES: '1' }),
  };
  await untilOk('/readyz');
  for (const path of FROM_MEMORY) await untilOk(`/api/v1/${path}`);
  document = await documentOf(open);
  operations = operationsOf(document);
});
afterAll(() => resources.disposeAsync());

async function faultsOf(operation: Operation, response: Response, status?: number): Promise<readonly string[]> {
  return (await judge(operation, response, document.components.schemas, status)).faults;
}

/** As it stands, without a client that mends it; the answer to its end. */
async function say(head: string): Promise<string> {
  const { port, hostname } = new URL(urls.open);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.write(Buffer.from(head, 'latin1'));
  await once(socket, 'close');
  return text;
}

describe('the contract over sockets', () => {
  it('is kept by every success', async () => {
    const otherwise = provokedOtherwise(open, log);
    const faults: string[] = [];
    for (const operation of operations)
      for (const status of statusesOf(operation, 200, 300)) {
        await fillSegments(stores);
        // The letters are of records that this Kafka never had: what would become of them can be said all the same.
        const tried = operation.path.includes('redrive') ? '?dryRun' : '';
        const ask = otherwise[`${operation.key} ${status}`];
        const response = await (ask?.(operation) ?? open(addressOf(operation) + tried, requestOf(operation)));
        faults.push(...(await faultsOf(operation, response, status)));
      }
    expect(faults).toEqual([]);
  });

  it('is kept by the errors that requests can provoke', async () => {
    const byStatus = provokedBy({ open, keyed: askAt(urls.keyed), keyOf });
    const byName = provokedOtherwise(open, log);
    const faults: string[] = [];
    let provoked = 0;
    for (const operation of operations)
      for (const status of statusesOf(operation, 400, 500)) {
        await fillSegments(stores);
        const response = await (byName[`${operation.key} ${status}`] ?? byStatus[status])?.(operation);
        if (!response) continue;
        if (status === 409 && response.status !== 409) continue; // too many rules, another redrive: without a socket
        provoked++;
        faults.push(...(await faultsOf(operation, response, status)));
      }
    expect(faults).toEqual([]);
    expect(provoked).toBeGreaterThan(operations.length * 3);
  });

  it('is kept by limits: they are told, and then they hold', async () => {
    const ask = askAt(urls.limited);
    const faults: string[] = [];
    for (const operation of operations.filter(({ role }) => role !== 'open')) {
      let response = await ask(addressOf(operation), withHeaders(operation, keyOf('admin')));
      for (let n = 0; n < 30 && response.status !== 429; n++) {
        expect([operation.key, response.headers.get('ratelimit')]).toEqual([
          operation.key,
          expect.stringMatching(/;r=\d/),
        ]);
        await response.body?.cancel();
        response = await ask(addressOf(operation), withHeaders(operation, keyOf('admin')));
      }
      faults.push(...(await faultsOf(operation, response, 429)));
    }
    expect(faults).toEqual([]);
  });

  it('is kept by methods that no client would send', async () => {
    const paths = new Map(operations.map((operation) => [operation.path, addressOf(operation)]));
    for (const path of paths.values())
      for (const [method, expected] of [
        ['TRACE', 405],
        ['PROPFIND', 405],
        ['BREW', 400], // no method that the parser knows
        ['get', 400],
      ] as const) {
        const answer = await say(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
        expect([method, path, Number(answer.split(' ')[1])]).toEqual([method, path, expected]);
        expect(answer).toMatch(/^content-type: application\/problem\+json$/im);
      }
  });

  it('is kept under a name that is not its own', async () => {
    for (const operation of operations) {
      const answer = await say(
        `${operation.method} ${addressOf(operation)} HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n`,
      );
      expect([operation.key, answer.split('\r\n')[0]]).toEqual([operation.key, 'HTTP/1.1 421 Misdirected Request']);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head).toMatch(/^content-type: application\/problem\+json$/im);
      expect(JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1))).toMatchObject({
        code: 'misdirected',
      });
    }
  });
});

describe('hostile ids over sockets', () => {
  it('find nothing where nothing has them, and exactly what has them', async () => {
    const named = operations.filter(({ path, method }) => path.includes('{') && method === 'GET');
    const wrong: string[] = [];
    const walk = async (isStored: boolean) => {
      for (const operation of named)
        for (const id of HOSTILE_IDS) {
          const response = await open(addressOf(operation, { [nameOfId(operation)]: id }));
          const { body, faults } = await judge(operation, response, document.components.schemas);
          const isThere = isStored && hasFreeIds(operation);
          const isRight = isThere ? response.status === 200 && isAllOf(id, body) : response.status === 404;
          wrong.push(...faults, ...(isRight ? [] : [`${operation.key} ${JSON.stringify(id)}: ${response.status}`]));
        }
    };
    await walk(false);
    await putOwn(stores, HOSTILE_IDS);
    await walk(true);
    expect(wrong).toEqual([]);
  });

  it('are refused when they fit no key', async () => {
    const wrong: string[] = [];
    for (const operation of operations.filter(({ path }) => path.includes('{')))
      for (const address of [
        ...TOO_LONG_IDS.map((id) => addressOf(operation, { [nameOfId(operation)]: id })),
        ...BROKEN_PIECES.map((piece) => rawAddressOf(operation, piece)),
      ])
        wrong.push(...(await faultsOf(operation, await open(address, requestOf(operation)), 400)));
    expect(wrong).toEqual([]);
  });

  it('as no client would send them are refused, and nothing of them becomes a header', async () => {
    // None is the id of anything that was stored above.
    const pieces = [
      ...[
        '..',
        '../..',
        '%2e%2e%2f',
        '\\..\\',
        'x\u0000',
        'xé',
        'x>',
        'x%0d%0aX-Injected:%201',
        'x%00',
        'x y',
        'x\ty',
        'x"',
      ],
      ...['x\u007f', 'x\rX-Injected: 1', 'x HTTP/1.1\r\nX-Injected: 1\r\nX:'],
    ];
    for (const operation of operations.filter(({ path, method }) => path.includes('{') && method === 'GET'))
      for (const piece of pieces) {
        const answer = await say(
          `GET ${rawAddressOf(operation, piece)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        );
        const status = Number(answer.split(' ')[1]);
        const isElsewhere = piece.startsWith('..') && status === 200; // /users/../segments is /segments
        expect([operation.key, piece, isElsewhere || [400, 404].includes(status)]).toEqual([
          operation.key,
          piece,
          true,
        ]);
        expect(answer).not.toMatch(/^x-injected/im);
      }
    expect((await open('/livez')).status).toBe(200);
  });

  it('in headers are refused or without effect', async () => {
    const texts = [
      '\u0000',
      'a\u0000b',
      'a\r\n folded',
      'a\rb',
      'a\nX-Injected: 1',
      'é',
      '\u007f',
      '\u0001',
      '*'.repeat(9_000),
    ];
    for (const name of [
      'X-Request-Id',
      'If-None-Match',
      'If-Match',
      'Last-Event-ID',
      'X-API-Key',
      'Authorization',
      'Origin',
      'traceparent',
    ])
      for (const text of texts)
        for (const path of ['/api/v1/status', '/api/v1/segments/nobody-has-it']) {
          const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${name}: ${text}\r\n\r\n`;
          const answer = await say(head);
          expect([name, text, path, answer.split(' ')[1]]).toEqual([
            name,
            text,
            path,
            expect.stringMatching(/^(200|400|404)$/),
          ]);
          expect(answer).not.toMatch(/^x-injected/im);
        }
    expect((await open('/livez')).status).toBe(200);
  });
});

describe('the typed client', () => {
  /** `client.api.v1.customers[':id'].$get`, of the document's path. */
  function callOf(client: unknown, { path, method }: Operation): unknown {
    const names = [
      ...path
        .slice(1)
        .replaceAll(/\{(\w+)\}/g, ':$1')
        .split('/'),
      `$${method.toLowerCase()}`,
    ];
    return names.reduce((at, name) => Reflect.get(Object(at), name), client);
  }

  async function ask(operation: Operation, param: Readonly<Record<string, string>>): Promise<Response> {
    const call = callOf(createClient(urls.keyed, { apiKey: keys.get('read')?.key }), operation);
    if (typeof call !== 'function') throw new TypeError(`The client has no ${operation.key}`);
    return Reflect.apply(call, undefined, [{ param }]);
  }

  const examplesOf = ({ parameters }: Operation) =>
    Object.fromEntries(
      parameters.filter((one) => one.in === 'path').map(({ name, schema }) => [name, String(schema?.example)]),
    );

  it('reads every operation as the document has it', async () => {
    await fillSegments(stores);
    const faults: string[] = [];
    for (const operation of operations.filter(({ method }) => method === 'GET'))
      faults.push(...(await faultsOf(operation, await ask(operation, examplesOf(operation)), 200)));
    expect(faults).toEqual([]);
  });

  it('asks for exactly the hostile id that it is given', async () => {
    await putOwn(stores, HOSTILE_IDS);
    const wrong: string[] = [];
    for (const operation of operations.filter(({ path }) => path.includes('{')).filter(hasFreeIds))
      for (const id of HOSTILE_IDS) {
        const response = await ask(operation, { [nameOfId(operation)]: id });
        const { body, faults } = await judge(operation, response, document.components.schemas, 200);
        wrong.push(...faults, ...(isAllOf(id, body) ? [] : [`${operation.key} ${JSON.stringify(id)}`]));
      }
    expect(wrong).toEqual([]);
  });
});

describe('without NATS', () => {
  it('every operation that documents it answers 503', async () => {
    await nats.kill9();
    while ((await open('/readyz')).status === 200) await new Promise((resolve) => setTimeout(resolve, 25));
    const faults: string[] = [];
    for (const operation of operations.filter(({ responses }) => responses[503]))
      faults.push(...(await faultsOf(operation, await open(addressOf(operation), requestOf(operation)), 503)));
    expect(faults).toEqual([]);
    expect((await open('/livez')).status).toBe(200);
  });
});
