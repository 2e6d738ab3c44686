/**
 * One lane, that is the frames of one Kafka partition on one mesh partition: the lines its records become against the
 * lines the log has. Pure; the frames come in stream order, and the records up to a frame's end before the frame.
 *
 * Invariants (tested in events-comparison.test.ts):
 * 1. A lane without a finding holds exactly the expected lines, each once, in the order of their offsets.
 * 2. What is held of a lane is bounded: lines that are overdue are given up as missing.
 */
import { crc32 } from 'node:zlib';
import type { Findings } from './findings.ts';
import { type Expected, matchLines } from './match-lines.ts';

/** A line that is not where it should be; those of one run are next to each other. */
interface Overdue extends Expected {
  readonly run: number;
}

export interface FoundFrame {
  /** Kafka offsets, both included. */
  readonly from: number;
  readonly to: number;
  readonly seq: number;
  readonly text: string;
}

/** Offsets that are compared, both included. */
export interface Bounds {
  readonly start: number;
  readonly end: number;
}

/** Absent lines that may still come out of order. */
const MAX_OVERDUE = 10_000;
const MAX_DETAIL = 160;

export class LaneComparison {
  readonly #name: string;
  readonly #bounds: Bounds;
  readonly #findings: Findings;
  /** Expected, and their frame has not come; by offset. */
  #pending: Expected[] = [];
  /** Their frame should have come. */
  #overdue: Overdue[] = [];
  #run = 0;
  /** Of the frame before. */
  #recent: readonly Expected[] = [];
  #to: number;
  #hasBegun = false;
  #expectedSum = 0;
  #foundSum = 0;
  #lines = 0;
  #frames = 0;
  #cut = 0;

  constructor(name: string, bounds: Bounds, findings: Findings) {
    this.#name = name;
    this.#bounds = bounds;
    this.#findings = findings;
    this.#to = bounds.start - 1;
  }

