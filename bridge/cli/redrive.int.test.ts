/** `redrive` on a real Kafka and a real nats-server, with a bridge before and behind it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventRoute } from '../../shared/config/routes.ts';
import { DLQ, EVENTS, topicTokens } from '../../shared/log/names.ts';
import { sharedServers } from '../../shared/testing/servers.ts';
import { type Bench, BridgeBench, order } from '../_bridge-bench.ts';
import { DEAD_LETTER_HEADERS } from '../../shared/dead-letters/letter-headers.ts';
import { judgeBy, recordsOf, redriveSettings, sendMessages, type Settings } from './_redrive-bench.ts';
import { isRight } from './partition-report.ts';
import { abandonRedrive, redrive, type RedriveOptions } from '../../shared/dead-letters/redrive.ts';
import { verify } from './verify.ts';

let bench: BridgeBench;
let settings: Settings;

beforeAll(async () => {
  bench = await BridgeBench.start();
  settings = redriveSettings(bench, 'test', `int-${Date.now()}`);
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

function run(route: EventRoute, options: Partial<RedriveOptions> = {}) {
  return redrive({ ...settings, judge: judgeBy([route]), filter: `dlq.${topicTokens(route.topic)}.*`, ...options });
}

function isVerified(route: EventRoute): Promise<boolean> {
  const signal = new AbortController().signal;
  const { kafka, log } = bench;
  return verify({ kafka, log, routes: [route], registry: undefined, signal }).then((reports) => reports.every(isRight));
}

/** A topic with two orders below zero, which its route refuses, and one that no route can read. */
async function deadOrders(): Promise<Bench & { readonly better: EventRoute<'order'> }> {
  const orders = await bench.orders(1);
  const { topic, start, route } = orders;
  const bridge = start();
  const headers = { trace: 'a', list: ['b', 'c'] };
  const messages = [
    { key: 'k0', value: order(0, { amount: -1, timestamp: 1750000000000 }), headers, timestamp: '1750000000000' },
    { key: null, value: order(1, { timestamp: 1750000000001 }), timestamp: '1750000000001' },
    { key: 'k2', value: 'no JSON' },
    { key: 'k3', value: order(3, { amount: -3 }) },
  ];
  await sendMessages(
    bench,
    topic,
    messages.map((message) => ({ ...message, partition: 0 })),
  );
  await bench.reached(topic, 0, 3);
  await bridge.stop();
  return { ...orders, better: { ...route, allowNegativeAmounts: true } };
}

