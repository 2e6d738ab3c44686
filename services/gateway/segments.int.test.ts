/** The rules API with the real segments stage behind it, on a real nats-server, by two gateways over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import { encodeFrame } from '../../shared/log/frame.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { dataSubject, EVENTS, progressSubject } from '../../shared/log/names.ts';
import { provisionMesh } from '../../shared/log/provision.ts';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { openFixture } from './_fixture.ts';
import { BOTH, SPENDERS, VIEWERS } from './_segments.ts';
import { serveHttp } from './http/serve.ts';

const SEGMENTS = fileURLToPath(new URL('../segments/main.ts', import.meta.url));
const TOPIC = 'order_events';
const NOON = Date.UTC(2024, 5, 1, 12);
const MINUTE = 60_000;

let nats: TestNats;
let log: JetStreamLog;
let stage: ChildProcess;
const resources = new AsyncDisposableStack();
const gateways: string[] = [];

async function openGateway(name: string): Promise<string> {
  const own = resources.use(await connectLog({ servers: nats.url, name }));
  const { get } = resources.use(await openFixture(own));
  const fetch = async (request: Request) => get(request.url, request);
  return resources.use(await serveHttp({ host: '127.0.0.1', port: 0, fetch })).url;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(`${gateways[0]}/api/v1${path}`)).json()) as T;
}

async function send(method: string, path: string, body?: unknown, gateway = 0, headers: Record<string, string> = {}) {
  const init = { method, headers: { 'content-type': 'application/json', ...headers } };
  const response = await fetch(`${gateways[gateway]}/api/v1${path}`, {
    ...init,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { effective_from: number; detail?: string; qualified?: number };
  return { ...answer, status: response.status, etag: response.headers.get('etag') ?? '' };
}

/** A purchase of so much by each, so many minutes after noon, as the bridge writes it. */
async function purchase(users: readonly string[], value: number, minute: number): Promise<void> {
  const t = NOON + minute * MINUTE;
  for (const k of users) {
    const event = { t, k, type: 'purchase', value };
    await log.append(dataSubject(TOPIC, partitionName(partitionOf(k)), 0), encodeFrame([event]));
  }
  await log.append(progressSubject(TOPIC, 0), encodeFrame([{ offset: minute, watermark: t - 1, kind: 'userEvent' }]));
}

interface Document {
  readonly segments?: Readonly<Record<string, { readonly qualified: boolean; readonly value: number }>>;
}

function documentOf(user: string): Promise<Document> {
  return get<Document>(`/users/${encodeURIComponent(user)}/segments`);
}

async function membersOf(segment: string): Promise<string[]> {
  const users: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await get<{ items?: { user_id: string }[]; next_cursor?: string }>(
      `/segments/${segment}/users?limit=2${cursor}`,
    );
    users.push(...(page.items ?? []).map(({ user_id }) => user_id));
    if (page.next_cursor === undefined) return users.sort();
    cursor = `&cursor=${page.next_cursor}`;
  }
}

beforeAll(async () => {
  nats = resources.use(await startTestNats());
  log = resources.use(await connectLog({ servers: nats.url, name: 'segments-test' }));
  await provisionMesh(log);
  for (const name of ['gateway-1', 'gateway-2']) gateways.push(await openGateway(name));
  // A rule from before the service was ever started: the log keeps it.
  expect((await send('POST', '/segments', SPENDERS)).status).toBe(201);
  const env = { ...process.env, NATS_URL: nats.url, WEIR_HTTP_PORT: '0', WEIR_INSTANCE: 'segments-1' };
  stage = spawn(process.execPath, [SEGMENTS], { env, stdio: ['ignore', 'ignore', 'inherit'] });
});
afterAll(async () => {
  stage?.kill('SIGTERM');
  if (stage && stage.exitCode === null) await once(stage, 'exit');
  await resources.disposeAsync();
});

