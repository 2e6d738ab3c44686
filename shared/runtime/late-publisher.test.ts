import { beforeEach, describe, expect, test } from 'vitest';
import { type Fault, MemoryLog } from '../log/memory-log.ts';
import { LATE } from '../log/names.ts';
import { seededRandom } from '../testing/orders.ts';
import { WatchedLog } from '../testing/watched-log.ts';
import { LatePublisher } from './late-publisher.ts';

let memory: MemoryLog;

beforeEach(() => {
  memory = new MemoryLog();
});

function publisher(fault: () => Fault | undefined = () => undefined): LatePublisher {
  return new LatePublisher(memory.client(fault), 'sales', 'p00');
}

function published(): string[] {
  return memory
    .stream(LATE)
    .messages.map((message) => `${message.header('Mesh-Commit')}:${new TextDecoder().decode(message.payload)}`);
}

describe('late records', () => {
  test('are one message a commit, one line a record; none for a commit without', async () => {
    const late = publisher();
    await late.publish(4, ['{"a":1}', '{"b":2}']);
    await late.publish(5, []);
    await late.publish(6, ['{"c":3}']);
    await late.publish(6, ['{"c":3}']);
    expect(published()).toEqual(['4:{"a":1}\n{"b":2}', '6:{"c":3}']);
  });

  test('are there once when a crash came before or after they were published', async () => {
    await publisher().publish(4, ['a']);
    const next = publisher(); // replays 4, then 5, which the former owner did not get to
    await next.publish(4, ['a']);
    await next.publish(5, ['b']);
    await next.publish(4, ['a']);
    expect(published()).toEqual(['4:a', '5:b']);
  });

  test('of a former owner that goes on are not there twice', async () => {
    const former = publisher();
    await former.publish(1, ['a']);
    const next = publisher();
    await next.publish(2, ['b']);
    await former.publish(2, ['b']);
    await next.publish(3, ['c']);
    await former.publish(4, ['d']);
    expect(published()).toEqual(['1:a', '2:b', '3:c', '4:d']);
  });

  test('do not look at LATE again for every commit', async () => {
    const log = new WatchedLog(memory.client());
    const late = new LatePublisher(log, 'sales', 'p00');
    for (const commit of [1, 2, 3]) await late.publish(commit, ['x']);
    expect(log.said('last')).toHaveLength(1);
  });

  test.each(['lost', 'unacked'] as const)('are there once when an append is %s', async (fault) => {
    const faults: Fault[] = [fault];
    const late = publisher(() => faults.shift());
    await late.publish(1, ['a']);
    await late.publish(2, ['b']);
    expect(published()).toEqual(['1:a', '2:b']);
  });

  test('are exactly once through crashes at any place', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      memory = new MemoryLog();
      const random = seededRandom(seed);
      const commits = Array.from({ length: 12 }, (_, at) => at + 1);
      for (let replayFrom = 0; replayFrom < commits.length; ) {
        const client = memory.client();
        const late = new LatePublisher(client, 'sales', 'p00');
        const lives = Math.floor(random() * 5);
        for (const commit of commits.slice(replayFrom, replayFrom + lives))
          await late.publish(commit, [`of ${commit}`]);
        const doomed = commits[replayFrom + lives];
        if (doomed === undefined) break;
        const dying = late.publish(doomed, [`of ${doomed}`]);
        for (let turn = Math.floor(random() * 6); turn > 0; turn--) await Promise.resolve();
        client.kill();
        void dying;
        replayFrom = Math.max(0, replayFrom + lives - Math.floor(random() * 3));
      }
      expect(published()).toEqual(commits.map((commit) => `${commit}:of ${commit}`));
    }
  });
});
