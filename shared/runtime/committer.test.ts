import { beforeEach, describe, expect, test } from 'vitest';
import { type Fault, MemoryLog } from '../log/memory-log.ts';
import { logStream, logSubject } from '../log/names.ts';
import { WatchedLog } from '../testing/watched-log.ts';
import type { CommitHead } from './commit.ts';
import { Committer, FencedError } from './committer.ts';

const SUBJECT = logSubject('sales', 'p00');
let memory: MemoryLog;

beforeEach(() => {
  memory = new MemoryLog();
});

function head(n: number, epoch = 1): CommitHead {
  return { pos: n * 10, wm: 0, epoch, n, emits: 0, late: 0 };
}

function stored(): string[] {
  return memory
    .stream(logStream('sales'))
    .messages.map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as CommitHead)
    .map(({ epoch, n }) => `${epoch}/${n}`);
}

/** Faults for the first appends, one each; then none. */
function committer(...faults: (Fault | undefined)[]): Committer {
  return new Committer(
    memory.client(() => faults.shift()),
    'sales',
    'p00',
    0,
  );
}

function append(to: Committer, n: number, epoch = 1): Promise<number> {
  return to.append(head(n, epoch), JSON.stringify(head(n, epoch)));
}

describe('a commit', () => {
  test('is appended behind the one before, by compare-and-set', async () => {
    const log = new WatchedLog(memory.client());
    const ours = new Committer(log, 'sales', 'p00', 0);
    expect([await append(ours, 1), await append(ours, 2)]).toEqual([1, 2]);
    expect(log.said('append', 'last')).toEqual([`append ${SUBJECT} if 0`, `append ${SUBJECT} if 1`]);
    expect(ours.lastSeq).toBe(2);
  });

  test.each([
    ['lost', ['lost']],
    ['stored without an ack', ['unacked']],
    ['lost twice, then stored without an ack', ['lost', 'lost', 'unacked']],
  ] as const)('is stored exactly once when its append is %s (invariants 1 and 2)', async (_what, faults) => {
    const ours = committer(...faults);
    expect(await append(ours, 1)).toBe(1);
    expect(await append(ours, 2)).toBe(2);
    expect(stored()).toEqual(['1/1', '1/2']);
  });

  test('waits for a log that is away while it asks what became of it', async () => {
    const log = new WatchedLog(memory.client(() => (memory.appends === 0 && !log.away ? 'unacked' : undefined)));
    let asked = 0;
    log.before = ({ kind }) => {
      if (kind === 'last') log.away = ++asked < 3;
    };
    const ours = new Committer(log, 'sales', 'p00', 0);
    expect(await append(ours, 1)).toBe(1);
    expect([asked, stored()]).toEqual([3, ['1/1']]);
  });

  test('that the log refuses is an error, and not tried again', async () => {
    const ours = new Committer(new MemoryLog(10).client(), 'sales', 'p00', 0);
    await expect(append(ours, 1)).rejects.toMatchObject({ code: 'log-refused' });
  });
});

describe('a new owner', () => {
  test.each([
    ['acked', undefined],
    ['lost', 'lost'],
    ['unacked', 'unacked'],
  ] as const)('fences the former one, whose append is %s', async (_what, fault) => {
    const former = committer(undefined, fault);
    await append(former, 1);
    memory.store(SUBJECT, JSON.stringify(head(0, 2)), { expectedLast: 1 });
    await expect(append(former, 2)).rejects.toThrow(FencedError);
    await expect(append(former, 2)).rejects.toMatchObject({ code: 'fenced' });
    expect(stored()).toEqual(['1/1', '2/0']);
  });

  test('is not taken for ours when only its number is the same', async () => {
    const former = committer();
    memory.store(SUBJECT, JSON.stringify(head(1, 2)), {});
    await expect(append(former, 1)).rejects.toThrow('epoch 2 has committed');
  });

  test('fences for good: nothing is appended, even if the log would take it', async () => {
    const log = new WatchedLog(memory.client());
    const former = new Committer(log, 'sales', 'p00', 0);
    memory.store(SUBJECT, JSON.stringify(head(0, 2)), {});
    await expect(append(former, 1)).rejects.toThrow(FencedError);
    const calls = log.calls.length;
    await expect(append(former, 1)).rejects.toThrow(FencedError);
    expect(log.calls.length).toBe(calls);
  });
});
