/** Listings of the gateway process over what a real nats-server holds: more than the process keeps in memory. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeId } from '../../shared/events/id.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { bucketStream, keySubject } from '../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../shared/log/provision.ts';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { fillLeftOut, putLate, putLetter } from './_left-out.ts';
import { type GatewayProcess, startGateway } from './_process.ts';
import { ownPartition } from './_services.ts';

const CUSTOMERS = 100_000;
const AT_A_TIME = 2_000;
/** Every so many is a VIP. */
const RARE = 250;
const MB = 1024 * 1024;

let nats: TestNats;
let log: JetStreamLog;
let gateway: GatewayProcess;

interface Page {
  readonly items: readonly { readonly customer_id: string; readonly segment: string; readonly seq: number }[];
  readonly next_cursor?: string;
}

async function json<T>(path: string): Promise<T> {
  const response = await fetch(gateway.url + path);
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as T;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

function customerOf(n: number): string {
  return JSON.stringify({
    ...{ customer_id: String(n), segment: n % RARE === 0 ? 'VIP' : 'New', recency_days: 3, frequency: 1 },
    ...{ monetary_value: '812.50', first_order: '2024-01-05T10:00:00Z', last_order: '2024-06-01T09:30:00Z' },
  });
}

/** Follows the Link header to the end. */
async function walk(path: string): Promise<Page['items']> {
  const items: Page['items'][number][] = [];
  for (let url: string | undefined = path; url !== undefined; ) {
    const response: Response = await fetch(gateway.url + url);
    expect([url, response.status]).toEqual([url, 200]);
    items.push(...((await response.json()) as Page).items);
    url = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return items;
}

async function rssBytes(): Promise<number> {
  const { workers } = await json<{ workers: { rss_bytes: number }[] }>('/api/v1/status');
  return workers[0]?.rss_bytes ?? 0;
}

beforeAll(async () => {
  nats = await startTestNats();
  log = await connectLog({ servers: nats.url, name: 'listings-test' });
  await provisionMesh(log);
  await provisionService(log, 'rfm');
  const put = (n: number) =>
    log.append(keySubject('rfm', `${ownPartition(String(n))}.customer.${encodeId(String(n))}`), customerOf(n));
  for (let n = 0; n < CUSTOMERS; n += AT_A_TIME)
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, at) => put(n + at)));
  gateway = await startGateway({ NATS_URL: nats.url });
  await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

describe('customers', () => {
  it('of a rare segment are all there, by pages that each read a bounded part of the bucket', async () => {
    const vips = await walk('/api/v1/customers?segment=VIP&limit=100');
    expect(vips).toHaveLength(CUSTOMERS / RARE);
    expect(vips.map(({ customer_id }) => Number(customer_id)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: CUSTOMERS / RARE }, (_, n) => n * RARE),
    );
    const short = await json<Page>('/api/v1/customers?segment=Churned');
    expect(short.items).toEqual([]);
    expect(Number(short.next_cursor)).toBeLessThan(CUSTOMERS);
    expect(await walk('/api/v1/customers?segment=Churned')).toEqual([]);
  });

  it('are all there, and the gateway holds none of them', async () => {
    const before = await rssBytes();
    const all = await walk('/api/v1/customers?limit=1000');
    expect(new Set(all.map(({ customer_id }) => customer_id)).size).toBe(CUSTOMERS);
    await until(async () => (await rssBytes()) !== before); // the next heartbeat
    expect((await rssBytes()) - before).toBeLessThan(150 * MB); // 100,000 customers would be more
  });

  it('cost the server no consumer', async () => {
    expect((await log.manager.streams.info(bucketStream('rfm'))).state.consumer_count).toBe(0);
  });
});

describe('what was left out', () => {
  it('is listed newest first, from the streams', async () => {
    await fillLeftOut(log);
    for (let n = 0; n < 700; n++) await putLetter(log, n % 100 === 0 ? 'rare' : 'orders', 'malformed', { offset: n });
    for (let n = 0; n < 30; n++) await putLate(log, 'rfm', 'p00');
    const letters = await walk('/api/v1/dead-letters?limit=90');
    expect(letters.map(({ seq }) => seq)).toEqual(Array.from({ length: 703 }, (_, n) => 703 - n));
    expect((await walk('/api/v1/dead-letters?topic=rare&limit=2')).map(({ seq }) => seq)).toEqual([
      604, 504, 404, 304, 204, 104, 4,
    ]);
    expect(await walk('/api/v1/late?service=rfm&limit=7')).toHaveLength(30);
    const from = new Date(Date.now() + 60_000).toISOString();
    expect(await walk(`/api/v1/dead-letters?from=${from}`)).toEqual([]);
    expect(await walk(`/api/v1/dead-letters?to=${from}&kind=sink`)).toHaveLength(1);
    await log.manager.streams.deleteMessage('DLQ', 703);
    expect((await fetch(`${gateway.url}/api/v1/dead-letters/703`)).status).toBe(404);
    expect((await json<Page>('/api/v1/dead-letters?limit=1')).items).toMatchObject([{ seq: 702 }]);
  });
});

describe('the topology', () => {
  it('has the gateway itself, as data and as a picture', async () => {
    const { nodes } = await json<{ nodes: { id: string }[] }>('/api/v1/topology');
    expect(nodes.map(({ id }) => id)).toContain('process:gateway-1');
    expect(await (await fetch(`${gateway.url}/topology`)).text()).toContain('gateway-1');
  });
});
