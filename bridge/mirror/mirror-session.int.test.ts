import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { DLQ, dlqSubject, mirrorSubject, streamOf } from '../../shared/log/names.ts';
import { provisionMesh, provisionMirror } from '../../shared/log/provision.ts';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { ByteBudget } from '../partition/byte-budget.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { type MirroredRecord, mirrorRecord } from './mirror-record.ts';
import { type MirrorOptions, MirrorSession } from './mirror-session.ts';

const NEVER = new AbortController().signal;

let nats: TestNats;
let log: JetStreamLog;
let topics = 0;

beforeAll(async () => {
  nats = await startTestNats();
  log = await connect('mirror-test');
  await provisionMesh(log);
});
afterAll(async () => {
  await log[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

function connect(name: string): Promise<JetStreamLog> {
  return connectLog({ servers: nats.url, name, ackTimeoutMs: 2_000 });
}

function open(topic: string, through = log, changes: Partial<MirrorOptions> = {}): Promise<MirrorSession> {
  const options: MirrorOptions = {
    ...{ log: through, source: { topic, partition: 0 }, budget: new ByteBudget(1e9), maxRecordBytes: 10_000_000 },
    confirmOwner: async () => true,
    ensureStream: () =>
      provisionMirror(log, topic, 0, { eventsHours: 1, eventsBytes: 0, mirrorBytes: 64 * 1024 ** 2, replicas: 1 }),
  };
  return MirrorSession.open({ ...options, ...changes }, NEVER);
}

function freshTopic(): string {
  return `mirror.int-${++topics}`;
}

function history(count: number): KafkaRecord[] {
  return Array.from({ length: count }, (_, offset) => ({
    offset,
    timestampMs: 1_767_225_600_000 + offset,
    key: offset % 3 === 0 ? null : Buffer.from([offset % 256, 0, 255]),
    value: offset % 7 === 3 ? null : Buffer.from(offset % 7 === 4 ? '' : `value ${offset}`),
    headers: {
      'trace-id': Buffer.from(`t ${offset}`),
      'Nats-TTL': Buffer.from('1s'),
      binary: Buffer.from([0xff, offset % 256]),
    },
  }));
}

async function readMirror(topic: string, count: number): Promise<MirroredRecord[]> {
  const subject = mirrorSubject(topic, 0);
  expect((await log.state(streamOf(subject))).messages).toBe(count);
  const stop = new AbortController();
  const records: MirroredRecord[] = [];
  for await (const message of log.read({ stream: streamOf(subject), subjects: [subject], signal: stop.signal })) {
    records.push(mirrorRecord(message));
    if (records.length === count) stop.abort();
  }
  return records;
}

describe('a mirror on a real server', () => {
  it('gives every record back as it was, in order, and a second session goes on behind it', async () => {
    const topic = freshTopic();
    const records = history(2_500);
    const first = await open(topic);
    first.accept(records.slice(0, 1_500), 1_499);
    await first.drain();
    const second = await open(topic);
    expect(second.next).toBe(1_500);
    expect(second.settled.mark).toEqual(first.settled.mark);
    second.accept(records.slice(1_500), 2_499);
    await second.drain();
    const source = { topic, partition: 0 };
    expect(await readMirror(topic, 2_500)).toEqual(records.map((record) => ({ ...record, source })));
  });

  it('holds each record once when two sessions fight over it', async () => {
    const topic = freshTopic();
    const other = await connect('mirror-other');
    const records = history(4_000);
    const sessions = [await open(topic), await open(topic, other), await open(topic)];
    for (let from = 0; from < records.length; from += 250)
      for (const [at, session] of sessions.entries()) {
        session.accept(records.slice(from, from + 250), from + 249);
        if (at === 1) await Promise.resolve();
      }
    await Promise.all(sessions.map((session) => session.drain()));
    expect(sessions.map(({ problem }) => problem)).toEqual([undefined, undefined, undefined]);
    const offsets = (await readMirror(topic, records.length)).map(({ offset }) => offset);
    expect(offsets).toEqual(records.map(({ offset }) => offset));
    await other[Symbol.asyncDispose]();
  });

  it('stores nothing of a former owner that wakes up, even what it had sent already', async () => {
    const topic = freshTopic();
    const records = history(3_000);
    const former = await open(topic, log, { confirmOwner: async () => false });
    const owner = await open(topic);
    owner.accept(records.slice(0, 2_000), 1_999);
    await owner.drain();
    former.accept(records.slice(0, 1_000), 999); // its first chain is behind a sequence that is long past
    await former.drain();
    expect(former.problem?.message).toContain('another bridge owns the partition');
    owner.accept(records.slice(2_000), 2_999);
    await owner.drain();
    expect((await readMirror(topic, 3_000)).map(({ offset }) => offset)).toEqual(records.map(({ offset }) => offset));
  });

  it('goes on without a gap or a double after the server was killed in the middle', async () => {
    const topic = freshTopic();
    const records = history(20_000);
    const session = await open(topic);
    for (let from = 0; from < records.length; from += 1_000)
      session.accept(records.slice(from, from + 1_000), from + 999);
    while ((session.settled.offset ?? 0) < 3_000) await new Promise((resolve) => setTimeout(resolve, 1));
    await nats.kill9();
    expect(session.isSettled).toBe(false);
    await nats.restart();
    await session.drain();
    expect(session.problem).toBeUndefined();
    const offsets = (await readMirror(topic, records.length)).map(({ offset }) => offset);
    expect(offsets).toEqual(records.map(({ offset }) => offset));
  }, 60_000);

  it('buries what is larger than the server takes, and goes on behind it', async () => {
    const topic = freshTopic();
    const session = await open(topic);
    const huge = { offset: 1, timestampMs: 5, key: Buffer.from('k'), value: Buffer.alloc(log.maxPayload, 'x') };
    const [before, , after] = history(3);
    session.accept(
      [before, huge, after].filter((one) => one !== undefined),
      2,
    );
    await session.drain();
    expect(session.settled).toMatchObject({ offset: 2, counts: { mirrored: 2, dead: 1 } });
    expect((await readMirror(topic, 2)).map(({ offset }) => offset)).toEqual([0, 2]);
    const letter = await log.last(DLQ, dlqSubject(topic, 'too-large'));
    expect([letter?.header('Mesh-Offset'), letter?.header('Mesh-Truncated')]).toEqual(['1', String(log.maxPayload)]);
  });

  it('can be gathered with others in one stream, which drops nothing', async () => {
    const gathered = [freshTopic(), freshTopic()];
    const records = history(50);
    for (const topic of gathered) {
      const session = await open(topic);
      session.accept(records, 49);
      await session.drain();
    }
    const sources = gathered.map((topic) => ({ name: streamOf(mirrorSubject(topic, 0)) }));
    await log.manager.streams.add({ name: 'GATHERED', sources });
    while ((await log.state('GATHERED')).messages < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    const last = await log.last('GATHERED', mirrorSubject(gathered[1] ?? '', 0));
    expect(last && mirrorRecord(last)).toMatchObject({ ...records[49], source: { topic: gathered[1] } });
  });
});
