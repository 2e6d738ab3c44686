/**
 * A pattern operator that survives a crash and whose state is not written as a whole at every event: a snapshot, and
 * behind it the events that came since.
 *
 *   snapshot of 300 events | 64 events | 64 events | 17 events (open)
 *
 * When as many events have come as the snapshot holds, a new one takes their place: so an event is written a few times,
 * however many partial matches are live. A restart replays the events over the snapshot; matches found by that were
 * told before.
 *
 * Invariants (tested in stored-operator.test.ts):
 * 1. The same matches as the plain operator, over restarts at any commit; each told once.
 * 2. What is stored follows from the events and watermarks, not from commits and restarts. Nothing, when nothing is held.
 * 3. What was stored by another pattern of that name is dropped.
 */
import { type CepOperator, operatorsOf } from '../../shared/cep/cep-operator.ts';
import type { CepResult } from '../../shared/cep/cep-result.ts';
import { compilePattern } from '../../shared/cep/compile-pattern.ts';
import type { CepSnapshot } from '../../shared/cep/snapshot.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { Table, TableSpec } from '../../shared/events/stage.ts';
import type { CepRule } from './cep-rules.ts';

/** `base`: events since `snapshot` are in chunks 0 to `chunks` - 1. */
export interface OperatorBase {
  readonly fingerprint: string;
  readonly snapshot: CepSnapshot<MaipEvent> | undefined;
}

/** Events since the snapshot, in the order they were processed. The text grows with them. */
export interface JournalChunk {
  readonly events: MaipEvent[];
  text: string;
}

export const operatorTable: TableSpec<OperatorBase> = { kind: 'state' };

export const journalTable: TableSpec<JournalChunk> = {
  kind: 'state',
  encode: ({ text }) => `[${text}]`,
  decode: (events: readonly MaipEvent[]) => {
    const chunk: JournalChunk = { events: [], text: '' };
    for (const event of events) append(chunk, event);
    return chunk;
  },
};

/** A chunk is full at so many events or characters: it must fit a commit. */
const CHUNK_EVENTS = 64;
const CHUNK_CHARS = 16_384;

type Results = readonly CepResult<MaipEvent>[];

export class StoredOperator {
  readonly rule: CepRule;
  readonly #bases: Table<OperatorBase>;
  readonly #journal: Table<JournalChunk>;
  readonly #create: (snapshot?: CepSnapshot<MaipEvent>) => CepOperator<MaipEvent>;
  readonly #key: string;
  #operator: CepOperator<MaipEvent>;
  /** Events in the snapshot, and since then; chunks of these. */
  #inSnapshot = 0;
  #since = 0;
  #chunks = 0;

  constructor(rule: CepRule, bases: Table<OperatorBase>, journal: Table<JournalChunk>, watermark: number) {
    this.rule = rule;
    this.#bases = bases;
    this.#journal = journal;
    this.#create = operatorsOf(compilePattern(rule.pattern, { compat: rule.compat }));
    this.#key = encodeId(rule.name);
    this.#operator = this.#restore();
    this.#operator.advanceTime(watermark);
  }

  process(event: MaipEvent): Results {
    const results = this.#operator.process(event, event.t);
    if (this.#operator.isIdle) this.#clear();
    else this.#write(event);
    return results;
  }

  advanceTime(watermark: number): Results {
    const results = this.#operator.advanceTime(watermark);
    if (this.#operator.isIdle) this.#clear();
    return results;
  }

  #write(event: MaipEvent): void {
    const { fingerprint } = this.rule;
    if (this.#since >= Math.max(CHUNK_EVENTS, this.#inSnapshot)) {
      this.#dropJournal();
      const snapshot = this.#operator.snapshot();
      this.#inSnapshot = snapshot.events.length;
      this.#bases.put(this.#key, { fingerprint, snapshot });
      return;
    }
    if (!this.#bases.get(this.#key)) this.#bases.put(this.#key, { fingerprint, snapshot: undefined });
    this.#since++;
    const last = this.#chunks === 0 ? undefined : this.#journal.get(this.#chunkKey(this.#chunks - 1));
    const isOpen = last && last.events.length < CHUNK_EVENTS && last.text.length < CHUNK_CHARS;
    const chunk = isOpen ? last : { events: [], text: '' };
    if (!isOpen) this.#chunks++;
    append(chunk, event);
    this.#journal.put(this.#chunkKey(this.#chunks - 1), chunk);
  }

  #restore(): CepOperator<MaipEvent> {
    const base = this.#bases.get(this.#key);
    while (this.#journal.get(this.#chunkKey(this.#chunks))) this.#chunks++;
    if (base?.fingerprint !== this.rule.fingerprint) {
      this.#clear();
      return this.#create();
    }
    const operator = this.#create(base.snapshot);
    this.#inSnapshot = base.snapshot?.events.length ?? 0;
    for (let n = 0; n < this.#chunks; n++) {
      for (const event of this.#journal.get(this.#chunkKey(n))?.events ?? []) {
        operator.process(event, event.t);
        this.#since++;
      }
    }
    return operator;
  }

  #clear(): void {
    this.#dropJournal();
    this.#inSnapshot = 0;
    this.#bases.delete(this.#key);
  }

  #dropJournal(): void {
    for (let n = 0; n < this.#chunks; n++) this.#journal.delete(this.#chunkKey(n));
    this.#chunks = 0;
    this.#since = 0;
  }

  #chunkKey(number: number): string {
    return `${this.#key}.${number}`;
  }
}

function append(chunk: JournalChunk, event: MaipEvent): void {
  chunk.text += `${chunk.events.length === 0 ? '' : ','}${JSON.stringify(event)}`;
  chunk.events.push(event);
}
