/** The egress on a real Kafka and a real nats-server: each result once for those who read committed records. */
import { afterAll, beforeEach, afterEach, expect, test } from 'vitest';
import { readEntry } from '../../shared/store/entry.ts';
import { MESH } from '../../shared/log/names.ts';
import { EgressBench, until } from './_egress-bench.ts';
import type { EgressRunner } from './egress-runner.ts';
import { parsePosition } from './position.ts';

let bench: EgressBench;
let runners: EgressRunner[] = [];

beforeEach(async () => {
  bench = await EgressBench.start();
});

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop()));
  await bench[Symbol.asyncDispose]();
});

afterAll(() => {
  runners = [];
});

async function start(...changes: Parameters<EgressBench['runner']>): Promise<EgressRunner> {
  const runner = bench.runner(...changes);
  runners.push(runner);
  await runner.start();
  return runner;
}

function reached(runner: EgressRunner, seq: number): Promise<void> {
  return until(`${seq} is sent`, () => runner.status().position >= seq);
}

test('results and the position are in Kafka, stamped now, with their key and where they come from', async () => {
  const seq = await bench.commit(1, '1', 'x');
  const runner = await start();
  await reached(runner, seq);
  const records = await bench.records(bench.settings.topics.analytics);
  expect(records.map(({ key, value }) => `${key} ${value}`).sort()).toEqual([
    '1 {"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":1,"orders":1,"total_spent":12.5}',
    'x {"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":"x","orders":1,"total_spent":12.5}',
  ]);
  const [first] = records;
  expect(Date.now() - (first?.timestampMs ?? 0)).toBeLessThan(600_000);
  expect(String(first?.headers?.['content-type'])).toBe('application/json');
  expect(String(first?.headers?.['mesh-source'])).toBe('sales/1');
  const [position] = await bench.records(bench.settings.topics.positions);
  expect(String(position?.key)).toBe(`${bench.group}/sales`);
  expect(parsePosition(String(position?.value))).toMatchObject({ seq, seen: { p00: [1, 1, expect.any(Number)] } });
  await until('the log is held', async () => {
    return (await readEntry<{ seq: number }>(bench.log, MESH, 'downstream.sales.egress'))?.seq === seq;
  });
});

test('a second one goes on behind the first, and does not send again what a commit only repeats', async () => {
  const first = await start();
  await reached(first, await bench.commit(1, '1', '2'));
  await first.stop();
  await bench.commit(2, '2', '3'); // '2' as it was
  const last = await bench.commit(3, '4');
  const second = await start();
  await reached(second, last);
  expect((await bench.customers()).sort()).toEqual(['1', '2', '3', '4']);
  expect(second.status()).toMatchObject({ missed: 0, sent: 2 });
});

test('of two that run at once the former is fenced, and each result is there once', async () => {
  const first = await start();
  await reached(first, await bench.commit(1, '1'));
  const second = await start();
  await until('the second runs', () => second.status().state === 'running');
  const last = await bench.commit(2, '2');
  expect(await first.ended).toEqual({ kind: 'fenced' });
  await reached(second, last);
  expect((await bench.customers()).sort()).toEqual(['1', '2']);
});

test('what an aborted transaction has sent nobody sees, and it is sent again', async () => {
  let failures = 2;
  const runner = await start({
    beforeCommit: async () => {
      if (failures-- > 0) throw Object.assign(new Error('Connection lost'), { syscall: 'read' });
    },
  });
  await reached(runner, await bench.commit(1, '1', '2', '3'));
  expect((await bench.customers()).sort()).toEqual(['1', '2', '3']);
  expect(runner.status().restarts).toBeGreaterThanOrEqual(2); // on a busy machine a start may fail, too
});

test('a log that was made anew is sent from its first commit; one that lost commits says how many', async () => {
  const runner = await start();
  await reached(runner, await bench.commit(1, '1'));
  await runner.stop();
  await bench.commit(2, '2');
  await bench.commit(3, '3');
  const last = await bench.commit(4, '4');
  await bench.log.purge('LOG_sales', 'log.sales.p00', last);
  const second = await start();
  await reached(second, last);
  expect(second.status()).toMatchObject({ missed: 2, isReady: true });
  expect(second.status().alarm).toContain('2 commits were deleted before they were sent');
  await second.stop();
  await bench.remakeLog();
  const anew = await bench.commit(1, '5');
  const third = await start();
  await reached(third, anew);
  expect((await bench.customers()).sort()).toEqual(['1', '4', '5']);
});
