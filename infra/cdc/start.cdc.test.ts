/** `npm start -- --cdc` as a user runs it: rows of the demo arrive, counted as PostgreSQL counts them, and all of it ends. */
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { clientOptions, parseDatabaseUrl, passwordOf } from '../../shared/config/database-address.ts';
import { isFreePort, randomFreePort } from '../embedded/free-port.ts';
import { until } from '../faults/until.ts';
import { Command, stateOf } from '../launcher/_stub-mesh.ts';

const PORTS = [
  'GATEWAY',
  'NATS',
  'NATS_MONITOR',
  'KAFKA',
  'KAFKA_CONTROLLER',
  'SCHEMA_REGISTRY',
  'POSTGRES',
  'CONNECT',
];
const Summary = z.object({ customers: z.number() });

it('captures what the demo writes, hides the password, and leaves no process and no port', async () => {
  await using folder = await temporaryFolder();
  const taken = new Set<number>();
  const ports: Record<string, string> = {};
  for (const name of PORTS) ports[`WEIR_${name}_PORT`] = String(await randomFreePort(taken));
  const start = new Command('start', ['--cdc'], { ...ports, WEIR_DATA_DIR: folder.path, WEIR_DEMO_RATE: '40' });
  try {
    await start.until('Ctrl-C stops everything.');
    const passwordFile = join(folder.path, 'postgres', 'password');
    expect((await stat(passwordFile)).mode & 0o777).toBe(0o600);
    const url = `postgres://weir@127.0.0.1:${ports.WEIR_POSTGRES_PORT}/shop`;
    expect(start.output).toContain(`PGPASSFILE=${passwordFile} psql ${url}\n`);
    const address = parseDatabaseUrl(url);
    const password = passwordOf(await readFile(passwordFile, 'utf8'), address) ?? '';
    await using sql = disposable(postgres({ ...clientOptions({ ...address, password }), max: 1 }));
    const summaryUrl = `http://127.0.0.1:${ports.WEIR_GATEWAY_PORT}/api/v1/rfm/summary`;
    await until('customers of PostgreSQL are in the answers', async () => {
      const [row] = await sql.client<{ n: number }[]>`SELECT count(DISTINCT customer_id)::int AS n FROM orders`;
      const summary = Summary.safeParse(await (await fetch(summaryUrl)).json());
      return summary.success && (row?.n ?? 0) > 50 && summary.data.customers > 50;
    });
    const processes = stateOf(folder.path).processes;
    expect(processes.map(({ name }) => name)).toEqual(expect.arrayContaining(['postgres', 'connect', 'generator-1']));
    expect(start.output).not.toContain(password);
    for (const log of ['postgres', 'connect', 'generator-1'])
      expect(await readFile(join(folder.path, 'logs', `${log}.log`), 'utf8').catch(() => '')).not.toContain(password);
    start.signal('SIGINT');
    expect(await start.ended).toBe(0);
    for (const { pid } of processes) expect(existsSync(`/proc/${pid}`)).toBe(false);
    for (const port of Object.values(ports)) expect(await isFreePort(Number(port)), `port ${port}`).toBe(true);
  } finally {
    start.signal('SIGINT');
    await start.ended;
  }
});

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'weir-cdc-start-'));
  await chmod(path, 0o755); // PostgreSQL may run as another user
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function disposable(client: postgres.Sql): AsyncDisposable & { readonly client: postgres.Sql } {
  return { client, [Symbol.asyncDispose]: () => client.end() };
}