describe('a dead letter', () => {
  it('goes back as it was, once, and is an event then; what would fail again is kept', async () => {
    const { topic, route, better } = await deadOrders();
    const before = await run(route);
    expect(before.map(({ status }) => status)).toEqual(['kept', 'kept', 'kept']);
    expect(before[0]?.why).toContain('it would be a dead letter again (bad-');
    const dry = await run(better, { dryRun: true });
    expect(dry.map(({ status }) => status)).toEqual(['would-send', 'kept', 'would-send']);
    expect(dry[0]?.outlook).toMatchObject({ outcome: 'counted', lines: [expect.stringContaining('"id":"o0"')] });
    expect((await recordsOf(bench, topic)).length).toBe(4);
    expect(await isVerified(better)).toBe(true);

    const done = await run(better);
    expect(done.map(({ status }) => status)).toEqual(['sent', 'kept', 'sent']);
    const records = await recordsOf(bench, topic);
    const [first, second] = records.slice(4);
    expect(first).toMatchObject({ timestampMs: 1750000000000, key: Buffer.from('k0'), value: records[0]?.value });
    expect(first?.headers).toEqual({
      trace: Buffer.from('a'),
      list: [Buffer.from('b'), Buffer.from('c')],
      'weir-redrive': Buffer.from(String(done[0]?.seq)),
    });
    expect(second?.value).toEqual(records[3]?.value);
    expect((await bench.deadOf(topic)).map(({ offset }) => offset)).toEqual(['2']);

    const bridge = bench.startBridge([better], topic);
    await bench.reached(topic, 0, 6); // four, two, and the transaction's marker
    await bridge.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o1', 'o3']);
    expect(await run(better)).toMatchObject([{ status: 'kept' }]);
    expect(await isVerified(better)).toBe(true);
  });

  it('is chosen by sequence, age and number', async () => {
    const { better, topic } = await deadOrders();
    const letters = await bench.messages(DLQ, `dlq.${topicTokens(topic)}.*`);
    const [first, , last] = letters.map(({ seq }) => seq);
    const chosen = async (options: Partial<RedriveOptions>) =>
      (await run(better, { dryRun: true, force: true, ...options })).map(({ seq }) => seq);
    expect(await chosen({ seqs: [last ?? 0] })).toEqual([last]);
    expect(await chosen({ limit: 1 })).toEqual([first]);
    expect(await chosen({ sinceMs: Date.now() + 60_000 })).toEqual([]);
    expect(await chosen({})).toHaveLength(3);
    expect(await chosen({ filter: 'dlq.nobody.*' })).toEqual([]);
  });

  it('whose update took its row back before brings the new values only', async () => {
    const topic = bench.freshTopic();
    await bench.makeTopic(topic, 1);
    const { route } = await bench.orders(undefined);
    const debezium: EventRoute<'order'> = { ...route, topic, decoder: 'debezium-json', timeUnit: 'us' };
    const row = (amount: string) => ({
      ...{ order_id: 1, customer_id: 5, total_amount: amount, order_date: Date.UTC(2026, 0, 1) * 1000 },
    });
    const send = (before: object | null, after: object, op: string) =>
      bench.send(topic, 0, JSON.stringify({ before, after, op, source: { db: 'shop' } }));
    const bridge = bench.startBridge([debezium], topic);
    await send(null, row('1.00'), 'c');
    await send(row('1.00'), row('-2.00'), 'u');
    await bench.reached(topic, 0, 1);
    await bridge.stop();
    const better = { ...debezium, allowNegativeAmounts: true };
    expect(await isVerified(better)).toBe(true);
    expect(await run(better)).toMatchObject([
      { status: 'sent', outlook: { lines: [expect.stringContaining('-200')] } },
    ]);
    const again = bench.startBridge([better], topic);
    await bench.reached(topic, 0, 3);
    await again.stop();
    const amounts = (await bench.eventsOf(topic)).map(({ amount, retract }) => (retract ? -Number(amount) : amount));
    expect(amounts).toEqual([100, -100, -200]);
    expect(await isVerified(better)).toBe(true);
  });

  it('goes to another topic when asked to', async () => {
    const { better, topic } = await deadOrders();
    const other = await bench.orders(1);
    const judge = judgeBy([better, { ...better, topic: other.topic }]);
    const results = await run(better, { judge, toTopic: other.topic, force: true });
    expect(results.map(({ status }) => status)).toEqual(['sent', 'sent', 'sent']);
    expect(await recordsOf(bench, other.topic)).toHaveLength(3);
    expect((await recordsOf(bench, topic)).length).toBe(4);
    expect(await bench.deadOf(topic)).toEqual([]);
    expect(await isVerified(better)).toBe(true);
  });

  it('that was cut is kept, with the reason', async () => {
    const { topic, route, send, start } = await bench.orders(1);
    const bridge = start();
    await sendMessages(bench, topic, [{ key: 'x'.repeat(20_000), value: 'no JSON', partition: 0 }]);
    await send(0, 'no JSON');
    await bench.reached(topic, 0, 1);
    await bridge.stop();
    const results = await run(route, { force: true });
    expect(results).toMatchObject([
      { status: 'kept', why: expect.stringContaining('its key did not fit') },
      { status: 'sent' },
    ]);
    const [letter] = await bench.messages(DLQ, `dlq.${topicTokens(topic)}.*`);
    expect(letter?.header(DEAD_LETTER_HEADERS.offset)).toBe('0');
  });

  it('that the broker refuses is kept, and the others of its batch go', async () => {
    const { topic, route, send, start } = await bench.orders(undefined);
    await bench.makeTopic(topic, 1, { 'max.message.bytes': '3000' });
    const bridge = start();
    await send(0, `no JSON ${'x'.repeat(2_912)}`); // its own header makes it too large
    await send(0, 'no JSON');
    await bench.reached(topic, 0, 1);
    await bridge.stop();
    const results = await run(route, { force: true });
    expect(results.map(({ status }) => status).sort()).toEqual(['kept', 'sent']);
    expect(results.find(({ status }) => status === 'kept')?.why).toContain('Kafka refused it');
    expect((await bench.deadOf(topic)).map(({ offset }) => offset)).toEqual(['0']);
  });
});

