import { describe, expect, it } from 'vitest';
import { type FaultInjector, MemoryLog } from '../../shared/log/memory-log.ts';
import { DLQ } from '../../shared/log/names.ts';
import { DEAD_LETTER_HEADERS } from '../../shared/dead-letters/letter-headers.ts';
import { DeadLetters } from './dead-letters.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';

const CAUSE = { reason: 'malformed', text: 'Cannot parse "é\n": it is no JSON' } as const;

function record(offset: number, changes: Partial<KafkaRecord> = {}): KafkaRecord {
  return { offset, timestampMs: 5, key: Buffer.from('k'), value: Buffer.from('v'), ...changes };
}

function open(log: MemoryLog, partition: number, seq = 0, offset = -1, faults?: FaultInjector): Promise<DeadLetters> {
  const fence = {
    log: log.client(faults),
    signal: new AbortController().signal,
    confirmOwner: async () => true,
    onTrouble: () => {},
  };
  return DeadLetters.open(fence, { topic: 'orders', partition }, seq, offset);
}

function offsets(log: MemoryLog): string[] {
  const { partition, offset } = DEAD_LETTER_HEADERS;
  return log.stream(DLQ).messages.map((message) => `${message.header(partition)}/${message.header(offset)}`);
}

describe('dead letters', () => {
  it('that a former session stored behind its progress are not stored again (invariant 1)', async () => {
    const log = new MemoryLog();
    const [first, other] = [await open(log, 0), await open(log, 1)];
    const covered = await first.write(record(1), CAUSE, false);
    await other.write(record(2), CAUSE, false);
    await first.write(record(4), CAUSE, false);
    const second = await open(log, 0, covered, 1);
    expect(second.coveredSeq).toBe(2); // the other's is of no interest; offset 4 is not covered by progress
    for (const offset of [2, 4, 6]) await second.write(record(offset), CAUSE, false);
    expect(offsets(log)).toEqual(['0/1', '1/2', '0/4', '0/2', '0/6']);
    expect(second.coveredSeq).toBe(5);
  });

  it('of a stream that was deleted and made anew are found, though its sequences began again (invariant 1)', async () => {
    const log = new MemoryLog();
    await (await open(log, 0)).write(record(6), CAUSE, false);
    const second = await open(log, 0, 1_000, 5);
    await second.write(record(6), CAUSE, false);
    await second.write(record(7), CAUSE, false);
    expect(offsets(log)).toEqual(['0/6', '0/7']);
    expect(second.coveredSeq).toBe(2);
  });

  for (const fault of ['lost', 'unacked'] as const)
    it(`are stored once when an append is ${fault}`, async () => {
      const log = new MemoryLog();
      let calls = 0;
      const letters = await open(log, 0, 0, -1, () => (calls++ % 2 === 0 ? fault : undefined));
      expect([await letters.write(record(1), CAUSE, false), await letters.write(record(2), CAUSE, false)]).toEqual([
        1, 2,
      ]);
      expect(offsets(log)).toEqual(['0/1', '0/2']);
      expect(letters.coveredSeq).toBe(2);
    });

  it('keep null keys, Kafka headers and what was taken back, in headers of plain ASCII', async () => {
    const log = new MemoryLog();
    const headers = { trace: Buffer.from('é'), many: ['a', Buffer.from('b')] };
    await (await open(log, 0)).write(record(1, { key: null, value: null, headers }), CAUSE, true);
    const [letter] = log.stream(DLQ).messages;
    expect(letter?.payload.length).toBe(0);
    expect(letter?.header(DEAD_LETTER_HEADERS.key)).toBeUndefined();
    expect(letter?.header(DEAD_LETTER_HEADERS.retracted)).toBe('1');
    const kept = Buffer.from(letter?.header(DEAD_LETTER_HEADERS.headers) ?? '', 'base64').toString();
    expect(JSON.parse(kept)).toEqual({ trace: 'w6k=', many: ['YQ==', 'Yg=='] });
    expect(letter?.header(DEAD_LETTER_HEADERS.reason)).toMatch(/^Cannot parse "[ -~]+$/);
  });

  it('are cut to what the server takes, and say so (invariant 2)', async () => {
    const log = new MemoryLog(64 * 1024);
    const value = Buffer.alloc(200_000, 'x');
    await (await open(log, 0)).write(record(1, { value, key: Buffer.alloc(100_000) }), CAUSE, false);
    const [letter] = log.stream(DLQ).messages;
    expect(letter?.payload.length).toBeLessThan(64 * 1024);
    expect(letter?.payload.length).toBeGreaterThan(32 * 1024);
    expect(letter?.header(DEAD_LETTER_HEADERS.truncated)).toBe('200000');
  });
});
