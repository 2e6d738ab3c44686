/** For tests: writes events to EVENTS as a bridge does, frames by mesh partition, and progress behind them. */
import { FrameBuilder } from '../../bridge/partition/frame-builder.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import { PARTITIONS } from '../../shared/events/partition.ts';
import { PartitionWatermark } from '../../shared/event-time/watermark.ts';
import { MAX_FRAME_BYTES } from '../../shared/log/frame.ts';
import type { Log } from '../../shared/log/log.ts';
import { dataSubject, progressSubject } from '../../shared/log/names.ts';

const BOUND_MS = 5_000;

/** One Kafka partition. */
export class TestLane {
  readonly #log: Log;
  readonly #topic: string;
  readonly #partition: number;
  readonly #watermark = new PartitionWatermark(BOUND_MS);
  #offset = -1;

  constructor(log: Log, topic: string, partition = 0) {
    this.#log = log;
    this.#topic = topic;
    this.#partition = partition;
  }

  /** Declares it, with no watermark. */
  async declare(): Promise<void> {
    await this.#log.append(progressSubject(this.#topic, this.#partition), JSON.stringify({ kind: 'any' }));
  }

  /** The records of one fetch; several events of one record stand in a list of their own. */
  async send(...records: readonly (MeshEvent | readonly MeshEvent[])[]): Promise<void> {
    const builder = new FrameBuilder(MAX_FRAME_BYTES, JSON.stringify);
    for (const record of records) {
      const events = 't' in record ? [record] : record;
      builder.add(++this.#offset, events);
      for (const { t } of events) this.#watermark.observe(t);
    }
    for (const [partition, { lines }] of builder.take())
      await this.#log.append(dataSubject(this.#topic, PARTITIONS[partition] ?? '', this.#partition), lines.join('\n'));
    await this.#progress();
  }

  /** Quiet for long: the watermark follows the clock. */
  async idle(watermark: number): Promise<void> {
    this.#watermark.advanceTo(watermark);
    await this.#progress();
  }

  async #progress(): Promise<void> {
    const said = { offset: this.#offset, watermark: this.#watermark.current };
    await this.#log.append(progressSubject(this.#topic, this.#partition), JSON.stringify(said));
  }
}
