import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sharedServers } from '../../shared/testing/servers.ts';
import { isFreePort, randomFreePort } from '../embedded/free-port.ts';
import { isSameProcess, processIdentity } from '../embedded/process-identity.ts';
import { addStub, Command, type StubCheckout, stateOf, stubCheckout } from './_stub-mesh.ts';
import { endLeftovers } from './leftovers.ts';
import { writeState } from './state-file.ts';

const READY = 'Weir is ready.';
let checkout: StubCheckout;
let environment: Record<string, string>;
const commands: Command[] = [];

beforeEach(async () => {
  checkout = await stubCheckout();
  const { natsUrl, brokers } = sharedServers();
  environment = {
    WEIR_WORKERS_ROOT: checkout.root,
    WEIR_DATA_DIR: checkout.dataDir,
    WEIR_GATEWAY_PORT: String(await randomFreePort()),
    NATS_URL: natsUrl,
    KAFKA_BOOTSTRAP_SERVERS: brokers.join(','),
  };
});

afterEach(async () => {
  for (const command of commands.splice(0)) {
    command.signal('SIGTERM');
    await command.ended;
  }
  await checkout[Symbol.asyncDispose]();
});

function run(name: string, args: readonly string[] = [], more: Readonly<Record<string, string>> = {}): Command {
  const command = new Command(name, args, { ...environment, ...more });
  commands.push(command);
  return command;
}

async function mesh(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const command = run('mesh', args);
  return { code: await command.ended, output: command.output };
}

/** What a stub was told of stores. */
function storesOf(command: Command, worker: string): unknown {
  const line = command.output.split('\n').find((candidate) => candidate.includes(`stores ${worker} {`)) ?? '';
  return JSON.parse(line.slice(line.indexOf('{') === -1 ? 0 : line.indexOf('{')) || 'null');
}

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

