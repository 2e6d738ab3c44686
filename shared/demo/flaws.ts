/**
 * What real topics have: records that come late, come twice, or cannot be read. Pure: a seed and the times it is asked
 * at decide everything. Owns the records it holds back.
 *
 * 1. A late record is held back, 35 to 120 s or, one in ten of them, 6 to 8 min; nothing else about it changes.
 * 2. A duplicate follows its record at once, and is the same.
 * 3. A malformed record follows the good one that it is a damaged copy of, so nothing is lost for it.
 */
import type { DemoRecord, SentRecord } from './demo-record.ts';
import { mulberry32 } from './random.ts';
import { type RecordFormat, spoil } from './spoil.ts';

/** Each 0 to 1; together up to 1. */
export interface FlawShares {
  readonly late: number;
  readonly duplicate: number;
  readonly malformed: number;
}

const LATE_MS = { least: 35_000, most: 120_000 };
const VERY_LATE_MS = { least: 360_000, most: 480_000 };
const VERY_LATE_SHARE = 0.1;

export class Flaws {
  readonly #random: () => number;
  readonly #shares: FlawShares;
  readonly #format: RecordFormat;
  #held: { readonly record: DemoRecord; readonly untilMs: number }[] = [];

  constructor(seed: number, shares: FlawShares, format: RecordFormat) {
    this.#random = mulberry32(seed ^ 0xf1a35);
    this.#shares = shares;
    this.#format = format;
  }

  /** What is sent instead of these, at this time. */
  apply(records: readonly DemoRecord[], nowMs: number): SentRecord[] {
    const released = this.#release(nowMs);
    for (const record of records) released.push(...this.#instead(record, nowMs));
    return released;
  }

  #release(nowMs: number): SentRecord[] {
    const due = this.#held.filter(({ untilMs }) => untilMs <= nowMs);
    if (due.length > 0) this.#held = this.#held.filter(({ untilMs }) => untilMs > nowMs);
    return due.map(({ record }) => record);
  }

  #instead(record: DemoRecord, nowMs: number): readonly SentRecord[] {
    const { late, duplicate, malformed } = this.#shares;
    const dice = this.#random();
    if (dice < late) {
      const { least, most } = this.#random() < VERY_LATE_SHARE ? VERY_LATE_MS : LATE_MS;
      this.#held.push({ record, untilMs: nowMs + least + Math.floor(this.#random() * (most - least)) });
      return [];
    }
    if (dice < late + duplicate) return [record, record];
    if (dice < late + duplicate + malformed) return [record, spoil(record, this.#random(), this.#format)];
    return [record];
  }
}
