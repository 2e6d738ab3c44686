/** Fills EVENTS as the bridge would, without Kafka: for rows that need state rather than a path. Nothing here is measured. */
import { orderLine } from '../../bridge/decode/models/order.ts';
import { FrameBuilder } from '../../bridge/partition/frame-builder.ts';
import { PARTITIONS } from '../../shared/events/partition.ts';
import { MAX_FRAME_BYTES, type Progress as FrameProgress } from '../../shared/log/frame.ts';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { dataSubject, progressSubject } from '../../shared/log/names.ts';
import type { Progress } from './progress.ts';

/** Orders a round of frames: as many as a fetch of Kafka brings. */
const FETCH = 10_000;

/** `count` orders of as many customers, one a millisecond of event time, the last one now. */
export async function fillEvents(
  log: JetStreamLog,
  topic: string,
  count: number,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<void> {
  const builder = new FrameBuilder(MAX_FRAME_BYTES, orderLine);
  const firstTime = Date.now() - count;
  const startedMs = performance.now();
  for (let from = 0; from < count; from += FETCH) {
    signal.throwIfAborted();
    const upTo = Math.min(count, from + FETCH);
    for (let n = from; n < upTo; n++)
      builder.add(n, [{ t: firstTime + n, k: String(n), id: String(n), amount: 500 + ((n * 37) % 39_500) }]);
    await Promise.all(
      builder.take().map(([partition, { lines }]) => {
        return log.append(dataSubject(topic, PARTITIONS[partition] ?? '', 0), lines.join('\n'));
      }),
    );
    const said: FrameProgress = { offset: upTo - 1, watermark: firstTime + upTo - 5_001 };
    await log.append(progressSubject(topic, 0), JSON.stringify(said));
    progress.show('writing events', upTo, count, startedMs);
  }
}