describe('npm start', () => {
  it('brings up its own servers and workers, and leaves nothing behind when stopped', async () => {
    const ports = new Set<number>();
    for (let i = 0; i < 4; i++) await randomFreePort(ports);
    const [nats = 0, monitor = 0, kafka = 0, controller = 0] = ports;
    const start = run('start', [], {
      NATS_URL: '',
      KAFKA_BOOTSTRAP_SERVERS: '',
      WEIR_NATS_PORT: String(nats),
      WEIR_NATS_MONITOR_PORT: String(monitor),
      WEIR_KAFKA_PORT: String(kafka),
      WEIR_KAFKA_CONTROLLER_PORT: String(controller),
    });
    await start.until(READY);
    const { processes, pid, identity } = stateOf(checkout.dataDir);
    expect(processes.map((known) => known.name).sort()).toEqual([
      'alpha-1',
      'bridge-1',
      'gateway-1',
      'kafka',
      'nats-server',
    ]);
    expect(start.output).toContain(`stub alpha-1 nats://127.0.0.1:${nats}`);
    expect(start.output).toMatch(/Kafka +127\.0\.0\.1:\d+ +4\.2\.0, from (cache|maven)/);

    process.kill(-pid, 'SIGINT'); // to the whole group, as a terminal does
    await start.until('stopping after SIGINT');
    start.signal('SIGTERM'); // and its echo
    expect(await start.ended).toBe(0);
    expect(processes.filter((known) => isSameProcess(known.pid, known.identity))).toEqual([]);
    expect(isSameProcess(pid, identity)).toBe(false);
    for (const port of ports) expect(await isFreePort(port)).toBe(true);
    expect(existsSync(join(checkout.dataDir, 'launcher.json'))).toBe(false);
    expect(existsSync(join(checkout.dataDir, 'nats/jetstream'))).toBe(true);
    expect(start.output).not.toContain('got SIGINT');
  });

  it('brings up the stores of its sinks, tells who needs them, shows how to look into them, and ends them', async () => {
    for (const name of ['sink-postgres', 'sink-dynamodb']) await addStub(checkout.root, `services/${name}/main.ts`);
    await addStub(checkout.root, 'bridge/jetstream-to-kafka.ts');
    const taken = new Set<number>();
    const [postgresPort, dynamoDbPort] = [await randomFreePort(taken), await randomFreePort(taken)];
    const start = run('start', ['--sink', 'all', '--scale', 'sink-postgres=2'], {
      WEIR_POSTGRES_PORT: String(postgresPort),
      WEIR_DYNAMODB_PORT: String(dynamoDbPort),
      ...{ DATABASE_URL: '', PG_HOST: '', PG_PORT: '1', DYNAMODB_ENDPOINT: '', AWS_ACCESS_KEY_ID: 'the-users-own' },
    });
    await start.until(READY);
    const { processes } = stateOf(checkout.dataDir);
    const names = processes.map((known) => known.name);
    expect(names).toEqual(expect.arrayContaining(['postgres', 'dynamodb', 'sink-postgres-1', 'sink-postgres-2']));
    expect(names).not.toContain('egress-1');
    const url = `postgres://weir@127.0.0.1:${postgresPort}/weir`;
    const endpoint = `http://127.0.0.1:${dynamoDbPort}`;
    const passwordFile = join(checkout.dataDir, 'postgres', 'password');
    const database = { DATABASE_URL: url, PG_PORT: '', PGPASSFILE: passwordFile };
    expect(storesOf(start, 'sink-postgres-2')).toMatchObject(database);
    expect(storesOf(start, 'gateway-1')).toMatchObject(database);
    expect(storesOf(start, 'sink-dynamodb-1')).toMatchObject({
      DYNAMODB_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: 'local',
    });
    expect(storesOf(start, 'alpha-1')).toMatchObject({ DATABASE_URL: '', DYNAMODB_ENDPOINT: '' });
    const status = (await mesh('status')).output;
    for (const shown of [start.output, status]) {
      expect(shown).toContain(`  PGPASSFILE=${passwordFile} psql ${url}\n`);
      expect(shown).toContain(`--endpoint-url ${endpoint} --table-name cdc-platform-customer-segments`);
      expect(shown).not.toContain(readFileSync(passwordFile, 'utf8').trim().split(':').at(-1));
    }
    expect((await mesh('scale', 'sink-postgres=1')).output).toBe('sink-postgres: 2 -> 1\n');
    await mesh('stop');
    expect(await start.ended).toBe(0);
    const stops = start.output.split('\n').filter((line) => line.includes('stopping ') && line.includes('-1'));
    expect(stops.map((line) => line.replace(/.*stopping /, ''))).toEqual([
      'bridge-1 ...',
      'alpha-1 ...',
      'sink-dynamodb-1, sink-postgres-1 ...',
      'gateway-1 ...',
    ]);
    expect(processes.filter((known) => isSameProcess(known.pid, known.identity))).toEqual([]);
    expect(await run('reset').ended).toBe(0);
    expect(existsSync(checkout.dataDir)).toBe(false);
  });

  it("starts no store beside the user's, and no sink without a store", async () => {
    for (const name of ['sink-postgres', 'sink-dynamodb']) await addStub(checkout.root, `services/${name}/main.ts`);
    const given = {
      ...{ PG_HOST: '', DYNAMODB_ENDPOINT: '' },
      ...{ DATABASE_URL: 'postgres://me:secret@db.example/results', PG_PORT: '5433' },
    };
    const start = run('start', ['--sink', 'postgres'], given);
    await start.until(READY);
    expect(start.output).toMatch(
      /PostgreSQL sink +postgres:\/\/me@db.example:5433\/results\S* +from environment DATABASE_URL/,
    );
    expect(start.output.replaceAll(/^.*"DATABASE_URL".*$/gm, '')).not.toContain('secret');
    expect(stateOf(checkout.dataDir).processes.map(({ name }) => name)).not.toContain('postgres');
    expect(storesOf(start, 'gateway-1')).toMatchObject({ DATABASE_URL: given.DATABASE_URL });
    expect(await mesh('scale', 'sink-dynamodb=1')).toEqual({
      code: 1,
      output:
        'Cannot scale "sink-dynamodb": this mesh has no store for it: start it with `npm start -- --sink dynamodb`, or with DYNAMODB_ENDPOINT set\n',
    });
    await mesh('stop');
    const asked = run('start', [], { ...given, DYNAMODB_ENDPOINT: 'http://elsewhere:8000' });
    await asked.until(READY);
    expect((await mesh('scale', 'sink-dynamodb=1')).output).toBe('sink-dynamodb: 0 -> 1\n');
    await asked.until('stores sink-dynamodb-1');
    expect(storesOf(asked, 'sink-dynamodb-1')).toMatchObject({ DYNAMODB_ENDPOINT: 'http://elsewhere:8000' });
    expect(storesOf(asked, 'gateway-1')).toMatchObject({ DATABASE_URL: '' });
  });

  it('starts a worker that crashed again, and says so', async () => {
    const start = run('start');
    await start.until(READY);
    const before = stateOf(checkout.dataDir).processes.find((known) => known.name === 'alpha-1');
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await start.until('alpha-1 was ended by SIGKILL; starting it again in 0.5 s');
    await start.until('stub alpha-1', start.output.lastIndexOf('starting it again'));
    expect((await mesh('status')).output).toMatch(/alpha-1 +ready +\d+ +1 /);
  });

  it('beside a running one says so, changes nothing and ends well', async () => {
    const first = run('start');
    await first.until(READY);
    const before = readFileSync(join(checkout.dataDir, 'launcher.json'), 'utf8');
    const second = run('start');
    expect(await second.ended).toBe(0);
    expect(second.output).toContain('a mesh already runs in');
    expect(readFileSync(join(checkout.dataDir, 'launcher.json'), 'utf8')).toBe(before);
  });

  it('names a busy port and takes the next free one', async () => {
    const wanted = Number(environment.WEIR_GATEWAY_PORT);
    const busy: Server = createServer().listen(wanted, '127.0.0.1');
    const start = run('start');
    await start.until(READY);
    busy.close();
    expect(start.output).toMatch(new RegExp(`port ${wanted} is busy: the gateway takes (?!${wanted})\\d+`));
    expect(start.output).not.toContain(`http://127.0.0.1:${wanted} `);
  });

  it("says whose schema registry it uses, without the password, and starts none beside the user's", async () => {
    await mkdir(join(checkout.root, 'infra/schema-registry'), { recursive: true });
    await copyFile(join(checkout.root, 'bridge/main.ts'), join(checkout.root, 'infra/schema-registry/main.ts'));
    const port = String(await randomFreePort());
    const own = run('start', [], { WEIR_SCHEMA_REGISTRY_PORT: port, SCHEMA_REGISTRY_URL: '' });
    await own.until(READY);
    expect(own.output).toMatch(new RegExp(`Schema registry +http://127.0.0.1:${port} +from this checkout`));
    expect(stateOf(checkout.dataDir).processes.map(({ name }) => name)).toContain('schema-registry-1');
    await mesh('stop');
    const given = run('start', [], { SCHEMA_REGISTRY_URL: 'http://me:secret@registry:8081' });
    await given.until(READY);
    expect(given.output).toMatch(/Schema registry +http:\/\/\[redacted\]@registry:8081 +from environment/);
    expect(stateOf(checkout.dataDir).processes.map(({ name }) => name)).not.toContain('schema-registry-1');
  });

  it('ends everything at once at the second signal', async () => {
    const start = run('start', [], { STUBBORN: '1' });
    await start.until(READY);
    const { processes } = stateOf(checkout.dataDir);
    start.signal('SIGINT');
    await start.until('got SIGTERM');
    await sleep(1_100); // a second signal sooner is an echo of the first
    start.signal('SIGINT');
    expect(await start.ended).toBe(130);
    await untilTrue(() => !processes.some((known) => isSameProcess(known.pid, known.identity)));
  });

  it('takes its workers with it when it is killed', async () => {
    const start = run('start');
    await start.until(READY);
    const { processes, pid } = stateOf(checkout.dataDir);
    process.kill(pid, 'SIGKILL');
    await untilTrue(() => !processes.some((known) => isSameProcess(known.pid, known.identity)));
    expect(await start.ended).toBe(1);
  });

  it('says in one sentence what is wrong with a server it was pointed at', async () => {
    const port = await randomFreePort();
    const start = run('start', [], { NATS_URL: `nats://me:secret@127.0.0.1:${port}` });
    expect(await start.ended).toBe(1);
    expect(start.output).toContain(
      `Cannot reach NATS_URL="nats://[redacted]@127.0.0.1:${port}": start that server, or unset`,
    );
  });
});

