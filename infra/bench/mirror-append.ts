/**
 * Ways to store one message a record, fenced, and the mirror's session itself; on a nats-server of its own, without
 * Kafka. Records have 300 B of value and about 100 B of key and headers.
 *
 *   node infra/bench/mirror-append.ts [records] [kafka partitions] [part of a way's name]
 *
 * The ways are those that ADR 5 weighs. Only those marked so keep a former owner out.
 */
import { createInbox, type Msg } from '@nats-io/nats-core';
import { ByteBudget } from '../../bridge/partition/byte-budget.ts';
import { MirrorSession } from '../../bridge/mirror/mirror-session.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { EncodedHeaders } from '../../shared/log/chain-headers.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { mirrorSubject, streamOf } from '../../shared/log/names.ts';
import { provisionMesh, provisionMirror } from '../../shared/log/provision.ts';
import { startTestNats } from '../../shared/testing/servers.ts';
import { takeUsage, usageBetween } from './process-usage.ts';

const RECORDS = Number(process.argv[2] ?? 200_000);
const PARTITIONS = Number(process.argv[3] ?? 4);
const ONLY = process.argv[4] ?? '';
const EACH = Math.floor(RECORDS / PARTITIONS);
const ROUNDS = 3;
const FETCH = 2_000;
const CHAIN = 500;
const BATCH = 1_000;
const VALUE = Buffer.alloc(300, 'x');

await using nats = await startTestNats();
await using log = await connectLog({ servers: nats.url, name: 'mirror-append' });
await provisionMesh(log);
const { connection, manager } = log;
const inbox = createInbox();
const answers = new Map<string, (text: string) => void>();
let tokens = 0;
connection.subscribe(`${inbox}.>`, { callback: (_error, message) => answer(message) });

for (let round = 0; round < ROUNDS; round++) {
  await measure('plain publishes, each acked; not fenced', round, {}, async (subject) => {
    await windowed(subject, () => '');
  });
  await measure('atomic batches of 1000; fenced', round, { allow_atomic: true }, atomicBatches);
  await measure(
    'fast-ingest batches of 1000, each message checks a fence subject; fenced on R1',
    round,
    { allow_batched: true },
    fastBatches,
  );
  await measure('chains of 500, one stream a partition; fenced', round, { duplicate_window: 100e6 }, chains, true);
  await measureSession(round);
}

/** `apart`: a stream for each partition instead of one for all. */
async function measure(
  name: string,
  round: number,
  config: object,
  run: (subject: string) => Promise<void>,
  apart = false,
): Promise<void> {
  if (!name.includes(ONLY)) return;
  const streams = apart
    ? Array.from({ length: PARTITIONS }, (_, p) => [`B${round}${p}`, `bench${round}.k${p}.>`])
    : [[`B${round}`, `bench${round}.>`]];
  for (const [stream = '', filter = ''] of streams)
    await manager.streams.add({ name: stream, subjects: [filter], ...config });
  await timed(name, () => Promise.all(Array.from({ length: PARTITIONS }, (_, p) => run(`bench${round}.k${p}.t`))));
  for (const [stream = ''] of streams) await manager.streams.delete(stream);
}

async function measureSession(round: number): Promise<void> {
  const name = 'mirror session: accept to acked';
  if (!name.includes(ONLY)) return;
  const budget = new ByteBudget(16 * 1024 * 1024);
  const open = async (partition: number) => {
    const source = { topic: `bench-${round}`, partition };
    const ensureStream = () => provisionMirror(log, source.topic, partition);
    const rest = { budget, maxRecordBytes: 1024 * 1024, confirmOwner: async () => true, ensureStream };
    return MirrorSession.open({ log, source, ...rest }, new AbortController().signal);
  };
  const sessions = await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => open(partition)));
  await timed(name, async () => {
    for (let from = 0; from < EACH; from += FETCH)
      for (const session of sessions) {
        const records = Array.from({ length: Math.min(FETCH, EACH - from) }, (_, at) => record(from + at));
        session.accept(records, records.at(-1)?.offset ?? 0);
        while (budget.isFull) await budget.room(500);
      }
    await Promise.all(sessions.map((session) => session.drain()));
  });
  for (const session of sessions) if (session.problem) throw session.problem;
  for (const { source } of sessions)
    await manager.streams.delete(streamOf(mirrorSubject(source.topic, source.partition)));
}

async function timed(name: string, run: () => Promise<unknown>): Promise<void> {
  const pids = new Map([
    ['ours', process.pid],
    ['nats', nats.pid],
  ]);
  const before = takeUsage(pids);
  await run();
  const after = takeUsage(pids);
  const used = usageBetween(before, after);
  const perRecord = (process: string) => ((used?.get(process) ?? Number.NaN) / RECORDS).toFixed(1).padStart(5);
  const rate = Math.round((RECORDS / (after.atMs - before.atMs)) * 1000).toLocaleString('en');
  console.log(
    `${rate.padStart(9)} records/s ${perRecord('ours')} + ${perRecord('nats')} CPU-us/record (ours + nats)  ${name}`,
  );
}

