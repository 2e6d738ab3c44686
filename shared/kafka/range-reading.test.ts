import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from './record.ts';
import { RangeReading } from './range-reading.ts';

const record = (offset: number, text: string): KafkaRecord => ({
  ...{ offset, timestampMs: offset * 10, key: null },
  value: Buffer.from(text),
});
const SOURCE = { topic: 'orders', partition: 0 };
const records = Array.from({ length: 20 }, (_, n) => record(n, `v${n}`));

async function offsetsOf(reading: RangeReading): Promise<(number | string)[]> {
  const found: (number | string)[] = [];
  for await (const batch of reading.batches()) {
    found.push(...batch.records.map(({ offset }) => offset), `to ${batch.lastOffset}`);
  }
  return found;
}

describe('a range', () => {
  it('holds its own records only, once, and ends where Kafka has been read to its end', async () => {
    const reading = new RangeReading(SOURCE, 3, 8, 1_000);
    reading.push(records.slice(0, 5), 4); // a fetch may begin before
    reading.push(records.slice(2, 5), 4); // and come again
    reading.push([], 6); // only control records
    reading.push(records.slice(7, 12), 11);
    expect(await offsetsOf(reading)).toEqual([3, 4, 'to 4', 'to 6', 7, 8, 'to 8']);
  });

  it('ends also when its last offsets have no record', async () => {
    const reading = new RangeReading(SOURCE, 0, 3, 1_000);
    reading.push(records.slice(0, 2), 9);
    expect(await offsetsOf(reading)).toEqual([0, 1, 'to 3']);
  });

  it('waits for what comes later, and lets the pusher wait when it is full', async () => {
    const reading = new RangeReading(SOURCE, 0, 19, 5_000);
    const found = offsetsOf(reading);
    for (let at = 0; at < 20; at += 4) {
      reading.push(records.slice(at, at + 4), at + 3);
      if (reading.isFull) await reading.room(5_000);
    }
    expect((await found).filter((one) => typeof one === 'number')).toEqual(records.map(({ offset }) => offset));
  });

  it('that gives nothing is an error that says so, and so is a crash', async () => {
    const silent = new RangeReading(SOURCE, 5, 9, 10);
    await expect(offsetsOf(silent)).rejects.toThrow('partition 0 from offset 5: Kafka has given nothing');
    const crashed = new RangeReading(SOURCE, 5, 9, 5_000);
    const reading = offsetsOf(crashed);
    crashed.fail(new Error('Kafka is away'));
    await expect(reading).rejects.toThrow('Kafka is away');
  });
});
