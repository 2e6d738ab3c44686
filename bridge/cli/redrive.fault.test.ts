/** A redrive that is killed: whatever step it was at, the next one brings every record to Kafka once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topicTokens } from '../../shared/log/names.ts';
import { sharedServers } from '../../shared/testing/servers.ts';
import { BridgeBench, numbered, order } from '../_bridge-bench.ts';
import { judgeBy, recordsOf, redriveSettings } from './_redrive-bench.ts';
import { isRight } from './partition-report.ts';
import { redrive } from '../../shared/dead-letters/redrive.ts';
import { verify } from './verify.ts';

const PROCESS = fileURLToPath(new URL('./_redrive-process.ts', import.meta.url));
const COUNT = 5;

let bench: BridgeBench;

beforeAll(async () => {
  bench = await BridgeBench.start();
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

/** Runs a redrive until it has come to a step, and kills it there. */
async function killAt(step: string, topic: string, mesh: string): Promise<void> {
  const node = '--disable-warning=TimeoutNegativeWarning'; // kafkajs computes one when it is idle
  const args = [node, PROCESS, bench.nats.url, sharedServers().brokers.join(','), topic, mesh, step];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes(step)) child.kill('SIGKILL');
  }
  await exit;
  expect(child.signalCode).toBe('SIGKILL');
}

describe('a redrive killed with SIGKILL', () => {
  for (const [step, isSent] of [
    ['noted', false],
    ['sent', false],
    ['committed', true],
    ['deleted-one', true],
  ] as const)
    it(`at step ${step}: nothing twice, nothing lost, and the log is right`, async () => {
      const { topic, route, start, send } = await bench.orders(1);
      const bridge = start();
      await send(0, ...Array.from({ length: COUNT }, (_, n) => order(n, { amount: -1 })));
      await bench.reached(topic, 0, COUNT - 1);
      await bridge.stop();
      await killAt(step, topic, topic);
      const better = { ...route, allowNegativeAmounts: true };
      const settings = redriveSettings(bench, 'next', topic);
      const results = await redrive({ ...settings, judge: judgeBy([better]), filter: `dlq.${topicTokens(topic)}.*` });
      expect(results.map(({ status }) => status)).toEqual(new Array(COUNT).fill(isSent ? 'settled' : 'sent'));
      expect((await recordsOf(bench, topic)).slice(COUNT)).toHaveLength(COUNT);
      expect(await bench.deadOf(topic)).toEqual([]);
      const again = bench.startBridge([better], topic);
      await send(0, order(COUNT));
      const last = (await recordsOf(bench, topic)).at(-1)?.offset ?? 0;
      await bench.reached(topic, 0, last);
      await again.stop();
      expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, COUNT + 1));
      const { kafka, log } = bench;
      const signal = new AbortController().signal;
      const reports = await verify({ kafka, log, routes: [better], registry: undefined, signal });
      expect(reports.every(isRight)).toBe(true);
    });
});
