/** The sink to DynamoDB on a real DynamoDB Local: the contract of sinks, and what is DynamoDB's own. */
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTimeToLiveCommand,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeSinkTarget } from '../../shared/sink/sink-target.contract.ts';
import { SAMPLE_KINDS } from '../../shared/sink/sample-values.ts';
import { type SinkEntry, SinkFencedError, SinkUnavailableError } from '../../shared/sink/sink-target.ts';
import { startTestDynamoDb, type TestDynamoDb } from '../../shared/testing/servers.ts';
import { FaultProxy, PASS } from './_fault-proxy.ts';
import { TestStore } from './_test-store.ts';
import { RESULT_TABLES } from './tables.ts';

const LIFE = Date.UTC(2024, 5, 1);
const signal = new AbortController().signal;
let revision = 0;

let server: TestDynamoDb;
beforeAll(async () => {
  server = await startTestDynamoDb();
});
afterAll(() => server[Symbol.asyncDispose]());

describeSinkTarget('DynamoDB', async () => {
  const store = new TestStore(server.endpoint);
  return {
    target: store.open(),
    another: async () => store.open(),
    read: (bucket, key) => store.read(bucket, key),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
});

function entry(key: string, value: unknown): SinkEntry {
  return { key, revision: ++revision, storedAtMs: LIFE, value };
}

function sampleValue(bucket: string, name: string): Readonly<Record<string, unknown>> {
  const kind = SAMPLE_KINDS.find((candidate) => candidate.bucket === bucket && candidate.name === name);
  if (!kind) throw new Error(`Cannot find sample values of ${bucket} ${name}`);
  return kind.value(1, 1);
}

const CUSTOMER = sampleValue('rfm', 'customer');
const ALERT = sampleValue('anomaly', 'alert');

describe('items', () => {
  test('money is exact', async () => {
    await using store = new TestStore(server.endpoint);
    const target = store.open();
    await target.claim('rfm', LIFE);
    for (const [money, stored] of [
      ['1250.50', '1250.5'],
      ['90071992547409.93', '90071992547409.93'],
    ]) {
      await target.write('rfm', [entry('p01.customer.1', { ...CUSTOMER, monetary_value: money })], signal);
      expect((await store.read('rfm', 'p01.customer.1'))?.monetary_value).toEqual({ N: stored });
    }
  });

  test('what a newer value lacks is removed, and what others have added stays', async () => {
    await using store = new TestStore(server.endpoint);
    const target = store.open();
    const key = 'all.alert.eu.low_speed.20240601T100000Z';
    await target.claim('region-health', LIFE);
    const alert = sampleValue('region-health', 'alert');
    await target.write('region-health', [entry(key, { ...alert, resolved: '2024-06-01T11:00:00Z' })], signal);
    expect((await store.read('region-health', key))?.resolved?.S).toBe('2024-06-01T11:00:00Z');
    await target.write('region-health', [entry(key, alert)], signal);
    expect(await store.read('region-health', key)).not.toHaveProperty('resolved');
    await target.write('region-health', [entry(key, undefined)], signal);
    const deleted = await store.item('region-health', key);
    expect(Object.keys(deleted ?? {}).sort()).toEqual(
      ['alert_id', 'bucket', 'deleted', 'kv_key', 'kv_version', 'source', 'ttl', 'updated_at'].sort(),
    );
    await target.write('region-health', [entry(key, alert)], signal);
    const revived = await store.item('region-health', key);
    expect(revived).not.toHaveProperty('deleted');
    expect(revived).not.toHaveProperty('ttl');
  });

  test('alerts of two buckets with one id: the first stays, the other is refused, and deleting it deletes nothing', async () => {
    await using store = new TestStore(server.endpoint);
    const target = store.open();
    const key = 'p03.alert.42.order_spike.20240601T100000Z';
    for (const bucket of ['anomaly', 'anomaly-maip']) await target.claim(bucket, LIFE);
    expect(await target.write('anomaly', [entry(key, ALERT)], signal)).toEqual([]);
    const before = await store.read('anomaly', key);
    const refused = await target.write('anomaly-maip', [entry(key, ALERT)], signal);
    expect(refused.map(({ reason }) => reason)).toEqual([expect.stringContaining('that of another alert')]);
    expect(await store.read('anomaly', key)).toEqual(before);
    expect(await target.write('anomaly-maip', [entry(key, undefined)], signal)).toEqual([]);
    expect(await store.read('anomaly', key)).toEqual(before);
    expect(await Array.fromAsync(target.storedKeys('anomaly', signal))).toEqual([key]);
    expect(await Array.fromAsync(target.storedKeys('anomaly-maip', signal))).toEqual([]);
  });

  test('one id of two keys in one batch: each gets its own answer', async () => {
    await using store = new TestStore(server.endpoint);
    const target = store.open();
    await target.claim('anomaly', LIFE);
    const entries = ['p01.alert.a-b.c.d', 'p02.alert.a.b-c.d', 'p03.alert.x.y.z'].map((key) => entry(key, ALERT));
    const refused = await target.write('anomaly', entries, signal);
    expect(refused.map(({ key }) => key)).toEqual(['p02.alert.a.b-c.d']);
    expect((await store.all('anomaly')).size).toBe(2);
  });

  test('what only DynamoDB can tell is refused alone, too: an item over 400 KB', async () => {
    await using store = new TestStore(server.endpoint);
    const target = store.open();
    await target.claim('anomaly', LIFE);
    const large = { ...ALERT, details: { text: 'é'.repeat(300_000) } };
    const [a, b, c] = [
      entry('p01.alert.a.x.1', ALERT),
      entry('p01.alert.b.x.1', large),
      entry('p01.alert.c.x.1', ALERT),
    ];
    for (let round = 0; round < 2; round++) {
      const refused = await target.write('anomaly', [a, b, c], signal);
      expect(refused).toEqual([{ key: b.key, revision: b.revision, reason: expect.stringContaining('size') }]);
    }
    expect([...(await store.all('anomaly')).keys()].sort()).toEqual([a.key, c.key]);
  });

  test('stored keys are all there over many pages', async () => {
    await using store = new TestStore(server.endpoint);
    const target = store.open();
    await target.claim('anomaly', LIFE);
    const details = { text: 'x'.repeat(200_000) };
    const keys = Array.from({ length: 15 }, (_, at) => `p01.alert.${at + 10}.x.1`);
    for (const key of keys) await target.write('anomaly', [entry(key, { ...ALERT, details })], signal);
    expect((await Array.fromAsync(target.storedKeys('anomaly', signal))).sort()).toEqual(keys);
  });
});

describe('statements that are throttled', () => {
  test('are repeated while the others are done, and then the core is told', async () => {
    await using proxy = await FaultProxy.start(server.endpoint);
    await using store = new TestStore(server.endpoint);
    const target = store.open({ endpoint: proxy.endpoint });
    await target.claim('rfm', LIFE);
    const entries = ['1', '2', '3'].map((id) => entry(`p01.customer.${id}`, CUSTOMER));
    let batches = 0;
    proxy.fault = (action) => {
      if (action !== 'BatchExecuteStatement' || ++batches > 2) return PASS;
      return { kind: 'statements', code: 'ProvisionedThroughputExceeded', takes: (index) => index === 0 };
    };
    expect(await target.write('rfm', entries, signal)).toEqual([]);
    expect((await store.all('rfm')).size).toBe(3);

    batches = 0;
    proxy.fault = (action) => {
      if (action !== 'BatchExecuteStatement') return PASS;
      const round = ++batches; // the first finds by INSERT that the items are there
      return { kind: 'statements', code: 'ThrottlingError', takes: (index) => index > 0 || round > 2 };
    };
    const again = entries.map(({ key }) => entry(key, CUSTOMER));
    const write = target.write('rfm', again, signal);
    await expect(write).rejects.toMatchObject({ code: 'sink-unavailable', kind: 'throttled' });
    const versions = (await Promise.all(again.map(({ key }) => store.read('rfm', key)))).map(
      (item) => item?.kv_version?.N,
    );
    expect(versions.filter((version) => version?.endsWith(String(again[0]?.revision)))).toHaveLength(1);
  });
});

describe('tables', () => {
  test('are made with a TTL where that is wanted', async () => {
    await using store = new TestStore(server.endpoint);
    await store.open().requireTables();
    for (const bucket of ['segments', 'sales']) {
      const command = new DescribeTimeToLiveCommand({ TableName: store.tableName(bucket) });
      const { TimeToLiveDescription: ttl } = await store.client.send(command);
      expect(ttl).toEqual({ AttributeName: 'ttl', TimeToLiveStatus: 'ENABLED' });
    }
  });

  test('are not made where that is not wanted: all that are missing are named, and nothing is written', async () => {
    await using store = new TestStore(server.endpoint);
    const target = store.open({ createTables: false });
    const failure = await target.requireTables().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SinkUnavailableError);
    for (const { name } of RESULT_TABLES) expect(String(failure)).toContain(`-${name}" (key`);
    expect(String(failure)).toContain('WEIR_DYNAMODB_CREATE_TABLES=true');
    await expect(target.claim('rfm', LIFE)).rejects.toBeInstanceOf(SinkUnavailableError);
    const { TableNames = [] } = await store.client.send(new ListTablesCommand({}));
    expect(TableNames.filter((name) => name.startsWith(store.settings.tablePrefix))).toEqual([]);
  });

  test('of another key are not written to', async () => {
    await using store = new TestStore(server.endpoint);
    await store.client.send(
      new CreateTableCommand({
        TableName: store.tableName('rfm'),
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'customer_id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'customer_id', KeyType: 'HASH' }],
      }),
    );
    const claim = store.open().claim('rfm', LIFE);
    await expect(claim).rejects.toThrow(/expected the one key "customer_id" of type N/);
    await expect(claim).rejects.not.toBeInstanceOf(SinkUnavailableError);
  });

  test('that were made anew are written from the beginning, and their keys compared', async () => {
    await using store = new TestStore(server.endpoint);
    const target = store.open();
    await target.claim('rfm', LIFE);
    await target.save('rfm', { life: LIFE, seq: 77, savedAtMs: LIFE });
    expect(await store.open().claim('rfm', LIFE)).toEqual({ life: LIFE, seq: 77, savedAtMs: LIFE });
    await store.client.send(new DeleteTableCommand({ TableName: store.tableName('rfm') }));
    expect(await store.open().claim('rfm', LIFE)).toEqual({ life: LIFE, seq: 0, savedAtMs: 0 });
  });

  test('that are gone while nobody may make them are waited for; then the bucket is claimed anew', async () => {
    await using store = new TestStore(server.endpoint);
    const maker = store.open();
    await maker.requireTables();
    const target = store.open({ createTables: false });
    await target.claim('rfm', LIFE);
    await store.client.send(new DeleteTableCommand({ TableName: store.tableName('rfm') }));
    const write = () => target.write('rfm', [entry('p01.customer.1', CUSTOMER)], signal);
    for (let time = 0; time < 2; time++) await expect(write()).rejects.toBeInstanceOf(SinkUnavailableError);
    await maker.requireTables();
    await expect(write()).rejects.toThrow(/was made anew/);
    await expect(write()).rejects.not.toBeInstanceOf(SinkUnavailableError);
  });
});

test('a former owner cannot save a position', async () => {
  await using store = new TestStore(server.endpoint);
  const [former, owner] = [store.open(), store.open()];
  await former.claim('rfm', LIFE);
  await owner.claim('rfm', LIFE);
  await expect(former.save('rfm', { life: LIFE, seq: 9, savedAtMs: LIFE })).rejects.toBeInstanceOf(SinkFencedError);
  await owner.save('rfm', { life: LIFE, seq: 5, savedAtMs: LIFE });
  expect(await former.claim('rfm', LIFE)).toEqual({ life: LIFE, seq: 5, savedAtMs: LIFE });
});
