import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryLog } from '../log/memory-log.ts';
import { dataPartition, dataSubject, EVENTS, progressSubject } from '../log/names.ts';
import { partitionName } from '../events/partition.ts';
import { WatchedLog } from '../testing/watched-log.ts';
import { Feed, type FeedInput, type FeedSubscriber } from './feed.ts';
import type { InputMessage } from './partition-state.ts';

const INPUT: FeedInput = {
  stream: EVENTS,
  subjects: (partitions) => [
    ...partitions.map((partition) => dataSubject('ticks', partition, '*')),
    progressSubject('ticks', '*'),
  ],
  partitionOf: dataPartition,
};

let memory: MemoryLog;
let log: WatchedLog;
let feed: Feed;
let errors: unknown[];
let joined: Subscriber[];

beforeEach(() => {
  memory = new MemoryLog();
  log = new WatchedLog(memory.client());
  errors = [];
  joined = [];
  feed = new Feed(log, INPUT, (error) => errors.push(error), 0);
});
afterEach(() => {
  for (const subscriber of joined) feed.leave(subscriber);
});

/** Notes what it folds; decodes as a stage does. */
class Subscriber implements FeedSubscriber {
  readonly partition: string;
  position: number;
  readonly messages: InputMessage[] = [];
  decoded = 0;
  pressure: Promise<void> | undefined;
  #waiting: (() => void)[] = [];

  constructor(position = 0, partition = 'p00') {
    this.position = position;
    this.partition = partition;
  }

