import { describe, expect, it } from 'vitest';
import { encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf, PARTITIONS } from '../../../shared/events/partition.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { keySubject } from '../../../shared/log/names.ts';
import { encodeChunk, EventChunk } from '../../../shared/segments/event-chunk.ts';
import { scaleValue } from '../../../shared/segments/value.ts';
import { storedSegment } from '../_segments.ts';
import { dryRun } from './dry-run.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2024, 5, 1, 12);
const SET = { version: 1, segments: [storedSegment()] };

type Client = ReturnType<MemoryLog['client']>;

async function put(log: Client, key: string, text: string): Promise<void> {
  await log.append(keySubject('segments', key), text);
}

/** Partitions that have come to noon, the last one five minutes less. */
async function openStore(): Promise<Client> {
  const log = new MemoryLog().client();
  for (const [at, partition] of PARTITIONS.entries()) {
    await put(log, `${partition}.marker`, '{}');
    const wm = at === PARTITIONS.length - 1 ? NOW - 5 * MINUTE : NOW;
    await put(log, `${partition}.applied`, JSON.stringify({ seq: 1, pos: 1, wm, late: 0, src: [] }));
  }
  return log;
}

/** Purchases, one chunk each, as the stage stores them. */
async function putPurchases(
  log: Client,
  user: string,
  purchases: readonly (readonly [minutesAgo: number, value: number])[],
) {
  for (const [minutesAgo, value] of purchases) {
    const chunk = new EventChunk();
    const t = NOW - minutesAgo * MINUTE;
    chunk.add(t, 0, scaleValue(value) ?? 0);
    await put(log, `${partitionName(partitionOf(user))}.events.${encodeId(user)}.${t}`, encodeChunk(chunk));
  }
}

describe('a dry run', () => {
  it('counts users over all partitions and chunks, now and at any time of the last hour', async () => {
    const log = await openStore();
    for (let n = 0; n < 40; n++)
      await putPurchases(log, `now/${n}`, [
        [20, 60],
        [10, 40],
      ]);
    for (let n = 0; n < 30; n++)
      await putPurchases(log, `before.${n}`, [
        [50, 60],
        [45, 40],
      ]);
    for (let n = 0; n < 20; n++) await putPurchases(log, `never-${n}`, [[10, 99]]);
    expect(await dryRun(log, SET, 'big-spenders')).toEqual({
      asOf: NOW - 5 * MINUTE,
      users: 90,
      now: 40,
      inLastHour: 70,
      complete: true,
    });
  });

  it('counts events that are ahead of the watermark, as the stage does', async () => {
    const log = await openStore();
    await putPurchases(log, 'ahead', [
      [10, 60],
      [-1, 40],
    ]);
    await putPurchases(log, 'slid out by then', [
      [29.5, 60],
      [-1, 40],
    ]);
    expect(await dryRun(log, SET, 'big-spenders')).toMatchObject({ users: 2, now: 1, inLastHour: 1 });
  });

  it('follows the segments that it is derived from', async () => {
    const log = await openStore();
    await putPurchases(log, 'rich', [[1, 500]]);
    await putPurchases(log, 'poor', [[1, 5]]);
    const not = storedSegment({
      id: 'not',
      type: 'DERIVED',
      rules: [],
      baseSegmentIds: ['big-spenders'],
      combine: 'NOT',
    });
    expect(await dryRun(log, { version: 1, segments: [not, storedSegment()] }, 'not')).toMatchObject({
      users: 2,
      now: 1,
    });
  });

  it('knows no time and nobody where nothing has come yet', async () => {
    const log = new MemoryLog().client();
    for (const partition of PARTITIONS) await put(log, `${partition}.marker`, '{}');
    await put(log, 'p00.applied', JSON.stringify({ wm: Number.MIN_SAFE_INTEGER }));
    const none = { asOf: undefined, users: 0, now: 0, inLastHour: 0, complete: true };
    expect(await dryRun(log, SET, 'big-spenders')).toEqual(none);
  });

  it('says that it left out a part when there is too much of it, or no time', async () => {
    const log = await openStore();
    for (let n = 0; n < 200; n++) await putPurchases(log, `u${n}`, [[20, 500]]);
    const some = await dryRun(log, SET, 'big-spenders', { chunks: 5 });
    expect(some).toMatchObject({ users: 16 * 5, complete: false });
    expect(await dryRun(log, SET, 'big-spenders', { timeoutMs: 0 })).toMatchObject({ users: 0, complete: false });
  });
});
