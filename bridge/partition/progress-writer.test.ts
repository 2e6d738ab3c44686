import { describe, expect, it } from 'vitest';
import type { Progress } from '../../shared/log/frame.ts';
import { type FaultInjector, MemoryLog } from '../../shared/log/memory-log.ts';
import { EVENTS, progressSubject } from '../../shared/log/names.ts';
import { ProgressWriter } from './progress-writer.ts';

const SUBJECT = progressSubject('orders', 0);
const HOUR_MS = 3_600_000;

function writer(log: MemoryLog, intervalMs: number, faults?: FaultInjector): ProgressWriter {
  const fence = {
    log: log.client(faults),
    signal: new AbortController().signal,
    confirmOwner: async () => true,
    onTrouble: () => {},
  };
  const fail = (error: unknown) => {
    throw error;
  };
  return new ProgressWriter(fence, SUBJECT, 0, intervalMs, fail);
}

function written(log: MemoryLog): Progress[] {
  return log.stream(EVENTS).messages.map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as Progress);
}

describe('progress', () => {
  it('is written at once, then the newest of an interval, and by flush (invariant 2)', async () => {
    const log = new MemoryLog();
    const progress = writer(log, HOUR_MS);
    progress.request({ offset: 1 });
    while (written(log).length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const offset of [2, 3, 4]) progress.request({ offset });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(written(log)).toEqual([{ offset: 1 }]);
    await progress.flush();
    expect(written(log)).toEqual([{ offset: 1 }, { offset: 4 }]);
  });

  it('is written without a flush when the interval is over', async () => {
    const log = new MemoryLog();
    const progress = writer(log, 5);
    for (const offset of [1, 2, 3]) progress.request({ offset });
    while (written(log).at(-1)?.offset !== 3) await new Promise((resolve) => setTimeout(resolve, 1));
    progress.request({ offset: 4 });
    while (written(log).at(-1)?.offset !== 4) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(written(log).length).toBeLessThanOrEqual(3);
  });

  it("follows another bridge's frame that is behind, and leaves one that is ahead (invariant 1)", async () => {
    const log = new MemoryLog();
    const [ours, theirs] = [writer(log, 0), writer(log, 0)];
    for (const [one, offset] of [
      [theirs, 3],
      [ours, 5],
      [theirs, 4],
      [theirs, 9],
      [ours, 7],
      [ours, 10],
    ] as const) {
      one.request({ offset });
      await one.flush();
    }
    expect(written(log)).toEqual([3, 5, 9, 10].map((offset) => ({ offset })));
  });

  for (const fault of ['lost', 'unacked'] as const)
    it(`is there once when an append is ${fault}`, async () => {
      const log = new MemoryLog();
      let calls = 0;
      const progress = writer(log, 0, () => (calls++ === 0 ? fault : undefined));
      progress.request({ offset: 1, watermark: 5 });
      await progress.flush();
      expect(written(log)).toEqual([{ offset: 1, watermark: 5 }]);
    });
});
