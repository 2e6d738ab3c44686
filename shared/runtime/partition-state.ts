/**
 * The state of one stage partition: fold messages in, take commits out. Synchronous, without IO and without a clock:
 * the runtime and the test harness drive the same code.
 *
 * Owns: tables, watermarks of the sources, position, the decision, and what was emitted or found late since the last
 * commit. Does not own: logs, KV, when to commit.
 *
 * Invariants (tested in partition-state.test.ts):
 * 1. State after replaying all commits taken = state after folding, at every commit.
 * 2. The watermark in the head of a commit is the one its last fold left; it never falls.
 * 3. A message at or below the position changes nothing.
 */
import type { Decision, LateRecord, StageContext, StageDefinition, Table, TableSpec } from '../events/stage.ts';
import { PARTITIONS } from '../events/partition.ts';
import { type SourceState, SourceWatermarks } from '../event-time/watermark.ts';
import { decodeText, type Progress } from '../log/frame.ts';
import { FrameLines } from '../log/frame-lines.ts';
import { type EventSubject, logSubject, parseEventSubject } from '../log/names.ts';
import type { AppliedState } from '../store/applied-state.ts';
import { type Change, type Slot, StateTable } from '../store/state-table.ts';
import { type CommitHead, type CommitLine, encodeCommit, encodeEmit, parseEmits } from './commit.ts';

/** A message of the input log. Stages of one process share it, and with it the decoded values. */
export interface InputMessage {
  readonly subject: string;
  readonly seq: number;
  readonly payload: Uint8Array;
  values?: readonly unknown[];
}

export interface CommitDraft {
  readonly head: CommitHead;
  readonly payload: string;
  readonly changes: readonly Change[];
  /** JSON texts for the LATE stream. */
  readonly late: readonly string[];
}

export class PartitionState {
  readonly partition: string;
  readonly definition: StageDefinition<never>;
  readonly #tables = new Map<string, StateTable>();
  readonly #sources = new SourceWatermarks();
  readonly #subjects = new Map<string, EventSubject>();
  readonly #lines = new FrameLines();
  #decision: Decision<never> | undefined;
  #position = 0;
  #committedPosition = 0;
  #committedWatermark: number;
  #lateCount = 0;
  #emits: string[] = [];
  #emitBytes = 0;
  #late: string[] = [];

  constructor(definition: StageDefinition<never>, partition: string) {
    this.definition = definition;
    this.partition = partition;
    for (const [name, spec] of Object.entries(definition.tables))
      this.#tables.set(name, new StateTable(name, spec as TableSpec));
    if (definition.input.kind === 'log')
      for (const source of PARTITIONS) this.#sources.update(source, undefined, false); // none may be overtaken
    this.#sources.changes();
    this.#committedWatermark = this.#sources.current;
  }

  get position(): number {
    return this.#position;
  }

  get watermark(): number {
    return this.#sources.current;
  }

  get lateCount(): number {
    return this.#lateCount;
  }

  get tables(): ReadonlyMap<string, StateTable> {
    return this.#tables;
  }

