import { describe, expect, it } from 'vitest';
import { type Fault, MemoryLog } from '../log/memory-log.ts';
import { type NotedBatch, RedriveNote } from './redrive-note.ts';

const SIGNAL = new AbortController().signal;
const BATCH: NotedBatch = {
  letters: [{ seq: 7, topic: 'orders', partition: 0, offset: 3, isRetracted: false }],
  ends: [{ topic: 'orders', partition: 0, end: 9 }],
};
/** An owner that is killed touches its note no more. */
const ALIVE = { touchMs: 5, deadMs: 2_000 };
const DEAD = { touchMs: 1e8, deadMs: 20 };

describe('the note of a redrive', () => {
  it('is taken by one at a time, and is free afterwards', async () => {
    const log = new MemoryLog();
    {
      await using _first = await RedriveNote.take(log.client(), 'first', SIGNAL, ALIVE);
      await expect(RedriveNote.take(log.client(), 'second', SIGNAL, ALIVE)).rejects.toThrow(
        'another redrive runs ("first"',
      );
    }
    await using second = await RedriveNote.take(log.client(), 'second', SIGNAL, ALIVE);
    expect(second.batch).toBeUndefined();
  });

  it('keeps what was begun and not cleared, also when its owner was killed', async () => {
    const log = new MemoryLog();
    const client = log.client();
    const first = await RedriveNote.take(client, 'first', SIGNAL, DEAD);
    await first.begin(BATCH);
    client.kill();
    await using second = await RedriveNote.take(log.client(), 'second', SIGNAL, DEAD);
    expect(second.batch).toEqual(BATCH);
    await second.clear();
    expect(second.batch).toBeUndefined();
  });

  it('keeps it also when its owner has let go of it, and is then taken at once', async () => {
    const log = new MemoryLog();
    {
      await using first = await RedriveNote.take(log.client(), 'first', SIGNAL, ALIVE);
      await first.begin(BATCH);
    }
    await using second = await RedriveNote.take(log.client(), 'second', SIGNAL, { touchMs: 1e8, deadMs: 1e8 });
    expect(second.batch).toEqual(BATCH);
  });

  it('refuses an owner that was taken for dead and wakes up', async () => {
    const log = new MemoryLog();
    const frozen = await RedriveNote.take(log.client(), 'frozen', SIGNAL, DEAD);
    await using second = await RedriveNote.take(log.client(), 'second', SIGNAL, DEAD);
    await expect(frozen.begin(BATCH)).rejects.toThrow('another one has taken it over');
    await frozen[Symbol.asyncDispose]();
    await second.begin(BATCH);
    expect(second.batch).toEqual(BATCH);
  });

  it('goes on over acks that are lost', async () => {
    const log = new MemoryLog();
    let appends = 0;
    const faults = (): Fault | undefined => (++appends === 2 ? 'unacked' : appends === 4 ? 'lost' : undefined);
    await using note = await RedriveNote.take(log.client(faults), 'first', SIGNAL, DEAD);
    await note.begin(BATCH); // stored, and its ack is lost
    await note.clear(); // lost, and sent again
    await note.begin(BATCH);
    expect(note.batch).toEqual(BATCH);
  });
});
