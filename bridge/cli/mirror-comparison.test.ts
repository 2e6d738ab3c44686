import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { rawHistory, rawRecord, SOURCE } from '../mirror/_test-records.ts';
import { Findings } from './findings.ts';
import { LetterComparison, type LetterMark } from './letter-comparison.ts';
import { MirrorComparison } from './mirror-comparison.ts';

const records = rawHistory(60, [20, 21, 40]);

/** `found`: what the mirror holds, in order. */
function compare(
  found: readonly KafkaRecord[],
  { start = 0, end = 59, letters = new Map<number, LetterMark[]>() } = {},
) {
  const findings = new Findings();
  const bounds = { source: SOURCE, start, end, findings };
  const letterComparison = new LetterComparison({
    ...bounds,
    letters,
    redriven: new Map(),
    dlqFirstSeq: 1,
    dlqBefore: 0,
  });
  const comparison = new MirrorComparison({ ...bounds, letters: letterComparison });
  const rest = records.filter(({ offset }) => offset >= start && offset <= end);
  const expectTo = (due: number) => {
    // Kafka's batches reach beyond what is due.
    while ((rest[0]?.offset ?? 99) <= due) for (const record of rest.splice(0, 4)) comparison.expect(record, due);
  };
  found.forEach((record, at) => {
    expectTo(record.offset);
    comparison.meet(record.offset, at + 1, () => record);
  });
  expectTo(end + 1);
  comparison.finish();
  return { comparison, kinds: findings.list.map(({ kind, from, to }) => `${kind} ${from}-${to}`) };
}

describe('a mirror', () => {
  it('that holds every record is right, whole or in part', () => {
    const { comparison, kinds } = compare(records);
    expect(kinds).toEqual([]);
    expect(comparison.messages).toBe(records.length);
    expect(comparison.checksums.kafka).toBe(comparison.checksums.log);
    fc.assert(
      fc.property(fc.nat(59), fc.nat(59), (a, b) => {
        expect(compare(records, { start: Math.min(a, b), end: Math.max(a, b) }).kinds).toEqual([]);
      }),
    );
  });

  it('from which something is gone, or twice, or moved, or altered, says where', () => {
    fc.assert(
      fc.property(fc.nat(records.length - 1), fc.nat(records.length), (at, other) => {
        const record = records[at] ?? rawRecord(0);
        const { offset } = record;
        const place = `${offset}-${offset}`;
        const gone = compare(records.toSpliced(at, 1));
        expect(gone.kinds).toEqual([`missing ${place}`]);
        expect(gone.comparison.checksums.kafka).not.toBe(gone.comparison.checksums.log);
        expect(compare(records.toSpliced(at + 1 + (other % (records.length - at)), 0, record)).kinds).toEqual([
          `duplicate ${place}`,
        ]);
        const altered = { ...record, value: Buffer.from('another') };
        expect(compare(records.with(at, altered)).kinds).toEqual([`different ${place}`]);
        expect(compare(records.with(at, { ...record, timestampMs: 1 })).kinds).toEqual([`different ${place}`]);
        if (at + 1 < records.length)
          expect(compare([...records.slice(0, at), ...records.slice(at + 1), record]).kinds).toEqual([
            `out-of-order ${place}`,
          ]);
      }),
    );
  });

  it('that holds what Kafka has not is found, and a hole is one finding', () => {
    expect(compare(records.toSpliced(20, 0, rawRecord(20))).kinds).toEqual(['unexpected 20-20']);
    expect(compare(records.filter(({ offset }) => offset < 30 || offset > 45)).kinds).toEqual(['missing 30-45']);
    expect(compare([]).kinds).toEqual(['missing 0-59']);
  });

  it('may have a letter in place of a record, but not another reason for it', () => {
    const mark = { seq: 1, storedMs: 1, isRetracted: false, bytes: 1, fullBytes: 1, sum: 0 };
    const without = records.filter(({ offset }) => offset !== 5);
    expect(compare(without, { letters: new Map([[5, [{ ...mark, reason: 'too-large' }]]]) }).kinds).toEqual([
      'letter-different 5-5', // this one is made up
    ]);
    expect(compare(without, { letters: new Map([[5, [{ ...mark, reason: 'bad-id' }]]]) }).kinds).toEqual([
      'missing 5-5',
    ]);
  });
});
