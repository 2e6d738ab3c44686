/**
 * The books of one Kafka partition: what was taken in, and up to where all of it is settled. Pure; no IO, no clock.
 *
 * Invariants (tested in ledger.test.ts):
 * 1. `settled` speaks of the offset of the last batch before which no batch is open; its watermark and counts are those
 *    at that offset, though later records may be taken in already.
 * 2. Its offset and its watermark never fall.
 */
import type { Progress } from '../../shared/log/frame.ts';
import { PartitionWatermark } from '../../shared/event-time/watermark.ts';
import type { Decoded } from '../decode/decoded.ts';
import type { Place, TOMBSTONE } from '../decode/place.ts';
import { ReplayFilter } from '../decode/replay-filter.ts';
import { type MissingRanges, withMissing } from './missing-ranges.ts';
import { BEFORE_FIRST } from '../../shared/kafka/record.ts';
import type { RecordMark } from '../record/record-mark.ts';

/** What was handed over at once, until all of it is in the log. */
export interface Batch {
  /** Frames and dead letters that are not settled yet. */
  open: number;
  readonly bytes: number;
  readonly progress: Progress;
  /** Sequence in DLQ up to which its dead letters, and those before, are stored. */
  dlq?: number;
}

export class Ledger {
  readonly #watermark: PartitionWatermark;
  readonly #counts: Record<string, number>;
  readonly #batches: Batch[] = [];
  readonly #kind: string | undefined;
  readonly #replays: ReplayFilter;
  #next: number;
  #mark: RecordMark | undefined;
  #missing: MissingRanges;
  #settled: Progress;

  /** `kind`: of the events, told with the progress. */
  constructor(progress: Progress, outOfOrdernessMs: number, kind?: string) {
    this.#watermark = new PartitionWatermark(outOfOrdernessMs);
    this.#watermark.restore(progress.watermark);
    this.#counts = { ...progress.counts };
    this.#next = (progress.offset ?? BEFORE_FIRST) + 1;
    this.#kind = kind ?? progress.kind;
    this.#replays = new ReplayFilter(progress.replays);
    this.#mark = progress.mark;
    this.#missing = progress.missing ?? [];
    this.#settled = progress;
  }

  /** The first Kafka offset not taken in. */
  get next(): number {
    return this.#next;
  }

  /** What may be published as progress. */
  get settled(): Progress {
    return this.#settled;
  }

  /** Everything taken in is settled. */
  get isSettled(): boolean {
    return this.#batches.length === 0;
  }

  get openBytes(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.bytes, 0);
  }

  /** True for a change that its connector has sent before. Called once for each record that tells a place. Hot path. */
  isReplay(place: Place | typeof TOMBSTONE, key: Buffer | null): boolean {
    return this.#replays.isReplay(place, key);
  }

  /** Hot path: once a record. */
  enter({ outcome, events, dead }: Decoded): void {
    this.#count(outcome, 1);
    if (dead) this.#count(`dead.${dead.reason}`, 1);
    if (events.length > 0) this.#count('events', events.length);
    for (const event of events) if (event.retract === undefined) this.#watermark.observe(event.t);
  }

  /**
   * Ends a batch: all offsets up to and with `offset` are taken in. `open` parts of it are to be settled. `mark`: of
   * its last record.
   */
  close(offset: number, open: number, bytes: number, mark?: RecordMark): Batch {
    if (mark) this.#mark = mark;
    this.#next = Math.max(this.#next, offset + 1);
    const batch: Batch = { open, bytes, progress: this.#state({ offset: this.#next - 1, idle: false }) };
    this.#batches.push(batch);
    return batch;
  }

  /** Takes in a range of offsets without records; `missing`: how many records were lost with it. */
  skip(offset: number, missing: number): void {
    if (missing > 0) {
      this.#count('missing', missing);
      this.#missing = withMissing(this.#missing, offset, missing);
    }
    this.close(offset, 0, 0);
  }

  /** Settles one part. True: `settled` is new. */
  settle(batch: Batch): boolean {
    batch.open--;
    return this.sweep();
  }

  /** True: batches without open parts were at the head, and `settled` is new. */
  sweep(): boolean {
    let isNew = false;
    for (let head = this.#batches[0]; head?.open === 0; head = this.#batches[0]) {
      this.#batches.shift();
      this.#settle(head.progress);
      if (head.dlq !== undefined) this.cover(head.dlq);
      isNew = true;
    }
    return isNew;
  }

  /** Dead letters up to this sequence of DLQ are covered by `settled`. */
  cover(dlq: number): void {
    if (dlq > (this.#settled.dlq ?? 0)) this.#settled = { ...this.#settled, dlq };
  }

  /** Says that the partition is idle, or no longer. Only when everything is settled. */
  setIdle(idle: boolean, watermark?: number): void {
    if (watermark !== undefined) this.#watermark.advanceTo(watermark);
    this.#settle(this.#state({ offset: this.#settled.offset, idle }));
  }

  #settle(progress: Progress): void {
    const { dlq } = this.#settled;
    this.#settled = dlq === undefined ? progress : { ...progress, dlq };
  }

  #state({ offset, idle }: { offset: number | undefined; idle: boolean }): Progress {
    const watermark = this.#watermark.current;
    const replays = this.#replays.state;
    return {
      ...(offset !== undefined && offset > BEFORE_FIRST && { offset }),
      ...(watermark !== undefined && { watermark }),
      ...(idle && { idle }),
      ...(this.#kind !== undefined && { kind: this.#kind }),
      ...(this.#mark && { mark: this.#mark }),
      ...(replays && { replays }),
      ...(this.#missing.length > 0 && { missing: this.#missing }),
      counts: { ...this.#counts },
    };
  }

  #count(name: string, by: number): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
  }
}