describe('npm run mesh', () => {
  it('shows, scales, restarts, follows and stops what runs', async () => {
    const start = run('start');
    await start.until(READY);
    expect((await mesh('scale', 'alpha=3')).output).toBe('alpha: 1 -> 3\n');
    await start.until('stub alpha-3');
    expect((await mesh('scale', 'alpha=2')).output).toBe('alpha: 3 -> 2\n');
    expect(stateOf(checkout.dataDir).processes.map((known) => known.name)).not.toContain('alpha-3');
    expect((await mesh('scale', 'sink-x=1')).output).toBe('sink-x: 0 -> 1\n');
    expect((await mesh('scale', 'beta=1')).output).toContain(
      'Cannot find "beta": there is bridge, alpha, sink-x, gateway',
    );
    const pids = () =>
      stateOf(checkout.dataDir)
        .processes.filter((known) => known.name.startsWith('alpha'))
        .map(({ pid }) => pid);
    const before = pids();
    expect(await mesh('restart', 'alpha')).toEqual({ code: 0, output: 'Restarted alpha-1, alpha-2\n' });
    expect(pids().filter((pid) => before.includes(pid))).toEqual([]);
    const logs = run('mesh', ['logs', 'alpha']);
    await logs.until('alpha-2 | stub alpha-2');
    expect(await mesh('stop')).toEqual({ code: 0, output: 'stopping ...\nstopped\n' });
    expect(await start.ended).toBe(0);
    expect(await mesh('status')).toMatchObject({
      code: 1,
      output: expect.stringContaining('start it with `npm start`'),
    });
  });
});

