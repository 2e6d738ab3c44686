/**
 * Walks every operation of the OpenAPI document: each answer that it promises is given, and none that it does not. There
 * is no list of routes here: a new one is walked by itself, by the examples of its parameters and of its body.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { type Fixture, openFixture } from '../_fixture.ts';
import { fillSegments } from '../_segments.ts';
import { logWithout } from '../_services.ts';
import { NotRedrivenError } from '../dead-letters/redriver.ts';
import { judge } from './_answer.ts';
import { addressOf, type OpenApi, type Operation, operationsOf, requestOf, statusesOf } from './_document.ts';
import { provokedBy, provokedOtherwise, withHeaders } from './_provoke.ts';
import { BUCKETS, documentOf, type Faulty, KEYED, keyOf, LIMITED, openFaulty, openFilled, SECRET } from './_worlds.ts';

const resources = new AsyncDisposableStack();
let fixture: Fixture;
let keyed: Fixture;
let throwing: Faulty;
let hanging: Faulty;
let document: OpenApi;
let operations: readonly Operation[];
let provoked: ReturnType<typeof provokedBy>;
let otherwise: ReturnType<typeof provokedOtherwise>;

beforeAll(async () => {
  fixture = resources.use(await openFilled());
  keyed = resources.use(await openFilled(undefined, KEYED));
  throwing = resources.use(openFaulty('throws'));
  hanging = resources.use(openFaulty('hangs'));
  document = await documentOf(fixture.get);
  operations = operationsOf(document);
  provoked = provokedBy({ open: fixture.get, keyed: keyed.get, keyOf });
  otherwise = provokedOtherwise(fixture.get, fixture.log);
});
afterAll(() => resources.disposeAsync());

/** Those that only a gateway without a socket can be brought to. */
const HERE: Readonly<Record<string, (operation: Operation) => Promise<Response>>> = {
  'GET /readyz 503': (operation) => whileAway(() => fixture.get(addressOf(operation))),
  'PUT /api/v1/segments/{id} 409': async (operation) => {
    await using small = await openFixture(new MemoryLog(64).client());
    return small.get(addressOf(operation), requestOf(operation));
  },
  'POST /api/v1/dead-letters/redrive 409': async (operation) => {
    fixture.redriveError = new NotRedrivenError('busy', 'Another redrive runs');
    return fixture.get(addressOf(operation), requestOf(operation)).finally(() => delete fixture.redriveError);
  },
};
const HERE_BY_STATUS: Readonly<Record<number, (operation: Operation) => Promise<Response>>> = {
  421: (operation) => fixture.get(`http://elsewhere.example${addressOf(operation)}`, requestOf(operation)),
  429: async (operation) => {
    await using limited = await openFixture(undefined, LIMITED);
    const ask = () => limited.get(addressOf(operation), withHeaders(operation, keyOf('admin')));
    await (await ask()).body?.cancel();
    return ask();
  },
  500: (operation) => throwing.ask(addressOf(operation), requestOf(operation)),
  503: (operation) => whileAway(() => fixture.get(addressOf(operation), requestOf(operation))),
  504: (operation) => hanging.ask(addressOf(operation), requestOf(operation)),
};

/** Documented, and not to be provoked here. */
const NOT_PROVOKED = [
  // A part that fails is null, and `missing` says so: 500 would be a fault of what joins them.
  'GET /api/v1/customers/{id} 500',
  // Answered from memory, without waiting for anything: only the coding of a large answer could take as long.
  ...[
    ...['sales/windows', 'sales/hourly', 'sales/live', 'alerts', 'inventory', 'inventory/restock', 'regions'],
    ...['regions/top', 'devices', 'devices/top', 'content/top', 'stream'],
  ].map((path) => `GET /api/v1/${path} 504`),
];

