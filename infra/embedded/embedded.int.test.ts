import { existsSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import postgres from 'postgres';
import { sharedServers, startTestDynamoDb, startTestNats, startTestPostgres } from '../../shared/testing/servers.ts';
import { processIdentity } from './process-identity.ts';

describe('embedded nats-server', () => {
  it('keeps acked messages over kill -9 and a restart on the same port', async () => {
    await using nats = await startTestNats();
    const before = nats.pid;
    await publish(nats.url, 'kept');
    await nats.kill9();
    expect(processIdentity(before)).toBeUndefined();
    await nats.restart();
    expect(nats.pid).not.toBe(before);
    expect(await firstMessage(nats.url)).toBe('kept');
  });

  it('takes messages of 8 MiB and serves its monitoring page', async () => {
    await using nats = await startTestNats();
    const connection = await connect({ servers: nats.url });
    expect(connection.info?.max_payload).toBe(8_388_608);
    await connection.close();
    const jsz = await fetch(`${nats.monitorUrl}/jsz`);
    expect(await jsz.json()).toMatchObject({ config: { sync_interval: 120_000_000_000 } });
  });

  it('leaves no process behind', async () => {
    const nats = await startTestNats();
    expect(processIdentity(nats.pid)).toBeDefined();
    await nats[Symbol.asyncDispose]();
    expect(processIdentity(nats.pid)).toBeUndefined();
  });

  it('starts several at once', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startTestNats()));
    expect(new Set(servers.map((server) => server.url)).size).toBe(3);
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    expect(servers.some((server) => existsSync(`/proc/${server.pid}`))).toBe(false);
  });
});

describe('embedded Kafka', () => {
  it('makes a topic of four partitions at the first record and gives the record back', async () => {
    const topic = `embedded-${process.pid}`;
    const kafka = new Kafka({ brokers: [...sharedServers().brokers], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'k', value: 'v' }] });
    await producer.disconnect();
    const admin = kafka.admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    expect(offsets.map((partition) => Number(partition.high)).sort()).toEqual([0, 0, 0, 1]);
  });
});

async function publish(url: string, text: string): Promise<void> {
  const connection = await connect({ servers: url });
  await (await jetstreamManager(connection)).streams.add({ name: 'S', subjects: ['s'] });
  await jetstream(connection).publish('s', text);
  await connection.close();
}

async function firstMessage(url: string): Promise<string | undefined> {
  const connection = await connect({ servers: url });
  const message = await (await jetstreamManager(connection)).streams.getMessage('S', { seq: 1 });
  await connection.close();
  return message?.string();
}

describe('embedded PostgreSQL', () => {
  it('keeps committed rows over kill -9, and another database does not see them', async () => {
    await using server = await startTestPostgres({ settings: { max_connections: '20' } });
    const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
    await sql`CREATE TABLE kept AS SELECT 1 AS one`;
    expect(await sql`SHOW max_connections`).toEqual([{ max_connections: '20' }]);
    const before = server.pid;
    await server.kill9();
    expect(processIdentity(before)).toBeUndefined();
    await server.restart();
    expect(await sql`SELECT one FROM kept`).toEqual([{ one: 1 }]);
    const other = await server.createDatabase('other');
    const beside = postgres({ ...other, username: other.user, max: 1 });
    expect(await beside`SELECT to_regclass('kept') AS found`).toEqual([{ found: null }]);
    await Promise.all([sql.end(), beside.end()]);
  });
});

describe('embedded DynamoDB', () => {
  it('keeps tables over kill -9, shows them to every region, and leaves no process behind', async () => {
    await using server = await startTestDynamoDb();
    const inRegion = (region: string, accessKeyId: string) =>
      new DynamoDBClient({ region, endpoint: server.endpoint, credentials: { accessKeyId, secretAccessKey: 'x' } });
    using client = disposable(inRegion('us-east-1', 'one'));
    await client.send(
      new CreateTableCommand({
        TableName: 'kept',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const before = server.pid;
    await server.kill9();
    expect(processIdentity(before)).toBeUndefined();
    await server.restart();
    using elsewhere = disposable(inRegion('eu-central-1', 'other'));
    expect((await elsewhere.send(new ListTablesCommand({}))).TableNames).toEqual(['kept']);
    await server[Symbol.asyncDispose]();
    expect(processIdentity(server.pid)).toBeUndefined();
  });
});

function disposable(client: DynamoDBClient): DynamoDBClient & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}