describe('npm run reset', () => {
  it('deletes the data, but not below a running mesh and not what is not ours', async () => {
    const start = run('start');
    await start.until(READY);
    const refused = run('reset');
    expect(await refused.ended).toBe(1);
    expect(refused.output).toContain('a mesh runs on it');
    await mesh('stop');
    const foreign = run('reset', [], { WEIR_DATA_DIR: checkout.root });
    expect(await foreign.ended).toBe(1);
    expect(existsSync(join(checkout.root, 'bridge/main.ts'))).toBe(true);
    expect(await run('reset').ended).toBe(0);
    expect(existsSync(checkout.dataDir)).toBe(false);
  });
});

describe('endLeftovers', () => {
  const spawned: ChildProcess[] = [];
  afterEach(() => {
    for (const child of spawned.splice(0)) child.kill('SIGKILL');
  });

  it('ends what is ours and leaves a later process with the same pid alone', async () => {
    const [ours, later] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
    spawned.push(ours, later);
    const [oursPid = 0, laterPid = 0] = [ours.pid, later.pid];
    const state = {
      pid: 1,
      identity: 'gone',
      startedAt: '',
      processes: [
        { name: 'ours', role: 'worker' as const, pid: oursPid, identity: processIdentity(oursPid) ?? '' },
        { name: 'later', role: 'server' as const, pid: laterPid, identity: 'earlier' },
      ],
    };
    writeState(checkout.dataDir, state);
    const said: string[] = [];
    await endLeftovers(state, (line) => said.push(line));
    expect(said).toEqual([`ending ours (pid ${oursPid}), left behind by a launcher that was killed`]);
    expect(processIdentity(oursPid)).toBeUndefined();
    expect(processIdentity(laterPid)).toBeDefined();
  });
});
