/**
 * One Kafka partition's events: what its records become against what EVENTS holds, lane by lane. Pure.
 *
 *   records, in offset order ──▶ expect ──┐
 *                                         ├─ per lane: equal, or a finding
 *   frames and progress, in stream order ─┘
 *
 * The caller brings all records up to a frame's end, or a progress frame's offset, before the frame itself; so only
 * what is between two progress frames is ever held.
 *
 * Invariants (tested in events-comparison.test.ts):
 * 1. Without a finding, every lane holds exactly the lines that its records become, in order, and each was there when a
 *    progress frame spoke of it.
 * 2. Whatever is dropped, doubled, altered or moved in a correct log is a finding with the offset it is at.
 * 3. Where retention has cut the head of the log off, lanes begin at their first frame; lines before it are counted.
 */
import { crc32 } from 'node:zlib';
import type { MeshEvent } from '../../shared/events/event.ts';
import { PARTITIONS, partitionOf } from '../../shared/events/partition.ts';
import type { Findings } from './findings.ts';
import { type Bounds, type FoundFrame, LaneComparison } from './lane-comparison.ts';

export interface EventsComparisonOptions extends Bounds {
  readonly findings: Findings;
  /** Retention has removed frames that held offsets up to `start`, and so perhaps some behind it. */
  readonly isCut: boolean;
}

/**
 * How far lanes may be ahead of the progress that was written last, bytes of lines: what a bridge lets be unacked, with
 * room. Behind it, a lane without a frame is no longer excused by retention.
 */
const CUT_BYTES = 64 * 1024 * 1024;

export class EventsComparison {
  readonly #lanes: readonly LaneComparison[];
  readonly #isCut: (offset: number) => boolean;
  #cutBytes = 0;
  #cutEnd = Number.POSITIVE_INFINITY;
  #isCounting: boolean;

  constructor({ start, end, findings, isCut }: EventsComparisonOptions) {
    this.#lanes = PARTITIONS.map((name) => new LaneComparison(name, { start, end }, findings));
    this.#isCounting = isCut;
    this.#isCut = (offset) => isCut && offset <= this.#cutEnd;
  }

  get lines(): number {
    return this.#lanes.reduce((sum, { lines }) => sum + lines, 0);
  }

  get frames(): number {
    return this.#lanes.reduce((sum, { frames }) => sum + frames, 0);
  }

  /** Lines that could not be compared, for retention has cut their lanes. */
  get cut(): number {
    return this.#lanes.reduce((sum, { cut }) => sum + cut, 0);
  }

  /** Over all lanes; equal when every line is, in every lane's order. */
  get checksums(): { readonly kafka: string; readonly log: string } {
    const sums = this.#lanes.map((lane) => lane.sums);
    return {
      kafka: combined(sums.map(({ expected }) => expected)),
      log: combined(sums.map(({ found }) => found)),
    };
  }

  /** The events of a record. Hot path: once a record. */
  expect<E extends MeshEvent>(offset: number, events: readonly E[], lineOf: (event: E) => string): void {
    for (const event of events) {
      const line = lineOf(event);
      this.#lanes[partitionOf(event.k)]?.expect(line, offset);
      if (this.#isCounting) this.#count(line, offset);
    }
  }

  /** Events that a record would bring today, but did not: it is in DLQ. */
  notExpect<E extends MeshEvent>(offset: number, events: readonly E[], lineOf: (event: E) => string): void {
    for (const event of events) this.#lanes[partitionOf(event.k)]?.notExpect(lineOf(event), offset);
  }

  /** `partition`: name of the mesh partition. */
  frame(partition: string, frame: FoundFrame): void {
    this.#lanes[PARTITIONS.indexOf(partition)]?.frame(frame, this.#isCut);
  }

  progress(offset: number): void {
    for (const lane of this.#lanes) lane.settle(offset, this.#isCut);
  }

  finish(): void {
    for (const lane of this.#lanes) lane.finish();
  }

  #count(line: string, offset: number): void {
    this.#cutBytes += line.length;
    if (this.#cutBytes < CUT_BYTES) return;
    this.#cutEnd = offset;
    this.#isCounting = false;
  }
}

function combined(sums: readonly number[]): string {
  return crc32(sums.join()).toString(16).padStart(8, '0');
}