/** undefined: nobody knows how. */
function provoke(operation: Operation, status: number): Promise<Response> | undefined {
  const name = `${operation.key} ${status}`;
  const byName = HERE[name] ?? otherwise[name];
  const byStatus = HERE_BY_STATUS[status] ?? provoked[status];
  return (byName ?? byStatus)?.(operation);
}

async function whileAway(ask: () => Promise<Response>): Promise<Response> {
  fixture.connected = false;
  return ask().finally(() => {
    fixture.connected = true;
  });
}

async function faultsOf(operation: Operation, response: Response, status?: number): Promise<readonly string[]> {
  return (await judge(operation, response, document.components.schemas, status)).faults;
}

describe('the contract', () => {
  it('is about operations that are there', () => {
    expect(operations.length).toBeGreaterThan(40);
    for (const name of [...Object.keys(HERE), ...Object.keys(otherwise), ...NOT_PROVOKED])
      expect(operations.flatMap((one) => statusesOf(one, 200, 600).map((status) => `${one.key} ${status}`))).toContain(
        name,
      );
  });

  it('lets nobody in without a key but to the health', () => {
    const open = operations.filter(({ role }) => role === 'open');
    expect(open.map(({ key }) => key)).toEqual(['GET /livez', 'GET /readyz']);
    for (const { method, role, key } of operations)
      if (method !== 'GET') expect([key, role]).not.toEqual([key, 'read']);
  });

  it('is kept by every success, with each status that it names', async () => {
    const faults: string[] = [];
    for (const operation of operations)
      for (const status of statusesOf(operation, 200, 300)) {
        await fillSegments(fixture); // what was changed by the one before
        const ask = otherwise[`${operation.key} ${status}`];
        const response = await (ask?.(operation) ?? fixture.get(addressOf(operation), requestOf(operation)));
        faults.push(...(await faultsOf(operation, response, status)));
      }
    expect(faults).toEqual([]);
  });

  it('is kept where keys and limits are, by those who may ask', async () => {
    await using limited = await openFilled(undefined, { ...KEYED, readsPerSecond: 100, writesPerSecond: 100 });
    const faults: string[] = [];
    for (const operation of operations) {
      await fillSegments(limited);
      const role = operation.role === 'open' ? 'read' : operation.role;
      const response = await limited.get(addressOf(operation), withHeaders(operation, keyOf(role)));
      const isLimited = response.headers.has('ratelimit') && response.headers.has('ratelimit-policy');
      if (isLimited === (operation.role === 'open')) faults.push(`${operation.key}: limits are told: ${isLimited}`);
      faults.push(...(await faultsOf(operation, response, response.status < 300 ? response.status : 200)));
    }
    expect(faults).toEqual([]);
  });

  it('is kept by each error that it names; what cannot be provoked is listed here', async () => {
    const faults: string[] = [];
    const unprovoked: string[] = [];
    for (const operation of operations)
      for (const status of statusesOf(operation, 400, 600)) {
        await fillSegments(fixture);
        const response = await provoke(operation, status);
        if (response && response.status === status) faults.push(...(await faultsOf(operation, response, status)));
        else unprovoked.push(`${operation.key} ${status}`);
        await response?.body?.cancel().catch(() => {});
      }
    expect(faults).toEqual([]);
    expect(unprovoked.sort()).toEqual(NOT_PROVOKED.toSorted());
  });

  it('is kept where nothing is stored yet, and where no service was ever started', async () => {
    const base = new MemoryLog().client();
    await using empty = await openFixture();
    await using bare = await openFixture(logWithout(base, BUCKETS));
    const faults: string[] = [];
    for (const { get } of [empty, bare])
      for (const operation of operations)
        faults.push(...(await faultsOf(operation, await get(addressOf(operation), requestOf(operation)))));
    expect(faults).toEqual([]);
  });

  it('tells nothing of the inside when it fails', async () => {
    for (const operation of operations.filter(({ responses }) => responses[500]))
      expect(await (await throwing.ask(addressOf(operation), requestOf(operation))).text()).not.toContain(SECRET);
  });
});
