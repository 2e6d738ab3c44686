import { describe, expect, it } from 'vitest';
import type { StoredMessage } from '../../shared/log/log.ts';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { DLQ } from '../../shared/log/names.ts';
import { DeadLetters } from '../partition/dead-letters.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { Findings } from './findings.ts';
import { LetterComparison, type LetterComparisonOptions, markOfLetter } from './letter-comparison.ts';
import { readLetter } from '../../shared/dead-letters/stored-letter.ts';

const SOURCE = { topic: 'shop.orders', partition: 3 };
const CAUSE = { reason: 'malformed', text: 'Cannot read it' } as const;

function letterRecord(offset: number, changes: Partial<KafkaRecord> = {}): KafkaRecord {
  const headers = { trace: Buffer.from('a'), list: [Buffer.from('b'), Buffer.from('c')] };
  return {
    ...{ offset, timestampMs: 1_000 + offset, key: Buffer.from([255, 0]), value: Buffer.from(`v${offset}`), headers },
    ...changes,
  };
}

/** What the bridge stores of records. */
async function store(records: readonly KafkaRecord[], isRetracted = false, log = new MemoryLog()) {
  const signal = new AbortController().signal;
  const fence = { log: log.client(), signal, confirmOwner: async () => true, onTrouble: () => undefined };
  const letters = await DeadLetters.open(fence, SOURCE, 0, -1);
  for (const record of records) await letters.write(record, CAUSE, isRetracted);
  return log.stream(DLQ).messages;
}

function compare(
  messages: readonly StoredMessage[],
  records: readonly KafkaRecord[],
  changes: Partial<LetterComparisonOptions> = {},
) {
  const findings = new Findings();
  const marks = Map.groupBy(messages, (message) => readLetter(message)?.record.offset ?? -1);
  const letters = new Map(Array.from(marks, ([offset, some]) => [offset, some.map(markOfLetter)]));
  const comparison = new LetterComparison({
    ...{ source: SOURCE, findings, letters, redriven: new Map(), dlqFirstSeq: 1, dlqBefore: 0, start: 0, end: 99 },
    ...changes,
  });
  for (const record of records) comparison.expect(record, CAUSE, false);
  comparison.progress(99, messages.at(-1)?.seq ?? 0);
  comparison.finish();
  return { comparison, kinds: findings.list.map(({ kind, from }) => `${kind} ${from}`) };
}

describe('letters', () => {
  const records = [letterRecord(1), letterRecord(4, { key: null, headers: {} }), letterRecord(7)];

  it('of exactly the records that become letters are right, also one that was cut', async () => {
    const log = new MemoryLog(10_000);
    const all = [...records, letterRecord(8, { value: Buffer.alloc(20_000, 'x') })];
    const messages = await store(all, false, log);
    const { comparison, kinds } = compare(messages, all);
    expect(kinds).toEqual([]);
    expect(comparison.compared).toBe(4);
    expect(comparison.cut).toBe(0);
  });

  it('that are missing, doubled, of other records or not those of their record are found', async () => {
    const messages = await store(records);
    expect(compare(messages.slice(1), records).kinds).toEqual(['letter-missing 1']);
    const [first] = messages;
    expect(compare([...messages, ...(first ? [{ ...first, seq: 9 }] : [])], records).kinds).toEqual([
      'letter-duplicate 1',
    ]);
    expect(compare(messages, records.slice(1)).kinds).toEqual(['letter-extra 1']);
    for (const change of [{ value: Buffer.from('x') }, { key: Buffer.from('x') }, { timestampMs: 1 }, { headers: {} }])
      expect(compare(messages, [letterRecord(1, change), ...records.slice(1)]).kinds).toEqual(['letter-different 1']);
    expect(compare(await store(records, true), records).kinds).toHaveLength(3);
  });

  it('that retention may have removed, or that were put back, are counted', async () => {
    const messages = await store(records);
    const cut = compare(messages.slice(2), records, { dlqFirstSeq: 3 });
    expect(cut.kinds).toEqual([]);
    expect(cut.comparison.cut).toBe(2);
    const late = compare(messages.slice(2), records, { dlqFirstSeq: 3, dlqBefore: 2 });
    expect(late.kinds).toEqual(['letter-missing 1', 'letter-missing 4']);
    const redriven = compare(messages.slice(1), records, { redriven: new Map([[1, false]]) });
    expect(redriven.kinds).toEqual([]);
    expect(redriven.comparison.redriven).toBe(1);
  });

  it('outside of what is compared are left alone', async () => {
    const messages = await store(records);
    expect(compare(messages, records.slice(1, 2), { start: 3, end: 5 }).kinds).toEqual([]);
  });
});

describe('a stored letter', () => {
  it('comes back as its record was', async () => {
    const record = letterRecord(4);
    const [message] = await store([record], true);
    const letter = message && readLetter(message);
    expect(letter).toMatchObject({ source: SOURCE, record, reason: 'malformed', isRetracted: true, cut: [] });
  });

  it('says what of it was cut', async () => {
    const big = Buffer.alloc(20_000, 'x');
    const log = new MemoryLog(80_000);
    const whole = { key: big, headers: { big }, value: Buffer.alloc(70_000) };
    const [message] = await store([letterRecord(4, whole)], false, log);
    const letter = message && readLetter(message);
    expect(letter).toMatchObject({ cut: ['value', 'key', 'headers'], fullBytes: 70_000 });
  });

  it('of somebody else is none', () => {
    const log = new MemoryLog();
    log.store('dlq.shop.orders.malformed', 'x', {});
    const [message] = log.stream(DLQ).messages;
    expect(message && readLetter(message)).toBeUndefined();
  });
});
