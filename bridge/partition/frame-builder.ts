/**
 * Groups the events of one fetch into frames, by mesh partition.
 *
 * Invariants (tested in frame-builder.test.ts):
 * 1. The lines of one record for one mesh partition stay in one frame: a restart skips by offset, so a cut inside
 *    would lose the rest.
 * 2. A frame is no larger than the limit, unless one record alone is.
 * 3. Lines keep the order of the records.
 */
import type { MeshEvent } from '../../shared/events/event.ts';
import { PARTITION_COUNT, partitionOf } from '../../shared/events/partition.ts';

/** Lines and, for each, the Kafka offset of its record; kept apart until acked, so that a known part can be cut off. */
export interface Frame {
  readonly lines: string[];
  readonly offsets: number[];
  bytes: number;
}

export class FrameBuilder<E extends MeshEvent = MeshEvent> {
  readonly #maxBytes: number;
  readonly #line: (event: E) => string;
  readonly #open: (Frame | undefined)[] = new Array(PARTITION_COUNT).fill(undefined);
  readonly #closed: [partition: number, frame: Frame][] = [];

  constructor(maxBytes: number, line: (event: E) => string) {
    this.#maxBytes = maxBytes;
    this.#line = line;
  }

  /** Hot path: once a record. */
  add(offset: number, events: readonly E[]): void {
    for (const event of events) {
      const partition = partitionOf(event.k);
      const line = this.#line(event);
      const bytes = Buffer.byteLength(line) + 1;
      let frame = this.#open[partition];
      if (!frame || (frame.bytes + bytes > this.#maxBytes && frame.offsets.at(-1) !== offset)) {
        if (frame) this.#closed.push([partition, frame]);
        frame = { lines: [], offsets: [], bytes: 0 };
        this.#open[partition] = frame;
      }
      frame.lines.push(line);
      frame.offsets.push(offset);
      frame.bytes += bytes;
    }
  }

  /** All frames, in order for each partition; the builder is empty afterwards. */
  take(): readonly (readonly [partition: number, frame: Frame])[] {
    const frames = this.#closed.splice(0);
    this.#open.forEach((frame, partition) => {
      if (frame) frames.push([partition, frame]);
      this.#open[partition] = undefined;
    });
    return frames;
  }
}
