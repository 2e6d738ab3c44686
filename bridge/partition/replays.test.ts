/** What a connector sends again, and what redrive sends again, through sessions that come and go. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import { PARTITIONS } from '../../shared/events/partition.ts';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { dataSubject, EVENTS } from '../../shared/log/names.ts';
import { ByteBudget } from './byte-budget.ts';
import { PartitionSession } from './partition-session.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { REDRIVE_AFTER_HEADER, REDRIVE_HEADER } from '../../shared/dead-letters/redrive-headers.ts';

interface Captured {
  readonly topic: string;
  readonly offset: number;
  readonly timestamp: string;
  readonly key: string;
  readonly value: string | null;
  readonly duplicateOf: number | null;
}

const captured = readFileSync(new URL('../decode/fixtures/pg-restart-replay.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Captured);
const TOPIC = 'ps.public.orders';
const records = captured.filter(({ topic }) => topic === TOPIC);
const ROUTE: EventRoute<'order'> = { topic: TOPIC, ...routeDefaults('order', 'debezium-json') };

/** Lines and counts after a log has taken in these records, with a new session every `sessionSize` records. */
async function take(input: readonly KafkaRecord[], sessionSize: number, changes: Partial<EventRoute<'order'>> = {}) {
  const log = new MemoryLog();
  let counts: Readonly<Record<string, number>> = {};
  for (let at = 0; at < input.length; at += sessionSize) {
    const session = await PartitionSession.open(
      {
        log: log.client(),
        source: { topic: TOPIC, partition: 0 },
        route: { ...ROUTE, ...changes },
        budget: new ByteBudget(1e9),
        confirmOwner: async () => true,
        provisionMirror: async () => undefined,
        progressIntervalMs: 0,
      },
      new AbortController().signal,
    );
    for (const record of input.slice(at, at + sessionSize)) session.accept([record], record.offset);
    await session.drain();
    counts = session.settled.counts ?? {};
    await session[Symbol.asyncDispose]();
  }
  const lines = PARTITIONS.map((partition) => {
    const subject = dataSubject(TOPIC, partition, 0);
    const frames = log.stream(EVENTS).messages.filter((message) => message.subject === subject);
    return frames.map(({ payload }) => new TextDecoder().decode(payload)).join('\n');
  });
  return { lines, counts };
}

/** As Kafka had them, without what was not recorded: offsets grow. */
function asRecords(some: readonly Captured[]): KafkaRecord[] {
  return some.map(({ offset, timestamp, key, value }) => ({
    offset,
    timestampMs: Number(timestamp),
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  }));
}

describe('what a killed connector has sent twice', () => {
  const all = asRecords(records);
  const once = asRecords(records.filter(({ duplicateOf }) => duplicateOf === null));

  for (const sessionSize of [1, 7, 1_000])
    it(`counts once, with a session every ${sessionSize} records`, async () => {
      const { lines, counts } = await take(all, sessionSize);
      const expected = await take(once, 1_000);
      expect(lines).toEqual(expected.lines);
      expect(counts.replayed).toBeGreaterThan(20);
      expect(counts.events).toBe(expected.counts.events);
    });

  it('counts twice when the route says so', async () => {
    const { counts } = await take(all, 1_000, { dropReplays: false });
    expect(counts.replayed).toBeUndefined();
    expect(counts.events).toBeGreaterThan((await take(once, 1_000)).counts.events ?? 0);
  });

  it('is taken in when redrive sends it', async () => {
    const [first] = all.filter(({ value }) => value?.includes('"op":"c"'));
    if (!first) throw new Error('Cannot test: the capture has no create');
    const again = { ...first, offset: first.offset + 1 };
    expect((await take([first, again], 9)).counts).toMatchObject({ counted: 1, replayed: 1 });
    const redriven = { ...again, headers: { [REDRIVE_HEADER]: '7' } };
    expect((await take([first, redriven], 9)).counts).toEqual({ counted: 2, events: 2 });
  });
});

it('a redriven update whose former values were taken back brings the new ones only', async () => {
  const row = { order_id: 1, customer_id: 5, total_amount: '2.50', order_date: Date.UTC(2026, 0, 1) * 1000 };
  const value = Buffer.from(JSON.stringify({ before: { ...row, total_amount: '1.00' }, after: row, op: 'u' }));
  const update: KafkaRecord = { offset: 0, timestampMs: Date.UTC(2026, 0, 1), key: null, value };
  expect((await take([update], 1)).counts).toEqual({ counted: 1, events: 2 });
  const headers = { [REDRIVE_HEADER]: '7', [REDRIVE_AFTER_HEADER]: '1' };
  const { lines, counts } = await take([{ ...update, headers }], 1);
  expect(counts).toEqual({ counted: 1, events: 1 });
  expect(lines.join('')).toContain('"amount":250}');
});