describe('npm run bridge -- redrive and verify', () => {
  it('do the same, and say so', async () => {
    const { topic } = await deadOrders();
    const folder = await mkdtemp(join(tmpdir(), 'weir-redrive-'));
    const file = join(folder, 'routes.json');
    const route = { topic, decoder: 'json', kind: 'order', allowNegativeAmounts: true };
    await writeFile(file, JSON.stringify({ routes: [route] }));
    const env = {
      ...process.env,
      KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(','),
      NATS_URL: bench.nats.url,
    };
    const command = async (...args: string[]) => {
      const all = ['infra/launcher/bootstrap.mjs', 'bridge', ...args, '--routes', file];
      return promisify(execFile)(process.execPath, all, { env }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
      );
    };
    const filter = `dlq.${topicTokens(topic)}.*`;
    const dry = await command('redrive', filter, '--dry-run');
    expect(dry).toMatchObject({ code: 1, stdout: expect.stringContaining('2 would be put back, 1 kept.') });
    const done = await command('redrive', filter, '--json');
    expect(JSON.parse(done.stdout)).toMatchObject([{ status: 'sent' }, { status: 'kept' }, { status: 'sent' }]);
    expect(await command('verify')).toMatchObject({ code: 0, stdout: expect.stringContaining('Right: 4 records') });
    const [frame] = await bench
      .messages(EVENTS, `kafka.${topicTokens(topic)}.*.k0`)
      .then((all) => all.filter(({ subject }) => !subject.includes('progress')));
    await bench.log.manager.streams.deleteMessage(EVENTS, frame?.seq ?? 0);
    const wrong = await command('verify', '--topic', topic);
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('WRONG') });
    expect(wrong.stdout).toContain('offset 1 (1 line): missing');
    await rm(folder, { recursive: true });
  });
});

describe('two redrives at once', () => {
  it('exclude each other', async () => {
    const { better } = await deadOrders();
    const { promise: isNoted, resolve: noted } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: release } = Promise.withResolvers<void>();
    const onStep = async (step: string) => {
      if (step !== 'noted') return;
      noted();
      await goOn;
    };
    const first = run(better, { owner: 'first', onStep });
    await isNoted;
    await expect(run(better, { owner: 'second' })).rejects.toThrow('another redrive runs ("first"');
    release();
    expect((await first).map(({ status }) => status)).toEqual(['sent', 'kept', 'sent']);
    expect((await run(better, { owner: 'second' })).map(({ status }) => status)).toEqual(['kept']);
  });

  it('of which one was frozen and wakes up late: it sends nothing more', async () => {
    const { better, topic } = await deadOrders();
    const { promise: isNoted, resolve: noted } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: wake } = Promise.withResolvers<void>();
    const onStep = async (step: string) => {
      if (step !== 'noted') return;
      noted();
      await goOn;
    };
    const frozen = run(better, { owner: 'frozen', onStep, times: { touchMs: 1e8, deadMs: 1_500 } });
    const end = frozen.then(
      () => 'sent',
      () => 'refused',
    );
    await isNoted;
    expect((await run(better, { owner: 'second' })).map(({ status }) => status)).toEqual(['sent', 'kept', 'sent']);
    wake();
    expect(await end).toBe('refused');
    expect(await recordsOf(bench, topic)).toHaveLength(6);
  });
});

describe('an interrupted redrive', () => {
  for (const step of ['noted', 'sent', 'committed'] as const)
    it(`that ended when its batch was ${step} is settled by the next one: nothing twice, nothing lost`, async () => {
      const { better, topic } = await deadOrders();
      const onStep = async (now: string) => {
        if (now === step) throw new Error(`Ended when ${step}`);
      };
      await expect(run(better, { onStep })).rejects.toThrow(`Ended when ${step}`);
      const results = await run(better);
      const expected = step === 'committed' ? ['settled', 'kept', 'settled'] : ['sent', 'kept', 'sent'];
      expect(results.map(({ status }) => status)).toEqual(expected);
      expect(await recordsOf(bench, topic)).toHaveLength(6);
      expect((await bench.deadOf(topic)).map(({ offset }) => offset)).toEqual(['2']);
    });

  it('can be forgotten', async () => {
    const { better } = await deadOrders();
    const onStep = () => Promise.reject(new Error('Ended'));
    await expect(run(better, { onStep })).rejects.toThrow('Ended');
    expect((await abandonRedrive(settings))?.letters).toHaveLength(2);
    expect(await abandonRedrive(settings)).toBeUndefined();
  });
});