  /** Lines that were compared. */
  get lines(): number {
    return this.#lines;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Lines that could not be compared: retention may have removed their frames. */
  get cut(): number {
    return this.#cut;
  }

  /** CRC-32 over all lines: those that records become, and those of the log. */
  get sums(): { readonly expected: number; readonly found: number } {
    return { expected: this.#expectedSum, found: this.#foundSum };
  }

  /** Hot path: once a line. */
  expect(line: string, offset: number): void {
    this.#pending.push({ line, offset });
  }

  /** A line that should not be there: its record is a dead letter. */
  notExpect(line: string, offset: number): void {
    this.#pending.push({ line, offset, notThen: true });
  }

  frame({ from, to, seq, text }: FoundFrame, isCut: (offset: number) => boolean): void {
    const { start, end } = this.#bounds;
    if (to < start || from > end) {
      this.#hasBegun ||= to < start;
      return;
    }
    this.#frames++;
    const due = this.#take(to);
    const isBefore = due.findIndex(({ offset }) => offset >= from);
    const missed = isBefore < 0 ? due : due.slice(0, isBefore);
    const wanted = isBefore < 0 ? [] : due.slice(isBefore);
    this.#giveUp(missed, isCut);
    this.#hasBegun = true;
    const lines = inside(text.split('\n'), wanted, from < start, to > end);
    const there = wanted.some(({ notThen }) => notThen) ? this.#withoutAbsent(wanted, lines, seq) : wanted;
    this.#compare(there, lines, { from: Math.max(from, start), to: Math.min(to, end), seq });
    this.#to = Math.max(this.#to, to);
    this.#recent = there;
  }

  /** Everything up to this offset is in the log, says a progress frame. */
  settle(offset: number, isCut: (offset: number) => boolean): void {
    if (this.#pending.length === 0) return;
    this.#giveUp(this.#take(offset), isCut);
  }

  finish(): void {
    this.#report(this.#overdue.splice(0));
  }

  /** Lines that should not be there are not missed; if they are there, their records are both in the log and in DLQ. */
  #withoutAbsent(wanted: readonly Expected[], lines: readonly string[], seq: number): readonly Expected[] {
    const absent = new Set(matchLines(wanted, lines).absent);
    const there = wanted.filter((one) => !one.notThen || !absent.has(one));
    for (const { notThen, offset } of there)
      if (notThen)
        this.#findings.add('letter-extra', offset, offset, { seq, detail: 'its record is an event as well' });
    return there;
  }

  #compare(wanted: readonly Expected[], lines: readonly string[], at: { from: number; to: number; seq: number }): void {
    const text = lines.join('\n');
    if (lines.length > 0) this.#foundSum = crc32(`${text}\n`, this.#foundSum);
    const expected = wanted.map(({ line }) => line).join('\n');
    if (wanted.length > 0) this.#expectedSum = crc32(`${expected}\n`, this.#expectedSum);
    this.#lines += wanted.length;
    if (text === expected && wanted.length === lines.length) {
      if (wanted.length > 0) this.#run++;
      return;
    }
    this.#explain(wanted, lines, at);
  }

  #explain(wanted: readonly Expected[], lines: readonly string[], at: { from: number; to: number; seq: number }): void {
    const { outOfOrder, absent, extra } = matchLines(wanted, lines);
    const where = { lane: this.#name, seq: at.seq, run: at.seq };
    for (const { offset, line } of outOfOrder)
      this.#findings.add('out-of-order', offset, offset, { ...where, detail: shown(line) });
    const missed = new Set(absent);
    const isRepeat = at.from <= this.#to;
    for (const { line, beside } of extra) {
      const late = this.#overdue.findIndex((one) => one.line === line);
      const [came] = late < 0 ? [] : this.#overdue.splice(late, 1);
      if (came) this.#findings.add('out-of-order', came.offset, came.offset, { ...where, detail: shown(line) });
      else if (isRepeat || this.#isKnown(line, wanted))
        this.#findings.add('duplicate', at.from, at.to, { ...where, detail: shown(line) });
      else if (beside) {
        missed.delete(beside);
        const detail = `expected ${shown(beside.line)}, found ${shown(line)}`;
        this.#findings.add('different', beside.offset, beside.offset, { ...where, detail });
      } else this.#findings.add('unexpected', at.from, at.to, { ...where, detail: shown(line) });
    }
    for (const one of wanted) {
      if (missed.has(one)) this.#postpone([one]);
      else this.#run++;
    }
  }

  #isKnown(line: string, wanted: readonly Expected[]): boolean {
    return wanted.some((one) => one.line === line) || this.#recent.some((one) => one.line === line);
  }

  #take(offset: number): Expected[] {
    const rest = this.#pending.findIndex((one) => one.offset > offset);
    return this.#pending.splice(0, rest < 0 ? this.#pending.length : rest);
  }

  #giveUp(missed: readonly Expected[], isCut: (offset: number) => boolean): void {
    const due = missed.filter(({ notThen }) => !notThen);
    const gone = this.#hasBegun ? due : due.filter(({ offset }) => !isCut(offset));
    this.#cut += due.length - gone.length;
    this.#lines += gone.length;
    for (const { line } of gone) this.#expectedSum = crc32(`${line}\n`, this.#expectedSum);
    this.#postpone(gone);
  }

  #postpone(absent: readonly Expected[]): void {
    for (const one of absent) this.#overdue.push({ ...one, run: this.#run });
    if (this.#overdue.length > MAX_OVERDUE) this.#report(this.#overdue.splice(0, this.#overdue.length - MAX_OVERDUE));
  }

  #report(absent: readonly Overdue[]): void {
    for (const { line, offset, run } of absent)
      this.#findings.add('missing', offset, offset, { lane: this.#name, run, detail: shown(line) });
  }
}

/** A frame that reaches over what is compared is cut to its lines inside. */
function inside(
  lines: readonly string[],
  wanted: readonly Expected[],
  isHeadOutside: boolean,
  isTailOutside: boolean,
): readonly string[] {
  if (isHeadOutside && !isTailOutside) return lines.slice(Math.max(0, lines.length - wanted.length));
  if (!isTailOutside) return lines;
  const first = isHeadOutside ? Math.max(0, lines.indexOf(wanted[0]?.line ?? '')) : 0;
  return lines.slice(first, first + wanted.length);
}

function shown(line: string): string {
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL)}…` : line;
}