  fold(message: InputMessage): void {
    if (message.values === undefined) this.decoded++;
    message.values ??= [];
    this.messages.push(message);
    this.position = message.seq;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  backPressure(): Promise<void> | undefined {
    return this.pressure;
  }

  get seen(): number[] {
    return this.messages.map(({ seq }) => seq);
  }

  async reach(seq: number): Promise<void> {
    while (this.position < seq) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

function join(subscriber: Subscriber): Subscriber {
  joined.push(subscriber);
  feed.join(subscriber);
  return subscriber;
}

/** Stores messages; returns the last sequence. */
function store(count: number, subject = dataSubject('ticks', 'p00', 0)): number {
  for (let at = 0; at < count; at++) memory.store(subject, '{}', {});
  return memory.stream(EVENTS).lastSeq;
}

/** Everything that can happen without new input has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a subscriber (invariant 1)', () => {
  test('sees every message behind its position, in order, stored before and after it joined', async () => {
    store(5);
    const subscriber = join(new Subscriber(2));
    await subscriber.reach(5);
    store(1, progressSubject('ticks', 3));
    store(1, dataSubject('ticks', 'p01', 0)); // of another partition
    await subscriber.reach(store(1));
    expect(subscriber.seen).toEqual([3, 4, 5, 6, 8]);
  });

  test('shares the reading, and what is decoded, with the others', async () => {
    store(3);
    const [one, two] = [join(new Subscriber()), join(new Subscriber())];
    await Promise.all([one.reach(3), two.reach(3)]);
    expect([one.seen, two.seen]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(one.decoded + two.decoded).toBe(3);
    expect(two.messages.every((message, at) => message === one.messages[at])).toBe(true);
    expect(log.said('read')).toHaveLength(1);
  });

  test('sees no more once it has left, while the others go on', async () => {
    const [one, two] = [join(new Subscriber()), join(new Subscriber())];
    await Promise.all([one.reach(store(2)), two.reach(2)]);
    feed.leave(one);
    await two.reach(store(2));
    expect([one.seen, two.seen]).toEqual([
      [1, 2],
      [1, 2, 3, 4],
    ]);
  });

  test('that comes when all had left is read for anew', async () => {
    const first = join(new Subscriber());
    await first.reach(store(2));
    feed.leave(first);
    expect(feed.isEmpty).toBe(true);
    store(2);
    const second = join(new Subscriber(3));
    await second.reach(4);
    expect(second.seen).toEqual([4]);
    expect(first.seen).toEqual([1, 2]);
  });
});

describe('back-pressure (invariant 2)', () => {
  test('of the slowest stops all', async () => {
    const held = Promise.withResolvers<void>();
    const slow = join(new Subscriber());
    const fast = join(new Subscriber());
    slow.pressure = held.promise;
    await fast.reach(store(1));
    store(5);
    await settled();
    expect([slow.seen, fast.seen]).toEqual([[1], [1]]);
    slow.pressure = undefined;
    held.resolve();
    await Promise.all([slow.reach(6), fast.reach(6)]);
    expect(fast.seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('is asked for again when a wait is over', async () => {
    const waits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = join(new Subscriber());
    slow.pressure = waits[0]?.promise;
    await slow.reach(store(1));
    store(1);
    slow.pressure = waits[1]?.promise;
    waits[0]?.resolve();
    await settled();
    expect(slow.seen).toEqual([1]);
    slow.pressure = undefined;
    waits[1]?.resolve();
    await slow.reach(2);
  });
});

describe('a subscriber that joins later (invariant 3)', () => {
  test('below what was read makes the feed read from there, and the others skip what they have', async () => {
    const first = join(new Subscriber());
    await first.reach(store(4));
    const second = join(new Subscriber(1));
    await second.reach(4);
    await Promise.all([first.reach(store(1)), second.reach(5)]);
    expect(first.seen).toEqual([1, 2, 3, 4, 5]);
    expect(second.seen).toEqual([2, 3, 4, 5]);
    expect(log.said('read')).toHaveLength(2);
    await settled();
    expect(log.reading).toBe(1);
  });

  test('below where the reading began, before anything was read, is waited for all the same', async () => {
    store(4);
    const first = join(new Subscriber(4));
    const second = join(new Subscriber(1));
    await second.reach(4);
    expect([first.seen, second.seen]).toEqual([[], [2, 3, 4]]);
  });

  test('at what was read joins the reading as it is', async () => {
    const first = join(new Subscriber());
    await first.reach(store(4));
    const second = join(new Subscriber(4));
    await Promise.all([first.reach(store(1)), second.reach(5)]);
    expect(second.seen).toEqual([5]);
    expect(log.said('read')).toHaveLength(1);
  });

  test('ahead of what was read waits for its place', async () => {
    store(3);
    const first = join(new Subscriber());
    const second = join(new Subscriber(2));
    await Promise.all([first.reach(3), second.reach(3)]);
    expect([first.seen, second.seen]).toEqual([[1, 2, 3], [3]]);
  });
});

describe('partitions', () => {
  const ofOther = dataSubject('ticks', 'p01', 0);

  test('share one reading: data goes to its own, progress to all (invariant 1)', async () => {
    store(1);
    store(1, ofOther);
    const [one, other] = [join(new Subscriber()), join(new Subscriber(0, 'p01'))];
    await Promise.all([one.reach(1), other.reach(2)]);
    const last = store(1, progressSubject('ticks', 0));
    await Promise.all([one.reach(last), other.reach(last)]);
    expect([one.seen, other.seen]).toEqual([
      [1, 3],
      [2, 3],
    ]);
    await settled();
    expect(log.reading).toBe(1);
  });

  test('that join later are read from their position, though what was read is beyond it (invariant 3)', async () => {
    const one = join(new Subscriber());
    store(2, ofOther);
    await one.reach(store(2));
    const other = join(new Subscriber(1, 'p01'));
    await other.reach(2);
    await Promise.all([one.reach(store(1)), other.reach(store(1, ofOther))]);
    expect([one.seen, other.seen]).toEqual([
      [3, 4, 5],
      [2, 6],
    ]);
  });

  test('that join at the same time are read for together', async () => {
    feed = new Feed(log, INPUT, (error) => errors.push(error), 10);
    store(2);
    const all = Array.from({ length: 16 }, (_, at) => join(new Subscriber(0, partitionName(at))));
    const last = store(1, progressSubject('ticks', 0));
    await Promise.all(all.map((subscriber) => subscriber.reach(last)));
    expect(log.said('read')).toHaveLength(1);
  });

  test('that wait for others to join get nothing meanwhile: it would take them past what they have not got', async () => {
    feed = new Feed(log, INPUT, (error) => errors.push(error), 10);
    const one = join(new Subscriber());
    await one.reach(store(1));
    store(1, ofOther);
    const other = join(new Subscriber(0, 'p01'));
    const same = join(new Subscriber());
    await one.reach(store(1, progressSubject('ticks', 0)));
    await Promise.all([other.reach(3), same.reach(3)]);
    expect([one.seen, other.seen, same.seen]).toEqual([
      [1, 3],
      [2, 3],
      [1, 3],
    ]);
  });

  test('that nobody owns any more hold nobody up (invariant 2)', async () => {
    const held = Promise.withResolvers<void>();
    const [one, other] = [join(new Subscriber()), join(new Subscriber(0, 'p01'))];
    other.pressure = held.promise;
    await one.reach(store(1));
    await other.reach(store(1, ofOther));
    store(1);
    await settled();
    expect(one.seen).toEqual([1]);
    feed.leave(other);
    other.pressure = undefined;
    held.resolve();
    await one.reach(3);
  });
});

describe('a failure', () => {
  test('of a subscriber or the log is told, and the next to join begins anew', async () => {
    const faulty = join(new Subscriber());
    faulty.fold = () => {
      throw new Error('cannot fold');
    };
    store(1);
    await settled();
    expect(errors).toEqual([new Error('cannot fold')]);
    feed.leave(faulty);
    const next = join(new Subscriber());
    await next.reach(1);
    expect(errors).toHaveLength(1);
  });

  test('does not keep a subscriber that joins afterwards waiting', async () => {
    const faulty = join(new Subscriber());
    const { fold } = faulty;
    faulty.fold = () => {
      faulty.fold = fold;
      throw new Error('once');
    };
    store(2);
    await settled();
    const next = join(new Subscriber(1));
    await next.reach(2);
    expect(faulty.seen).toEqual([1, 2]);
  });

  test('after it was left is nobody’s', async () => {
    const subscriber = join(new Subscriber());
    await subscriber.reach(store(1));
    feed.leave(subscriber);
    store(1);
    await settled();
    expect([subscriber.seen, errors, log.reading]).toEqual([[1], [], 0]);
  });
});