  /** A table changed, a record was emitted, or an event was late since the last commit. */
  get hasChanges(): boolean {
    if (this.#emits.length > 0 || this.#late.length > 0) return true;
    for (const table of this.#tables.values()) if (table.dirtyCount > 0) return true;
    return false;
  }

  get watermarkMoved(): boolean {
    return this.watermark !== this.#committedWatermark;
  }

  get positionMoved(): boolean {
    return this.#position !== this.#committedPosition;
  }

  /** A guess at the size of the next commit frame. */
  get pendingBytes(): number {
    let bytes = this.#emitBytes;
    for (const table of this.#tables.values()) bytes += table.dirtyBytes;
    return bytes;
  }

  // Recovery: restore, then replay every later commit in order, then open.

  restore(applied: AppliedState): void {
    this.#sources.apply(applied.src, applied.wm);
    this.#moveTo(applied);
  }

  /** Applies a stored commit; returns the slots it touched, for KV may not have them. */
  replay(head: CommitHead, lines: readonly CommitLine[]): Change[] {
    const touched: Change[] = [];
    for (const line of lines) {
      if (line.kind === 'late') continue;
      const text = line.kind === 'put' ? line.text : undefined;
      const slot = this.loadKey(line.key, text);
      if (slot) touched.push({ slot, text });
    }
    this.#sources.apply(head.src ?? [], head.wm);
    this.#moveTo(head);
    return touched;
  }

  /** The table a key of KV (`customer.42`) belongs to; undefined when none of this stage has it. */
  tableOf(key: string): StateTable | undefined {
    const end = this.#tableEnd(key);
    return end === undefined ? undefined : this.#tables.get(key.slice(0, end));
  }

  /** Loads one key of KV (`customer.42`); undefined when no table of this stage has it. */
  loadKey(key: string, text: string | undefined): Slot | undefined {
    const end = this.#tableEnd(key);
    if (end === undefined) return undefined;
    return this.#tables.get(key.slice(0, end))?.load(key.slice(end + 1), text);
  }

  open(): void {
    const { definition } = this;
    const self = this;
    const context: StageContext = {
      partition: this.partition,
      get watermark() {
        return self.watermark;
      },
      table: <V>(name: string) => this.#table(name) as Table<V>,
      emit: (kind, value) => this.#emit(encodeEmit(kind, value)),
      late: (record) => this.#reportLate(record),
    };
    this.#decision = definition.open(context);
  }

  /** Folds one message; returns how many events it held. */
  fold(message: InputMessage): number {
    if (message.seq <= this.#position) return 0;
    const decision = this.#decision;
    if (!decision) throw new Error(`Cannot fold into ${this.definition.service} ${this.partition}: it is not open`);
    const folded =
      this.definition.input.kind === 'events'
        ? this.#foldEvents(message, decision)
        : this.#foldCommit(message, decision);
    this.#position = message.seq;
    return folded;
  }

  takeCommit(epoch: number, n: number): CommitDraft {
    const changes = Array.from(this.#tables.values(), (table) => table.takeChanges()).flat();
    const src = this.#sources.changes();
    const [emits, late] = [this.#emits, this.#late];
    this.#emits = [];
    this.#emitBytes = 0;
    this.#late = [];
    const head: CommitHead = {
      pos: this.#position,
      wm: this.watermark,
      epoch,
      n,
      emits: emits.length,
      late: this.#lateCount,
      ...(src.length > 0 ? { src } : {}),
    };
    this.#committedPosition = head.pos;
    this.#committedWatermark = head.wm;
    return { head, payload: encodeCommit(head, { emits, changes, late }), changes, late };
  }

  /** Everything of the watermark's sources, to be stored beside `applied`. */
  sources(): SourceState[] {
    return this.#sources.snapshot();
  }

  #foldEvents(message: InputMessage, decision: Decision<never>): number {
    const subject = this.#subject(message.subject);
    message.values ??= this.#lines.read(decodeText(message.payload));
    if (subject.kind === 'rules') {
      decision.onRules?.(message.values[0]);
      return 0;
    }
    if (subject.kind === 'progress') {
      const { watermark, idle } = message.values[0] as Progress;
      this.#advance(subject.source, watermark, idle === true, decision);
      return 0;
    }
    for (const event of message.values) decision.onEvent(event as never, subject.order);
    return message.values.length;
  }

  #foldCommit(message: InputMessage, decision: Decision<never>): number {
    const source = message.subject.slice(message.subject.lastIndexOf('.') + 1);
    if (message.subject === logSubject(this.definition.service, this.partition)) return 0; // our own
    const { head, emits } = parseEmits(message.payload);
    for (const emitted of emits) decision.onEvent(emitted as never, source);
    this.#advance(source, head.wm, false, decision);
    return emits.length;
  }

  #advance(source: string, watermark: number | undefined, idle: boolean, decision: Decision<never>): void {
    const before = this.watermark;
    this.#sources.update(source, watermark, idle);
    if (this.watermark > before) decision.onWatermark();
  }

  #subject(subject: string): EventSubject {
    let parsed = this.#subjects.get(subject);
    if (!parsed) {
      parsed = parseEventSubject(subject);
      this.#subjects.set(subject, parsed);
    }
    return parsed;
  }

  #moveTo({ pos, wm, late }: { pos: number; wm: number; late: number }): void {
    this.#position = pos;
    this.#committedPosition = pos;
    this.#committedWatermark = wm;
    this.#lateCount = late;
  }

  #emit(line: string): void {
    this.#emits.push(line);
    this.#emitBytes += line.length;
  }

  #reportLate(record: LateRecord): void {
    this.#lateCount++;
    const line = JSON.stringify({ ...record, watermark: this.watermark });
    this.#late.push(line);
    this.#emitBytes += line.length;
  }

  #table(name: string): StateTable {
    const table = this.#tables.get(name);
    if (!table) throw new Error(`Cannot use table "${name}": ${this.definition.service} declares no such table`);
    return table;
  }

  /** Where the table's name ends in a key: the longest table name that is a prefix. */
  #tableEnd(key: string): number | undefined {
    let end: number | undefined;
    for (const name of this.#tables.keys())
      if ((key === name || key.startsWith(`${name}.`)) && name.length > (end ?? -1)) end = name.length;
    return end;
  }
}
