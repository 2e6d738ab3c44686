/**
 * Runs patterns over each customer's events by itself.
 *
 * Owns the partial matches in the stage's `cep` table, one entry a pattern and customer, gone when nothing is held.
 *
 * Invariants (tested in maip.test.ts):
 * 1. Events come in event-time order; a match is found at the watermark that passes it, whatever the cuts and crashes.
 * 2. What was stored by another pattern of that name is dropped.
 */
import { type CepOperator, operatorsOf } from '../../shared/cep/cep-operator.ts';
import type { CepResult } from '../../shared/cep/cep-result.ts';
import { compilePattern } from '../../shared/cep/compile-pattern.ts';
import type { CepSnapshot } from '../../shared/cep/snapshot.ts';
import { Timers } from '../../shared/event-time/timers.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { Table, TableSpec } from '../../shared/events/stage.ts';
import type { CepRule } from './cep-rules.ts';

/** The partial matches of one pattern and customer. */
export interface KeyedMatches {
  readonly pattern: string;
  readonly fingerprint: string;
  readonly customer: string;
  /** As loaded; until then the operator holds it. */
  readonly snapshot: CepSnapshot<MaipEvent> | undefined;
  operator: CepOperator<MaipEvent> | undefined;
  /** When its timer is due. */
  armed: number | undefined;
}

type KeyedMatchesValue = Pick<KeyedMatches, 'pattern' | 'fingerprint' | 'customer' | 'snapshot'>;

export const keyedMatchesTable: TableSpec<KeyedMatches> = {
  kind: 'state',
  encode: ({ pattern, fingerprint, customer, operator, snapshot }) =>
    JSON.stringify({ pattern, fingerprint, customer, snapshot: operator?.snapshot() ?? snapshot }),
  decode: (value: KeyedMatchesValue) => ({ ...value, operator: undefined, armed: undefined }),
};

export type OnMatch = (rule: CepRule, match: CepResult<MaipEvent>, customer: string) => void;

export class KeyedPatterns {
  readonly #table: Table<KeyedMatches>;
  readonly #rules: ReadonlyMap<string, CompiledRule>;
  readonly #onMatch: OnMatch;
  readonly #timers = new Timers<string>();
  #watermark: number;

  constructor(table: Table<KeyedMatches>, rules: readonly CepRule[], watermark: number, onMatch: OnMatch) {
    this.#table = table;
    this.#watermark = watermark;
    this.#onMatch = onMatch;
    this.#rules = new Map(rules.filter(({ per }) => per === 'key').map((rule) => [rule.name, compileRule(rule)]));
    for (const [key, entry] of [...table.entries()]) this.#restore(key, entry);
  }

  process(event: MaipEvent, source: string): void {
    for (const { rule, create } of this.#rules.values()) {
      if (!rule.accepts(event, source)) continue;
      const key = `${encodeId(rule.name)}.${encodeId(event.k)}`;
      const entry = this.#table.get(key) ?? newEntry(rule, event.k, create());
      this.#settle(key, entry, rule, entry.operator?.process(event, event.t) ?? []);
    }
  }

  /** After the events up to the watermark. */
  onWatermark(watermark: number): void {
    this.#watermark = watermark;
    this.#timers.advance(watermark, (key, time) => {
      const entry = this.#table.get(key);
      const compiled = entry && this.#rules.get(entry.pattern);
      if (!entry?.operator || entry.armed !== time || !compiled) return;
      entry.armed = undefined;
      this.#settle(key, entry, compiled.rule, entry.operator.advanceTime(watermark));
    });
  }

  #settle(key: string, entry: KeyedMatches, rule: CepRule, results: readonly CepResult<MaipEvent>[]): void {
    for (const match of results) this.#onMatch(rule, match, entry.customer);
    if (entry.operator?.isIdle) {
      this.#table.delete(key);
      return;
    }
    this.#table.put(key, entry);
    this.#arm(key, entry);
  }

  /** One timer a key: a later deadline waits for the timer that is set. */
  #arm(key: string, entry: KeyedMatches): void {
    const deadline = entry.operator?.nextDeadline;
    if (deadline === undefined || (entry.armed !== undefined && entry.armed < deadline)) return;
    entry.armed = Math.max(deadline - 1, this.#watermark + 1); // compat flink finds it 1 ms later
    this.#timers.schedule(entry.armed, key, key);
  }

  #restore(key: string, entry: KeyedMatches): void {
    const compiled = this.#rules.get(entry.pattern);
    if (compiled?.rule.fingerprint !== entry.fingerprint) {
      this.#table.delete(key);
      return;
    }
    entry.operator = compiled.create(entry.snapshot);
    this.#arm(key, entry);
  }
}

interface CompiledRule {
  readonly rule: CepRule;
  readonly create: (snapshot?: CepSnapshot<MaipEvent>) => CepOperator<MaipEvent>;
}

function compileRule(rule: CepRule): CompiledRule {
  return { rule, create: operatorsOf(compilePattern(rule.pattern, { compat: rule.compat })) };
}

function newEntry(rule: CepRule, customer: string, operator: CepOperator<MaipEvent>): KeyedMatches {
  const { name: pattern, fingerprint } = rule;
  return { pattern, fingerprint, customer, snapshot: undefined, operator, armed: undefined };
}
