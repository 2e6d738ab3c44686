/** `verify` against a real bridge, on a real Kafka and a real nats-server. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type EventRoute,
  type MirrorRoute,
  type Route,
  MAX_RECORD_BYTES,
  routeDefaults,
} from '../../shared/config/routes.ts';
import { DLQ, EVENTS, topicTokens } from '../../shared/log/names.ts';
import { withKafkaAdmin } from '../../shared/testing/kafka-admin.ts';
import { BridgeBench, order, until } from '../_bridge-bench.ts';
import { loadMirrorPosition } from '../mirror/mirror-position.ts';
import { sendMessages } from './_redrive-bench.ts';
import type { PartitionReport } from './partition-report.ts';
import { verify } from './verify.ts';
import type { VerifyOptions } from './verify-context.ts';

let bench: BridgeBench;

beforeAll(async () => {
  bench = await BridgeBench.start();
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

interface Captured {
  readonly key: string;
  readonly value: string | null;
  readonly duplicateOf: number | null;
}

const NEVER = new AbortController().signal;

function run(routes: readonly Route[], options: Partial<VerifyOptions> = {}): Promise<PartitionReport[]> {
  const { kafka, log } = bench;
  return verify({ kafka, log, routes, registry: undefined, signal: NEVER, ...options });
}

function totals(reports: readonly PartitionReport[]): Record<string, number>[] {
  return reports.map((report) => ({ ...report.totals }));
}

async function dataFrames(topic: string) {
  const messages = await bench.messages(EVENTS, `kafka.${topicTokens(topic)}.>`);
  return messages.filter(({ subject }) => !subject.includes('.progress.'));
}

describe('events', () => {
  it('are right when a bridge wrote them, with dead letters, tombstones and two bridges in between', async () => {
    const { topic, route, send } = await bench.orders(2);
    const bridges = [bench.startBridge([route], `${topic}-a`), bench.startBridge([route], `${topic}-b`)];
    for (let n = 0; n < 200; n += 20) {
      await send(0, ...Array.from({ length: 20 }, (_, at) => order(n + at)), '{"orderId":', null);
      await send(1, ...Array.from({ length: 20 }, (_, at) => order(n + at)), order(9, { customerId: null }));
    }
    await bench.reached(topic, 0, 219);
    await bench.reached(topic, 1, 209);
    await Promise.all(bridges.map(({ stop }) => stop()));
    const reports = await run([route]);
    expect(totals(reports)).toEqual([{}, {}]);
    expect(reports).toMatchObject([
      { records: 220, lines: 200, letters: 10, compared: { from: 0, to: 219 }, notCompared: [] },
      { records: 210, lines: 200, letters: 10, outcomes: { counted: 200, dead: 10 } },
    ]);
    for (const { checksums, cannotTell } of reports) {
      expect(checksums.kafka).toBe(checksums.log);
      expect(cannotTell).toEqual({});
    }
  });

  it('and letters that were deleted, doubled or altered are found at their offsets', async () => {
    const { topic, route, send, start } = await bench.orders(1);
    const bridge = start();
    for (let n = 0; n < 60; n += 10) {
      await send(0, ...Array.from({ length: 9 }, (_, at) => order(n + at)), 'no JSON');
      await bench.reached(topic, 0, n + 9);
    }
    await bridge.stop();
    expect(totals(await run([route]))).toEqual([{}]);
    const frames = await dataFrames(topic);
    const [gone, doubled] = [frames[3], frames[5]];
    if (!gone || !doubled) throw new Error('Cannot happen: there are more than five frames');
    const [from, to] = (gone.header('Mesh-Offsets') ?? '').split('-').map(Number);
    await bench.log.manager.streams.deleteMessage(EVENTS, gone.seq);
    await bench.log.append(doubled.subject, doubled.payload, {
      headers: { 'Mesh-Offsets': doubled.header('Mesh-Offsets') ?? '' },
    });
    const [letter] = await bench.messages(DLQ, `dlq.${topicTokens(topic)}.*`);
    await bench.log.manager.streams.deleteMessage(DLQ, letter?.seq ?? 0);
    const [report] = await run([route]);
    const lines = Buffer.from(gone.payload).toString().split('\n').length;
    // The doubled frame is behind the last progress frame, and so not looked at yet.
    expect(report?.totals).toEqual({ missing: lines, 'letter-missing': 1 });
    expect(report?.findings[0]).toMatchObject({ kind: 'missing', from, to, count: lines });
    const again = start();
    await send(0, order(99));
    await bench.reached(topic, 0, 60);
    await again.stop();
    const [later] = await run([route]);
    expect(later?.totals.duplicate).toBeGreaterThan(0);
    expect(later?.totals.missing).toBe(lines);
    const clean = await run([route], { topic, partition: 0, from: 59, to: 60 });
    expect(clean[0]?.compared).toEqual({ from: 59, to: 60 });
  });

  it('that retention took from Kafka are named, and those it took before they were read are lost', async () => {
    const { topic, route, send, start } = await bench.orders(1);
    const first = start();
    await send(0, order(0), order(1));
    await bench.reached(topic, 0, 1);
    await first.stop();
    await send(0, order(2), order(3), order(4), order(5));
    await withKafkaAdmin(bench.kafka, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
    });
    const second = start();
    await bench.reached(topic, 0, 5);
    await second.stop();
    const [report] = await run([route]);
    expect(report).toMatchObject({
      compared: { from: 4, to: 5 },
      totals: { lost: 2 },
      findings: [{ kind: 'lost', from: 2, to: 3 }],
      notCompared: [{ from: 0, to: 3, why: expect.stringContaining('Kafka') }],
    });
  });

  it('of a topic that was made again are not taken for those that were read', async () => {
    const { topic, route, send, start } = await bench.orders(1);
    const bridge = start();
    await send(0, order(0), order(1));
    await bench.reached(topic, 0, 1);
    await bridge.stop();
    await bench.deleteTopic(topic);
    const isMade = () =>
      bench.makeTopic(topic, 1).then(
        () => true,
        () => false, // Kafka may say that a topic is not there though it has just made it
      );
    await until('the topic is there again', isMade);
    await bench.reconnectProducer();
    await send(0, order(10));
    const [report] = await run([route]);
    expect(report?.totals.replaced).toBe(1);
    await send(0, order(11), order(12));
    const [longer] = await run([route]);
    expect(longer?.totals.replaced).toBe(1);
  });

  it('behind transactions that were aborted are right', async () => {
    const { topic, route, start } = await bench.orders(1);
    const writer = bench.kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await writer.connect();
    const bridge = start();
    for (const [id, isKept] of [
      [0, true],
      [1, false],
      [2, true],
      [3, false],
    ] as const) {
      const transaction = await writer.transaction();
      await transaction.send({ topic, messages: [{ key: 'k', value: order(id) }] });
      await (isKept ? transaction.commit() : transaction.abort());
    }
    await writer.disconnect();
    await bench.reached(topic, 0, 7);
    await bridge.stop();
    const reports = await run([route]);
    expect(totals(reports)).toEqual([{}]);
    expect(reports).toMatchObject([{ records: 2, lines: 2, compared: { from: 0, to: 7 } }]);
  });

  it('whose frames retention took from EVENTS are named; the rest is compared', async () => {
    const { topic, route, send, start } = await bench.orders(1);
    const bridge = start();
    for (let n = 0; n < 40; n += 5) {
      await send(0, ...Array.from({ length: 5 }, (_, at) => order(n + at)));
      await bench.reached(topic, 0, n + 4);
    }
    await bridge.stop();
    const messages = await bench.messages(EVENTS, `kafka.${topicTokens(topic)}.>`);
    const middle = messages[Math.floor(messages.length / 2)];
    await bench.log.manager.streams.purge(EVENTS, { seq: middle?.seq ?? 0 });
    const [report] = await run([route]);
    expect(report?.totals).toEqual({});
    const start_ = report?.compared?.from ?? 0;
    expect(start_).toBeGreaterThan(0);
    expect(report?.compared?.to).toBe(39);
    expect(report?.notCompared).toEqual([{ from: 0, to: start_ - 1, why: expect.stringContaining('EVENTS') }]);
    // What retention did not do is found all the same.
    const last = (await dataFrames(topic)).at(-1);
    await bench.log.manager.streams.deleteMessage(EVENTS, last?.seq ?? 0);
    expect((await run([route]))[0]?.totals.missing).toBeGreaterThan(0);
  });

  it('that a connector sent again are not missed, also when the comparison begins among them', async () => {
    const file = new URL('../decode/fixtures/pg-restart-replay.jsonl', import.meta.url);
    const captured = readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Captured);
    const topic = bench.freshTopic();
    await bench.makeTopic(topic, 1);
    const messages = captured.map(({ key, value }) => ({ key, value, partition: 0 }));
    const route: EventRoute<'order'> = { topic, ...routeDefaults('order', 'debezium-json') };
    const bridge = bench.startBridge([route], topic);
    for (let at = 0; at < messages.length; at += 10) {
      await sendMessages(bench, topic, messages.slice(at, at + 10));
      await bench.reached(topic, 0, Math.min(at + 9, messages.length - 1));
    }
    await bridge.stop();
    const [report] = await run([route]);
    expect(report?.totals).toEqual({});
    expect(report?.outcomes.replayed).toBeGreaterThan(10);
    const again = captured.flatMap(({ duplicateOf }, at) => (duplicateOf === null ? [] : at));
    for (const from of [again[0] ?? 0, again[7] ?? 0, again.at(-1) ?? 0]) {
      const reports = await run([route], { topic, from });
      expect(totals(reports)).toEqual([{}]);
      expect(reports).toMatchObject([{ compared: { from }, notCompared: [] }]);
    }
  });

  it('leave no Kafka group behind', async () => {
    const groups = async () => (await withKafkaAdmin(bench.kafka, (admin) => admin.listGroups())).groups;
    const left = (await groups()).filter(({ groupId }) => groupId.startsWith('weir-cli-'));
    expect(left).toEqual([]);
  });
});

describe('a mirror', () => {
  it('is right when a bridge wrote it, and what is done to it is found', async () => {
    const topic = bench.freshTopic();
    await bench.makeTopic(topic, 1);
    const route: MirrorRoute = { topic, decoder: 'raw', maxRecordBytes: 1_000 };
    const big = 'x'.repeat(1_001);
    const bridge = bench.startBridge([route], topic);
    await bench.send(topic, 0, 'a', 'b', null, big, 'c', 'd', 'e');
    await until('all is mirrored', async () => {
      const position = await loadMirrorPosition(bench.log, { topic, partition: 0 }).catch(() => undefined);
      return position?.progress.offset === 6;
    });
    await bridge.stop();
    const [report] = await run([route]);
    expect(report?.totals).toEqual({});
    expect(report).toMatchObject({ records: 7, lines: 6, letters: 1, compared: { from: 0, to: 6 } });
    expect(report?.checksums.kafka).toBe(report?.checksums.log);
    const [stream, subject] = [
      `MIRROR_${topicTokens(topic).replaceAll('.', '+')}_k0`,
      `mirror.${topicTokens(topic)}.k0`,
    ];
    const messages = await bench.messages(stream, subject);
    await bench.log.manager.streams.deleteMessage(stream, messages[1]?.seq ?? 0);
    const [holed] = await run([route]);
    expect(holed?.findings).toEqual([{ kind: 'missing', from: 1, to: 1, count: 1 }]);
  });
});

describe('verify', () => {
  it('says what it cannot do', async () => {
    const { route } = await bench.orders(1, { maxRecordBytes: MAX_RECORD_BYTES });
    await expect(run([route], { topic: 'nobodys' })).rejects.toThrow('no route takes it');
    const untouched = await run([route]);
    expect(totals(untouched)).toEqual([{}]);
    expect(untouched).toMatchObject([{ compared: undefined }]);
  });
});
