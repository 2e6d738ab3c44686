/** `npm run mesh -- backtest` on a real nats-server, with frames as a bridge writes them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { UserEvent } from '../../shared/events/user-event.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { EVENTS } from '../../shared/log/names.ts';
import { provisionMesh } from '../../shared/log/provision.ts';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { processIdentity } from '../embedded/process-identity.ts';
import { serveControl } from '../launcher/control-server.ts';
import { writeState } from '../launcher/state-file.ts';
import { TestLane } from './_test-frames.ts';
import { runBacktest } from './main.ts';

const START = Date.UTC(2026, 10, 21, 10);
const NOW = START + 3_600_000;
const SECOND = 1_000;
const MINUTE = 60_000;

let nats: TestNats;
let log: JetStreamLog;
let folder: string;

beforeAll(async () => {
  nats = await startTestNats();
  folder = await mkdtemp(join(tmpdir(), 'weir-test-backtest-'));
});

afterAll(async () => {
  await log?.[Symbol.asyncDispose]();
  await nats?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], given?: Record<string, string>, dataDir = 'no-mesh'): Promise<Ran> {
  const env = { INIT_CWD: folder, ...(given ?? { NATS_URL: nats.url }) };
  const said = { out: '', err: '' };
  const code = await runBacktest(args, {
    env,
    dataDir: resolve(folder, dataDir),
    now: NOW,
    signal: new AbortController().signal,
    print: (text) => {
      said.out += `${text}\n`;
    },
    stderr: { write: (text) => (said.err += text) },
  });
  return { code, ...said };
}

interface Report {
  readonly watermark: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly matches: readonly {
    key?: string;
    first: string;
    at: string;
    alert?: { description: string };
    events: Readonly<Record<string, readonly { id: string }[]>>;
  }[];
}

async function report(...args: string[]): Promise<Report> {
  const { code, out, err } = await run([...args, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

async function patternFile(name: string, document: unknown): Promise<string> {
  const file = join(folder, `${name}.json`);
  await writeFile(file, typeof document === 'string' ? document : JSON.stringify(document));
  return file;
}

function maip(atMs: number, k: string, type = 'maip.order.created'): MaipEvent {
  return { t: START + atMs, k, id: `e${atMs}`, type, payload: null };
}

function order(atMs: number, k: string, id: string, amount: number): OrderEvent {
  return { t: START + atMs, k, id, amount };
}

function view(atMs: number, k: string, type: UserEvent['type'] = 'view'): UserEvent {
  return { t: START + atMs, k, type, value: 0, metadata: { page: '/shoes' } };
}

describe('before there is anything to replay', () => {
  it('says that no mesh runs here', async () => {
    const { code, err } = await run(['rising-orders'], {});
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('No mesh runs in') });
  });
  it('says that no mesh has run on this nats-server', async () => {
    const { code, err } = await run(['rising-orders']);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('Cannot find stream EVENTS') });
  });
  it('says that the log has no event of the kind', async () => {
    log = await connectLog({ servers: nats.url, name: 'backtest-test' });
    await provisionMesh(log);
    const { code, err } = await run(['rising-orders']);
    expect(code).toBe(1);
    expect(err).toContain(
      'Cannot replay events of kind order: EVENTS has none (topics dbserver1.public.orders, orders)',
    );
  });
});

describe('orders of two topics and two Kafka partitions', () => {
  beforeAll(async () => {
    const [cdc0, cdc1, plain] = [
      new TestLane(log, 'dbserver1.public.orders', 0),
      new TestLane(log, 'dbserver1.public.orders', 1),
      new TestLane(log, 'orders'),
    ];
    for (const lane of [cdc0, cdc1, plain]) await lane.declare();
    // a: 5.00, 7.50, 9.00 by event time, which no lane has in this order
    await plain.send(order(20 * SECOND, 'a', 'o2', 750));
    await cdc0.send(order(30 * SECOND, 'a', 'o3', 900), order(28 * SECOND, 'b', 'o4', 100));
    await cdc1.send(order(10 * SECOND, 'a', 'o1', 500), order(40 * SECOND, 'b', 'o5', 200));
    // b: o6 is corrected before the watermark passes it: not 50 but 300
    await cdc0.send(order(41 * SECOND, 'b', 'o6', 50));
    await cdc0.send([{ ...order(41 * SECOND, 'b', 'o6', 50), retract: true }, order(41 * SECOND, 'b', 'o6', 300)]);
    for (const lane of [cdc0, cdc1, plain]) await lane.idle(START + 10 * MINUTE);
    // too late, and a correction of what was matched: neither may count
    await plain.send(order(5 * SECOND, 'a', 'o0', 100));
    await cdc0.send([{ ...order(40 * SECOND, 'b', 'o5', 200), retract: true }, order(40 * SECOND, 'b', 'o5', 400)]);
  });

  it('finds what each customer did, in the order of event time', async () => {
    const { matches, totals } = await report('rising-orders');
    expect(matches.map(({ key, alert }) => [key, alert?.description])).toEqual([
      ['a', 'Customer a ordered for 5.00, then more each time, up to 9.00'],
      ['b', 'Customer b ordered for 1.00, then more each time, up to 3.00'],
    ]);
    expect(totals).toEqual({
      ...{ read: 11, matched: 6, late: 1, outsideTime: 0, passedOver: 0, withdrawn: 2, corrections: 2 },
      ...{ keys: 2, matches: 2, timedOut: 0, open: 0 },
    });
  });
  it('takes all customers together when the pattern does', async () => {
    const file = await patternFile('global', {
      name: 'rising-pairs',
      input: { kind: 'order' },
      per: 'global',
      stages: [
        {
          name: 'rising',
          times: 2,
          contiguity: 'consecutive',
          where: {
            field: 'amount',
            gt: { matched: { stage: 'rising', aggregate: 'last', field: 'amount', orElse: 0 } },
          },
        },
      ],
      within: '1h',
      skip: 'skipPastLastEvent',
    });
    const { matches } = await report(file);
    const ids = matches.map(({ events }) => events.rising?.map(({ id }) => id));
    expect(ids).toEqual([
      ['o1', 'o2'],
      ['o4', 'o3'],
      ['o5', 'o6'],
    ]);
  });
  it('replays one key alone', async () => {
    const { matches, totals } = await report('rising-orders', '--key', 'b');
    expect(matches.map(({ key }) => key)).toEqual(['b']);
    expect(totals).toMatchObject({ keys: 1, matches: 1 });
  });
  it('replays a span of event time', async () => {
    const from = await report('rising-orders', '--from', new Date(START + 15 * SECOND).toISOString());
    expect(from.matches.map(({ key }) => key)).toEqual(['b']);
    const to = await report('rising-orders', '--to', new Date(START + 41 * SECOND).toISOString());
    expect(to.matches.map(({ key }) => key)).toEqual(['a']);
    const last = await report('rising-orders', '--from', '2h', '--to', '1h');
    expect(last.totals).toMatchObject({ matches: 0, outsideTime: 11 });
  });
  it('counts what it does not show', async () => {
    const { out } = await run(['rising-orders', '--limit', '1']);
    expect(out).toBe(
      [
        '1. 2026-11-21T10:00:10Z to 2026-11-21T10:00:30Z (20s)  key a',
        '   low RISING_ORDERS: Customer a ordered for 5.00, then more each time, up to 9.00',
        '   rising (3)',
        '     2026-11-21T10:00:10Z {"k":"a","id":"o1","amount":500}',
        '     2026-11-21T10:00:20Z {"k":"a","id":"o2","amount":750}',
        '     2026-11-21T10:00:30Z {"k":"a","id":"o3","amount":900}',
        '',
        '... and 1 more (--limit 2 shows all)',
        '',
        'rising-orders: 2 matches',
        '  read 11 events, matched against 6 of 2 keys',
        '  0 partial matches ran out of time, 0 still open',
        '  1 event skipped: came behind the watermark (late)',
        '  2 events skipped: were taken back before they were matched, or took them back',
        '  2 events skipped: correct what was matched already',
        '  watermark 2026-11-21T10:10:00Z',
        '',
      ].join('\n'),
    );
  });
});

describe('a pattern over all keys of a family of topics', () => {
  beforeAll(async () => {
    const lanes = ['maip.order.created', 'maip.order.paid', 'maip.customer.created'].map(
      (topic) => new TestLane(log, topic),
    );
    for (const lane of lanes) await lane.declare();
    const [created, paid, customers] = lanes;
    const orders = Array.from({ length: 14 }, (_, n) => maip(n * 2 * SECOND, `c${n % 5}`));
    await created?.send(...orders.slice(0, 4), ...orders.slice(6, 9), ...orders.slice(4, 6));
    await paid?.send(maip(3 * SECOND, 'c1', 'maip.order.paid'));
    await customers?.send(maip(5 * SECOND, 'c9', 'maip.customer.created'));
    await created?.send(...orders.slice(9));
    for (const lane of lanes) await lane.idle(START + 5 * MINUTE);
  });

  it('finds one burst, whoever the customers are', async () => {
    const { matches, totals } = await report('high-order-volume');
    expect(matches.map(({ alert, key }) => [key, alert?.description])).toEqual([
      [undefined, '10 orders within 18s, from 2026-11-21T10:00:00Z to 2026-11-21T10:00:18Z'],
    ]);
    expect(totals).toMatchObject({ read: 16, matched: 16, keys: 6, matches: 1 });
  });
  it('reads the topic of the pattern only, with the watermark of all', async () => {
    const file = await patternFile('topic', {
      name: 'created',
      input: { kind: 'maip', topic: 'maip.order.created', where: { field: 'k', in: ['c1', 'c2'] } },
      per: 'key',
      stages: [{ name: 'any' }],
    });
    const { matches, totals } = await report(file, '--limit', '100');
    expect(matches.map(({ key }) => key).sort()).toEqual(['c1', 'c1', 'c1', 'c2', 'c2', 'c2']);
    expect(totals).toMatchObject({ matched: 6, passedOver: 9 });
  });
  it('refuses a topic that is of no route of the kind', async () => {
    const stages = [{ name: 'any' }];
    const file = await patternFile('alien', {
      name: 'x',
      input: { kind: 'maip', topic: 'orders' },
      per: 'key',
      stages,
    });
    const { code, err } = await run([file]);
    expect(code).toBe(1);
    expect(err).toContain('Cannot replay topic "orders": events of kind maip come from maip.product.*, ');
  });
});

describe('what did not happen', () => {
  it('is known at its time, and open as long as the watermark is before it', async () => {
    const lane = new TestLane(log, 'activity_events');
    await lane.send(view(0, 'u1'), view(MINUTE, 'u2'), view(2 * MINUTE, 'u1', 'purchase'), view(20 * MINUTE, 'u3'));
    await lane.idle(START + 32 * MINUTE);
    const { matches, totals } = await report('cart-abandoned');
    expect(matches.map(({ key, first, at }) => [key, first, at])).toEqual([
      ['u2', '2026-11-21T10:01:00Z', '2026-11-21T10:31:00Z'],
    ]);
    expect(totals).toMatchObject({ keys: 3, matches: 1, open: 1 });
  });
});

describe('a replay', () => {
  it('asks the launcher of the mesh that runs here where NATS is', async () => {
    const dataDir = join(folder, 'a-mesh');
    const server = { name: 'NATS', url: nats.url, version: '', source: '' };
    const mesh = { pid: process.pid, startedAt: '', dataDir, gatewayUrl: '', servers: [server], workers: [] };
    await using control = await serveControl(async () => ({ ok: true, message: 'running', report: mesh }));
    const { url, token } = control;
    const identity = processIdentity(process.pid) ?? '';
    writeState(dataDir, { pid: process.pid, identity, startedAt: '', control: { url, token }, processes: [] });
    const { code, out } = await run(['rising-orders'], {}, dataDir);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('rising-orders: 2 matches') });
  });
  it('starts where events of that time can be, and knows the watermarks from before', async () => {
    const state = await log.state(EVENTS);
    const { totals } = await report('cart-abandoned', '--from', new Date(Date.now() + 48 * 3_600_000).toISOString());
    expect(totals).toMatchObject({ read: 0, matches: 0 });
    expect(await log.state(EVENTS)).toEqual(state);
  });
  it('leaves no consumer, and nothing in the log', async () => {
    const before = await log.state(EVENTS);
    await report('rising-orders');
    expect(await log.state(EVENTS)).toEqual(before);
    for await (const { config } of log.manager.consumers.list(EVENTS)) expect(config.durable_name).toBeUndefined();
  });
  it('tells where a pattern is wrong', async () => {
    const file = await patternFile('wrong', {
      name: 'wrong',
      input: { kind: 'order' },
      per: 'key',
      stages: [{ name: 'a', where: { field: 'amuont', gt: 1 } }],
    });
    const { code, err } = await run([basename(file)]);
    expect(code).toBe(1);
    expect(err).toContain('Cannot use the pattern "wrong.json"');
    expect(err).toContain('stages[0].where.field: "amuont" is no member of kind order; it has t, k, id, amount');
  });
  it('names the examples when it does not find the pattern', async () => {
    const { code, err } = await run(['no-such-pattern']);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('or one of cart-abandoned, ') });
  });
});
