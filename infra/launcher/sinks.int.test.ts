/** `npm start -- --sink all` as a user runs it: what the demo's orders add up to is in both stores, and all of it ends. */
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import postgres from 'postgres';
import { expect, it } from 'vitest';
import { clientOptions, parseDatabaseUrl, passwordOf } from '../../shared/config/database-address.ts';
import { isFreePort, randomFreePort } from '../embedded/free-port.ts';
import { until } from '../faults/until.ts';
import { Command, stateOf } from './_stub-mesh.ts';

const PORTS = [
  'GATEWAY',
  'NATS',
  'NATS_MONITOR',
  'KAFKA',
  'KAFKA_CONTROLLER',
  'SCHEMA_REGISTRY',
  'POSTGRES',
  'DYNAMODB',
];
const OWN = { DATABASE_URL: '', PG_HOST: '', DYNAMODB_ENDPOINT: '', NATS_URL: '', KAFKA_BOOTSTRAP_SERVERS: '' };
const CUSTOMERS = 30;

it('keeps both stores filled with what customers spend, and leaves no process and no port', async () => {
  await using folder = await temporaryFolder();
  const taken = new Set<number>();
  const ports: Record<string, string> = {};
  for (const name of PORTS) ports[`WEIR_${name}_PORT`] = String(await randomFreePort(taken));
  const start = new Command('start', ['--sink', 'all'], { ...OWN, ...ports, WEIR_DATA_DIR: folder.path });
  try {
    await start.until('Ctrl-C stops everything.');
    const url = `postgres://weir@127.0.0.1:${ports.WEIR_POSTGRES_PORT}/weir`;
    const passwordFile = join(folder.path, 'postgres', 'password');
    expect(start.output).toContain(`PGPASSFILE=${passwordFile} psql ${url}\n`);
    const password = passwordOf(await readFile(passwordFile, 'utf8'), parseDatabaseUrl(url)) ?? '';
    const sql = postgres({ ...clientOptions({ ...parseDatabaseUrl(url), password }), max: 1 });
    const dynamoDb = dynamoDbAt(`http://127.0.0.1:${ports.WEIR_DYNAMODB_PORT}`);
    try {
      await until('customers are in PostgreSQL', async () => {
        const [row] = await sql<
          { n: number }[]
        >`SELECT count(*)::int AS n FROM customer_segments WHERE monetary_value > 0`;
        return (row?.n ?? 0) >= CUSTOMERS;
      });
      await until('customers are in DynamoDB', async () => (await customersIn(dynamoDb)) >= CUSTOMERS);
    } finally {
      dynamoDb.destroy();
      await sql.end();
    }
    const { processes } = stateOf(folder.path);
    expect(start.output).not.toContain(password);
    start.signal('SIGINT');
    expect(await start.ended).toBe(0);
    for (const { pid } of processes) expect(existsSync(`/proc/${pid}`)).toBe(false);
    for (const port of Object.values(ports)) expect(await isFreePort(Number(port)), `port ${port}`).toBe(true);
  } finally {
    start.signal('SIGINT');
    await start.ended;
  }
}, 240_000);

function dynamoDbAt(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'x' },
  });
}

async function customersIn(client: DynamoDBClient): Promise<number> {
  const TableName = 'cdc-platform-customer-segments';
  const { Items = [] } = await client.send(new ScanCommand({ TableName }));
  return Items.filter(({ monetary_value: spent }) => Number(spent?.N) > 0).length;
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'weir-sinks-start-'));
  await chmod(path, 0o755); // PostgreSQL may run as another user
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
