/** Each result is in Kafka once, in order, whatever dies: the egress (anywhere), Kafka, NATS; or freezes and wakes up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogUnavailableError } from '../../shared/log/log.ts';
import { startTestKafka } from '../../shared/testing/servers.ts';
import { EgressBench, finalHours, until } from './_egress-bench.ts';
import type { EgressRunner } from './egress-runner.ts';

const HANGING = fileURLToPath(new URL('_egress-process.ts', import.meta.url));
const ENTRY = fileURLToPath(new URL('../jetstream-to-kafka.ts', import.meta.url));
const CUSTOMERS = 7;

let bench: EgressBench;
const children = new Set<ChildProcess>();
const runners: EgressRunner[] = [];

beforeEach(async () => {
  bench = await EgressBench.start();
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await Promise.all(runners.splice(0).map((runner) => runner.stop()));
  await bench[Symbol.asyncDispose]();
});

function spawnEgress(script: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [script], {
    env: { ...bench.environment(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** The next line that the process says. */
async function lineOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('Cannot hear the process');
  const line = once(createInterface({ input: child.stdout }), 'line').then(([said]) => String(said));
  return Promise.race([line, once(child, 'exit').then(([code]) => `ended with ${code}`)]);
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function start(on: EgressBench = bench): Promise<EgressRunner> {
  const runner = on.runner();
  runners.push(runner);
  await runner.start();
  return runner;
}

/** Commit `n` has customer n mod 7 at n orders; asked again until it is stored, whatever happens to nats-server. */
async function write(on: EgressBench, n: number): Promise<number> {
  for (;;) {
    try {
      const before = await on.log.last('LOG_sales', 'log.sales.p00');
      const stored =
        before && (JSON.parse(new TextDecoder().decode(before.payload).split('\n')[0] ?? '') as { n: number });
      if (before && stored?.n === n) return before.seq;
      return await on.append(finalHours(n, [`c${n % CUSTOMERS}`], n));
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
    }
  }
}

/** Of commits 1 to `last`, each once, and of each customer in order; and the position says so. */
async function expectExactly(on: EgressBench, last: number, seq: number): Promise<void> {
  const all = Array.from({ length: last }, (_, n) => n + 1);
  const expected = Object.fromEntries(
    all
      .slice(0, CUSTOMERS)
      .map((first) => [`c${first % CUSTOMERS}`, all.filter((n) => n % CUSTOMERS === first % CUSTOMERS)]),
  );
  expect(await on.ordersByCustomer()).toEqual(expected);
  expect(await on.position()).toBe(seq);
}

async function sentUpTo(on: EgressBench, seq: number): Promise<void> {
  await until(`the position is ${seq}`, async () => (await on.position().catch(() => 0)) === seq, 120_000);
}

test('killed inside a transaction: what it sent is aborted and sent again', async () => {
  await bench.commit(1, 'a');
  const child = spawnEgress(HANGING, { WEIR_TEST_HANG_AT: '1' });
  expect(await lineOf(child)).toBe('inside');
  await kill(child);
  const runner = await start();
  const seq = await bench.commit(2, 'b');
  await until('all is sent', () => runner.status().position === seq);
  expect((await bench.customers()).sort()).toEqual(['a', 'b']);
  expect((await bench.customers(true)).sort()).toEqual(['a', 'a', 'b']);
});

test.each(['SIGSTOP', 'nothing, but it is slow'])(
  'held up inside a transaction by %s, it finds itself fenced',
  async (how) => {
    await bench.commit(1, 'a');
    const zombie = spawnEgress(HANGING, { WEIR_TEST_HANG_AT: '1' });
    expect(await lineOf(zombie)).toBe('inside');
    if (how === 'SIGSTOP') zombie.kill('SIGSTOP');
    const runner = await start();
    const seq = await bench.commit(2, 'b');
    await until('the successor has sent all', () => runner.status().position === seq);
    const said = lineOf(zombie);
    zombie.kill('SIGUSR2');
    if (how === 'SIGSTOP') zombie.kill('SIGCONT');
    expect(await said).toBe('fenced');
    const last = await bench.commit(3, 'c');
    await until('the successor goes on', () => runner.status().position === last);
    expect((await bench.customers()).sort()).toEqual(['a', 'b', 'c']);
  },
);

test('two processes that share the work, one of them killed again and again', async () => {
  const spawnOne = (name: string) => spawnEgress(ENTRY, { WEIR_INSTANCE: name });
  const pair = [spawnOne('egress-a'), spawnOne('egress-b')];
  let seq = 0;
  let n = 0;
  for (let round = 0; round < 4; round++) {
    const upTo = n + 60 + Math.floor(Math.random() * 60);
    while (n < upTo) seq = await write(bench, ++n);
    if (round > 0) await until('something is sent', async () => (await bench.position().catch(() => 0)) > 0);
    const victim = pair[round % 2];
    if (victim) await kill(victim);
    while (n < upTo + 50) seq = await write(bench, ++n);
    pair[round % 2] = spawnOne(round % 2 === 0 ? 'egress-a' : 'egress-b');
  }
  await sentUpTo(bench, seq);
  await expectExactly(bench, n, seq);
});

test('killed at any moment under load, many times', async () => {
  let seq = 0;
  let n = 0;
  for (let round = 0; round < 6; round++) {
    const child = spawnEgress(HANGING, { WEIR_TEST_HANG_AT: '0' });
    const before = seq;
    const upTo = n + 400;
    const writing = (async () => {
      while (n < upTo) seq = await write(bench, ++n);
    })();
    await until('it has begun', async () => (await bench.position().catch(() => 0)) > before);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
    await kill(child);
    await writing;
  }
  await start();
  await sentUpTo(bench, seq);
  await expectExactly(bench, n, seq);
});

test('nats-server killed and restarted under load', async () => {
  await start();
  let seq = 0;
  for (let n = 1; n <= 600; n++) {
    if (n === 200 || n === 400) {
      await bench.nats.kill9();
      await bench.nats.restart();
    }
    seq = await write(bench, n);
  }
  await sentUpTo(bench, seq);
  await expectExactly(bench, 600, seq);
});

test('Kafka killed and restarted under load', async () => {
  await using kafka = await startTestKafka();
  await using own = await EgressBench.start(kafka.brokers);
  const runner = await start(own);
  let seq = 0;
  for (let n = 1; n <= 600; n++) {
    if (n === 200) await until('something is sent', () => runner.status().transactions > 0);
    if (n === 200 || n === 400) {
      await kafka.kill9();
      for (let more = 0; more < 20; more++) seq = await write(own, n++);
      await kafka.restart();
    }
    seq = await write(own, n);
  }
  await sentUpTo(own, seq);
  await expectExactly(own, 600, seq);
  await runner.stop();
});