function record(offset: number): KafkaRecord {
  const headers = { 'trace-id': Buffer.from('0af7651916cd43dd8448eb211c80319c') };
  return {
    offset,
    timestampMs: 1_767_225_600_000 + offset,
    key: Buffer.from(`customer-${offset % 20_000}`),
    value: VALUE,
    headers,
  };
}

function headOf(offset: number): string {
  return `Kafka-Timestamp: ${1_767_225_600_000 + offset}\r\nKafka-Key: customer-${offset % 20_000}\r\ntrace-id: 0af7651916cd43dd8448eb211c80319c\r\n`;
}

async function chains(subject: string): Promise<void> {
  let former: Promise<unknown> = Promise.resolve();
  for (let from = 0; from < EACH; from += CHAIN) {
    const messages = Array.from({ length: Math.min(CHAIN, EACH - from) }, (_, at) => ({
      ...{ id: `${subject}.${from + at}`, payload: VALUE, head: headOf(from + at) },
    }));
    const after =
      from === 0 ? ({ kind: 'seq', seq: 0 } as const) : ({ kind: 'id', id: `${subject}.${from - 1}` } as const);
    const appended = log.appendChain(subject, after, messages);
    await former;
    former = appended;
  }
  await former;
}

async function atomicBatches(subject: string): Promise<void> {
  let last = 0;
  for (let from = 0; from < EACH; from += BATCH) {
    const count = Math.min(BATCH, EACH - from);
    const id = `${subject}-${from}`;
    const head = (at: number) => `Nats-Batch-Id: ${id}\r\nNats-Batch-Sequence: ${at + 1}\r\n`;
    const fence = `Nats-Expected-Last-Subject-Sequence: ${last}\r\n`;
    for (let at = 0; at + 1 < count; at++) publish(subject, from + at, head(at) + (at === 0 ? fence : ''));
    const { promise, reply } = awaitAnswer();
    publish(subject, from + count - 1, `${head(count - 1)}Nats-Batch-Commit: 1\r\n`, reply);
    last = sequenceOf(await promise);
  }
}

async function fastBatches(subject: string): Promise<void> {
  const fenceSubject = `${subject}.fence`;
  const first = awaitAnswer();
  publish(fenceSubject, 0, '', first.reply);
  const seq = sequenceOf(await first.promise);
  const fence = `Nats-Expected-Last-Subject-Sequence: ${seq}\r\nNats-Expected-Last-Subject-Sequence-Subject: ${fenceSubject}\r\n`;
  let former: Promise<string> | undefined;
  for (let from = 0; from < EACH; from += BATCH) {
    const count = Math.min(BATCH, EACH - from);
    const { promise, reply } = awaitAnswer((text) => text.includes('"count"') || text.includes('"error"'));
    for (let at = 0; at < count; at++) {
      const operation = at + 1 === count ? 2 : at === 0 ? 0 : 1;
      publish(subject, from + at, fence, `${reply}.b${from}.500.fail.${at + 1}.${operation}.$FI`);
    }
    if (former) sequenceOf(await former);
    former = promise;
  }
  if (former) sequenceOf(await former);
}

async function windowed(subject: string, head: (offset: number) => string): Promise<void> {
  const underWay: Promise<string>[] = [];
  for (let offset = 0; offset < EACH; offset++) {
    const { promise, reply } = awaitAnswer();
    publish(subject, offset, head(offset), reply);
    if (underWay.push(promise) === 2_000) sequenceOf((await Promise.all(underWay.splice(0, 1_000)))[0] ?? '');
  }
  await Promise.all(underWay);
}

function publish(subject: string, offset: number, head: string, reply?: string): void {
  const headers = new EncodedHeaders(Buffer.from(`NATS/1.0\r\n${head}${headOf(offset)}\r\n`));
  connection.publish(subject, VALUE, reply === undefined ? { headers } : { headers, reply });
}

function awaitAnswer(isLast: (text: string) => boolean = () => true): { promise: Promise<string>; reply: string } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const token = String(tokens++);
  answers.set(token, (text) => {
    if (!isLast(text)) return;
    answers.delete(token);
    resolve(text);
  });
  return { promise, reply: `${inbox}.${token}` };
}

function answer(message: Msg): void {
  answers.get(message.subject.slice(inbox.length + 1).split('.')[0] ?? '')?.(message.string());
}

function sequenceOf(text: string): number {
  const { seq, error } = JSON.parse(text) as { seq?: number; error?: object };
  if (seq === undefined) throw new Error(`Cannot measure: the server answered ${JSON.stringify(error)}`);
  return seq;
}
