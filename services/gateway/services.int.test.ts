/**
 * The gateway and the services anomaly, inventory, region-health and activity as they are run, on a real nats-server:
 * every route gives what the buckets hold.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBucket } from '../../infra/faults/read-back.ts';
import { until } from '../../infra/faults/until.ts';
import type { DownloadEvent } from '../../shared/events/download.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { OrderItemEvent } from '../../shared/events/order-item.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import type { ProductState } from '../../shared/events/product.ts';
import { formatTime } from '../../shared/event-time/time-text.ts';
import { encodeFrame } from '../../shared/log/frame.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { dataSubject, progressSubject } from '../../shared/log/names.ts';
import { provisionMesh } from '../../shared/log/provision.ts';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { startGateway } from './_process.ts';

const FUSED = fileURLToPath(new URL('../../infra/launcher/fused.ts', import.meta.url));
const START = Date.parse('2024-06-01T10:00:00Z');
const MINUTE = 60_000;
const MINUTES = 12;
const REGIONS = ['eu-west', 'us-east', 'ü/n.ï'];
const CONTENTS = Array.from({ length: 8 }, (_, n) => (n === 0 ? '../>' : `content-${n}`));

interface Minute {
  readonly window_start: string;
}
interface ContentMinute extends Minute {
  readonly content_id: string;
  readonly downloads: number;
  readonly failures: number;
}
interface Page {
  readonly items?: readonly object[];
  readonly next_cursor?: string;
}

const resources = new AsyncDisposableStack();
let nats: TestNats;
let log: JetStreamLog;
let base: string;

async function json(path: string): Promise<unknown> {
  return (await fetch(`${base}/api/v1/${path}`)).json();
}

/** The items of all pages. */
async function list(path: string, limit = 7): Promise<object[]> {
  const items: object[] = [];
  for (let cursor = ''; ; ) {
    const page = (await json(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`)) as Page;
    items.push(...(page.items ?? []));
    if (page.next_cursor === undefined) return items;
    cursor = `&cursor=${page.next_cursor}`;
  }
}

/** The values of a bucket whose keys match, without what is the service's own; by key. */
async function stored<V extends object>(bucket: string, key: RegExp): Promise<Map<string, V>> {
  const entries = [...(await readBucket(log, bucket))].filter(([name]) => key.test(name));
  return new Map(
    entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]) => {
        const { state: _state, occurrences: _occurrences, times: _times, ...value } = JSON.parse(text);
        return [name, value as V];
      }),
  );
}

/** Until the route gives what the buckets hold; both may still be moving. */
async function agrees(what: string, answer: () => Promise<unknown>, expected: () => Promise<unknown>): Promise<void> {
  let last: readonly [unknown, unknown] = [undefined, undefined];
  await until(
    () => `${what} agrees: ${JSON.stringify(last).slice(0, 3_000)}`,
    async () => {
      last = [await answer(), await expected()];
      return isDeepStrictEqual(...last);
    },
  );
}

function newestFirst<V extends Minute>(minutes: Iterable<V>): V[] {
  return [...minutes].sort((a, b) => (a.window_start < b.window_start ? 1 : -1));
}

function startWorkers(...names: string[]): void {
  const env = { ...process.env, NATS_URL: nats.url, WEIR_HTTP_PORT: '0', WEIR_INSTANCE: names.join('+') };
  const worker: ChildProcess = spawn(process.execPath, [FUSED, ...names], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  resources.defer(async () => {
    worker.kill('SIGTERM');
    if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
  });
}

/** As the bridge writes them, and that there is nothing to come before so many minutes. */
async function send(topic: string, kind: string, events: readonly MeshEvent[], minutes: number): Promise<void> {
  for (const [partition, group] of Map.groupBy(events, ({ k }) => partitionName(partitionOf(k))))
    await log.append(dataSubject(topic, partition, 0), encodeFrame(group));
  const watermark = START + minutes * MINUTE - 1;
  await log.append(progressSubject(topic, 0), encodeFrame([{ offset: minutes, watermark, kind }]));
}

/** us-east does badly in the last minutes but one. */
function downloads(minute: number): DownloadEvent[] {
  return Array.from({ length: 90 }, (_, n) => {
    const region = REGIONS[n % REGIONS.length] ?? '';
    const isBad = region === 'us-east' && minute > MINUTES - 5 && minute < MINUTES - 1;
    const kind = { device: n % 2 === 0 ? 'mobile' : 'tv', os: 'os', osVersion: n % 4 === 0 ? '' : '1.2' };
    return {
      ...{
        t: START + minute * MINUTE + n * 500,
        k: CONTENTS[(n * 7 + minute) % CONTENTS.length] ?? '',
        id: `d-${minute}-${n}`,
      },
      ...{
        user: 'u',
        region,
        ...kind,
        status: isBad && n % 2 === 0 ? 'FAILED' : 'SUCCESS',
        bytes: 1,
        mbps: 40,
        seconds: 2,
      },
    };
  });
}

const PRODUCTS = Array.from(
  { length: 30 },
  (_, n): ProductState => ({ t: START, k: n === 0 ? 'a/b' : String(n), name: `P${n}`, stock: n * 3, price: 990 }),
);
const ITEMS = PRODUCTS.filter((_, n) => n % 3 !== 1).map(
  ({ k }, n): OrderItemEvent => ({ t: START + n, k, id: `i${n}`, order: `o${n}`, quantity: 1 + (n % 5), price: 990 }),
);
const ORDERS = ['ann', 'b-o-b', 'кот'].flatMap((k) =>
  [1500, 10, 10, 10, 10, 10].map((amount, n): OrderEvent => {
    return { t: START + n * MINUTE, k, id: `${k}-${n}`, amount: amount * 100 };
  }),
);
const EVENTS = Array.from({ length: 12 }, (_, n): MaipEvent => {
  const payload = { amount: 5.25 };
  return { t: START + n * 1_000, k: `cust-${n % 2}`, id: `m${n}`, type: 'maip.order.created', payload };
});

async function sendAll(): Promise<void> {
  await send('dbserver1.public.products', 'product', PRODUCTS, 60);
  await send('dbserver1.public.order_items', 'orderItem', ITEMS, 60);
  await send('dbserver1.public.products', 'product', [], 61); // the summary follows with the watermark
  await send('dbserver1.public.order_items', 'orderItem', [], 61);
  await send('dbserver1.public.orders', 'order', ORDERS, 60);
  await send('maip.order.created', 'maip', EVENTS, 60);
  for (let minute = 0; minute < MINUTES; minute++)
    await send('content-downloads', 'download', downloads(minute), minute + 0.5);
  await send('content-downloads', 'download', [], MINUTES);
}

beforeAll(async () => {
  nats = resources.use(await startTestNats());
  log = resources.use(await connectLog({ servers: nats.url, name: 'services-test' }));
  await provisionMesh(log);
  const gateway = resources.use(await startGateway({ NATS_URL: nats.url }));
  base = gateway.url;
  await until('the gateway is ready', async () => (await fetch(`${base}/readyz`)).status === 200);
});
afterAll(() => resources.disposeAsync());

describe('the gateway over running services', () => {
  it('says what is missing while none was ever started', async () => {
    for (const path of [
      ...[
        'alerts',
        'alerts/42-x-20240601T100000Z',
        'inventory',
        'inventory/restock',
        'inventory/summary',
        'products/7',
      ],
      ...['regions', 'regions/eu-west/minutes', 'content/top', 'content/c/minutes', 'devices', 'customers/c/activity'],
    ])
      expect([path, (await fetch(`${base}/api/v1/${path}`)).status]).toEqual([path, 503]);
  });

  it('lists the alerts of one service while the others were never started', async () => {
    await sendAll();
    startWorkers('inventory', 'region-health');
    const alerts = await until('there is an alert', async () => {
      const page = (await json('alerts')) as { items?: { region: string; resolved?: string }[]; missing: string[] };
      return page.items?.every(({ resolved }) => resolved !== undefined) && page.items.length === 2 && page;
    });
    expect(alerts.missing).toEqual(['anomaly', 'anomaly-maip']);
    expect(alerts.items?.map(({ region }) => region)).toEqual(['us-east', 'us-east']);
    expect((await fetch(`${base}/api/v1/customers/cust-0/activity`)).status).toBe(503);
  });

  it('lists the alerts of all, page by page, and each by its id', async () => {
    startWorkers('anomaly', 'activity');
    const all = async () => {
      const buckets = await Promise.all(
        ['anomaly', 'anomaly-maip', 'region-health'].map((name) => stored<{ alert_id: string }>(name, /\.alert\./)),
      );
      return buckets.flatMap((bucket) => [...bucket.values()]);
    };
    const byId = (items: readonly object[]) =>
      (items as { alert_id: string }[]).toSorted((a, b) => (a.alert_id < b.alert_id ? -1 : 1));
    await until(
      'the burst is an alert',
      async () => (await list('alerts?type=HIGH_ORDER_VOLUME').catch(() => [])).length > 0,
    );
    await until('the spikes are alerts', async () => (await list('alerts?type=order_spike')).length === 3);
    await agrees(
      'the list of alerts',
      async () => byId(await list('alerts', 3)),
      async () => byId(await all()),
    );
    for (const alert of await all()) expect(await json(`alerts/${encodeURIComponent(alert.alert_id)}`)).toEqual(alert);
    const times = (await list('alerts', 3)).map(
      (alert) => /\d{8}T\d{6}Z$/.exec((alert as { alert_id: string }).alert_id)?.[0],
    );
    expect(times).toEqual([...times].sort().reverse());
    expect(await list(`alerts?customer=${encodeURIComponent('b-o-b')}`)).toHaveLength(4);
    expect(await json('alerts')).toMatchObject({ missing: [] });
  });

  it('lists products, what to order, the summary, and each product', async () => {
    const summary = () =>
      stored<{ products: number; restock: { products: number } }>('inventory', /^all\.summary$/).then(
        (all) => [...all.values()][0],
      );
    await until('all products are in the summary', async () => (await summary())?.products === PRODUCTS.length);
    const products = async () => [...(await stored<{ product_id: string }>('inventory', /\.product\./)).values()];
    const byNumber = (a: { product_id: string }, b: { product_id: string }) =>
      Number(Number.isNaN(Number(a.product_id))) - Number(Number.isNaN(Number(b.product_id))) ||
      Number(a.product_id) - Number(b.product_id);
    await agrees(
      'the list of products',
      () => list('inventory'),
      async () => (await products()).sort(byNumber),
    );
    await agrees('the summary', () => json('inventory/summary'), summary);
    await agrees(
      'the number of products to order',
      async () => (await list('inventory/restock')).length,
      async () => (await summary())?.restock.products,
    );
    const restock = (await list('inventory/restock', 3)) as {
      restock_urgency: string;
      days_until_stockout: number | null;
    }[];
    expect(restock.length).toBeGreaterThan(5);
    const places = restock.map(({ restock_urgency, days_until_stockout: days }) => {
      return ['immediate', 'soon', 'planned'].indexOf(restock_urgency) * 1e9 + (days ?? -1);
    });
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const product of await products())
      expect(await json(`products/${encodeURIComponent(product.product_id)}`)).toEqual(product);
  });

  it('lists regions, devices and minutes', async () => {
    const bucket = 'region-health';
    const latest = () => stored(bucket, /^all\.region\.latest\./).then((all) => [...all.values()]);
    await agrees('the list of regions', () => list('regions', 2), latest);
    for (const region of REGIONS) {
      const minutes = () =>
        stored<Minute & { region: string }>(bucket, /^all\.region\.1m\./).then((all) => {
          return newestFirst(all.values()).filter((minute) => minute.region === region);
        });
      await agrees(`the minutes of ${region}`, () => list(`regions/${encodeURIComponent(region)}/minutes`, 5), minutes);
      expect(await minutes()).toHaveLength(MINUTES);
    }
    const devices = async () => {
      const newest = new Map<string, object>();
      for (const [key, value] of await stored(bucket, /^all\.device\.1m\./))
        newest.set(key.replace(/\.[^.]+$/, ''), value);
      return [...newest.values()];
    };
    await agrees('the list of devices', () => list('devices', 2), devices);
    expect(await devices()).toHaveLength(3);
  });

  it('lists minutes of contents, and the top of them', async () => {
    const minutes = () => stored<ContentMinute>('region-health', /\.content\.1m\./).then((all) => [...all.values()]);
    for (const content of CONTENTS)
      await agrees(
        `the minutes of ${content}`,
        () => list(`content/${encodeURIComponent(content)}/minutes`, 5),
        async () => newestFirst((await minutes()).filter(({ content_id }) => content_id === content)),
      );
    const span = 3;
    const from = formatTime(START + (MINUTES - span) * MINUTE);
    for (const by of ['downloads', 'failures', 'success_rate'] as const)
      await agrees(
        `the top of contents by ${by}`,
        () => json(`content/top?by=${by}&minutes=${span}&limit=4`),
        async () => ({ by, from, to: formatTime(START + MINUTES * MINUTE), ...recount(await minutes(), from, by) }),
      );
  });

  it('lists what a customer did', async () => {
    const windows = () => stored<Minute & { customer_id: string; final: boolean }>('activity', /\.window\.5m\./);
    await until('windows are final', async () => {
      const all = [...(await windows()).values()];
      return all.length === 2 && all.every(({ final }) => final);
    });
    for (const customer of ['cust-0', 'cust-1'])
      await agrees(
        `the activity of ${customer}`,
        () => list(`customers/${customer}/activity`),
        async () => newestFirst((await windows()).values()).filter(({ customer_id }) => customer_id === customer),
      );
  });

  it('goes on when NATS was killed and is back', async () => {
    await nats.kill9();
    await nats.restart();
    await until('the gateway is ready', async () => (await fetch(`${base}/readyz`)).status === 200);
    await until('events can be sent', async () =>
      send('content-downloads', 'download', downloads(MINUTES), MINUTES + 1).then(
        () => true,
        () => false,
      ),
    );
    const newest = formatTime(START + MINUTES * MINUTE);
    await until('the regions show the new minute', async () =>
      ((await list('regions').catch(() => [])) as Minute[]).some(({ window_start }) => window_start === newest),
    );
    await until('the devices show the new minute', async () =>
      ((await list('devices').catch(() => [])) as Minute[]).some(({ window_start }) => window_start === newest),
    );
  });
});

function recount(minutes: readonly ContentMinute[], from: string, by: 'downloads' | 'failures' | 'success_rate') {
  const groups = Map.groupBy(
    minutes.filter(({ window_start }) => window_start >= from),
    ({ content_id }) => content_id,
  );
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const totals = [...groups].map(([content_id, group]) => {
    const [all, failures] = [sum(group.map((each) => each.downloads)), sum(group.map((each) => each.failures))];
    const success_rate = Math.round(((all - failures) / all) * 10_000) / 10_000;
    return { content_id, downloads: all, successes: all - failures, failures, success_rate };
  });
  const rank = ({ downloads, failures, successes }: (typeof totals)[number]) =>
    ({ downloads, failures, success_rate: -successes / downloads })[by];
  const ranked = totals
    .filter((total) => by === 'success_rate' || total[by] > 0)
    .sort((a, b) => rank(b) - rank(a) || (a.content_id < b.content_id ? -1 : 1));
  return { contents: totals.length, complete: true, items: ranked.slice(0, 4) };
}