describe('a rule over HTTP', () => {
  const users = ['ann', 'bob/2', 'кот'];

  it('decides who is in the segment, from its place among the events on', async () => {
    await purchase(users, 60, 0);
    await purchase(['ann', 'кот'], 60, 1);
    await until(async () => (await documentOf('ann')).segments?.['big-spenders']?.qualified === true);
    await until(async () => (await documentOf('bob/2')).segments?.['big-spenders']?.qualified === false);
    await until(async () => (await membersOf('big-spenders')).length === 2);
    expect(await membersOf('big-spenders')).toEqual(['ann', 'кот']);
  });

  it('is replaced: the users are evaluated anew, without an event of theirs', async () => {
    const { effective_from: place, status } = await send('PUT', '/segments/big-spenders', {
      ...SPENDERS,
      rules: [{ ...SPENDERS.rules[0], value: 50 }],
    });
    expect(status).toBe(200);
    expect((await log.state(EVENTS)).lastSeq).toBe(place);
    await until(async () => (await membersOf('big-spenders')).length === 3);
    await until(async () => (await get<{ status: { in_force: boolean } }>('/segments/big-spenders')).status.in_force);
    expect((await documentOf('bob/2')).segments).toMatchObject({ 'big-spenders': { qualified: true, value: 60 } });
  });

  it('is tried out first: nothing is stored, and the count is of the events that are kept', async () => {
    const over100 = { ...SPENDERS, name: 'Over 100' };
    await until(async () => (await send('POST', '/segments?dryRun', over100)).qualified === 2);
    const before = (await log.state(EVENTS)).lastSeq;
    expect(await send('POST', '/segments?dryRun', over100)).toMatchObject({
      dry_run: true,
      as_of: '2024-06-01T12:00:59.999Z',
      users: 3,
      complete: true,
    });
    expect((await log.state(EVENTS)).lastSeq).toBe(before);
  });

  it('loses no change of two gateways at the same time', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `s${n}`);
    const made = await Promise.all(names.map((id, n) => send('PUT', `/segments/${id}`, VIEWERS, n % 2)));
    expect(made.map(({ status }) => status)).toEqual(names.map(() => 201));
    expect(new Set(made.map((each) => each.effective_from)).size).toBe(names.length);
    const { items } = await get<{ items: { id: string }[] }>('/segments');
    expect(items.map(({ id }) => id)).toEqual(['big-spenders', ...names].sort());
    const etag = made[0]?.etag ?? '';
    const race = await Promise.all(
      [0, 1].map((gateway) =>
        send('PUT', '/segments/s0', { ...VIEWERS, name: `by ${gateway}` }, gateway, { 'if-match': etag }),
      ),
    );
    expect(race.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it('is deleted, and its members with it', async () => {
    await send('PUT', '/segments/viewers', VIEWERS);
    await send('PUT', '/segments/either', { ...BOTH, combine: 'OR' });
    await until(async () => (await membersOf('either')).length === 3);
    expect((await send('DELETE', '/segments/big-spenders')).status).toBe(409);
    await send('DELETE', '/segments/either');
    expect((await send('DELETE', '/segments/big-spenders')).status).toBe(200);
    await until(async () => (await documentOf('ann')).segments?.['big-spenders'] === undefined);
    const left = () =>
      log.lastOfEach('KV_segments', ['$KV.segments.*.member.big-spenders.*', '$KV.segments.*.member.either.*']);
    await until(async () => (await left()).every((message) => message.header('KV-Operation') !== undefined));
  });

  it('is not taken when its body is too large, also when nobody said so beforehand', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 65_536;
        if (sent > 4_000_000) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' as const };
    const response = await fetch(`${gateways[0]}/api/v1/segments`, init);
    expect(response.status).toBe(413);
  });

  it('goes on from what the stage keeps when retention has emptied the log', async () => {
    await until(async () =>
      (await get<{ items: { status: { in_force: boolean } }[] }>('/segments')).items.every((s) => s.status.in_force),
    );
    const { version } = await get<{ version: number }>('/segments/rules');
    await until(
      async () =>
        (await get<{ items: { id: string; status: { in_force: boolean } }[] }>('/segments')).items.length === 13,
    );
    await send('PUT', '/segments/last', SPENDERS);
    await until(async () => (await get<{ status: { in_force: boolean } }>('/segments/last')).status.in_force);
    await log.purge(EVENTS, 'rules.segments', Number.MAX_SAFE_INTEGER);
    expect(await get('/segments/rules')).toMatchObject({ version: version + 1 });
    expect((await send('PUT', '/segments/after', SPENDERS)).status).toBe(201);
    expect((await get<{ items: unknown[] }>('/segments')).items).toHaveLength(15);
  });
});
