/**
 * Patterns over the maip events of all customers together: HIGH_ORDER_VOLUME, and those that users add.
 *
 * The partitions pass events on as their watermarks pass them; here they wait for the slowest partition. Ties in event
 * time are broken by the event's source, then by the partition it came through, so nothing depends on which partition
 * was first.
 *
 * Invariants (tested in maip.test.ts):
 * 1. The alerts are those of the patterns over all events in one order by (t, source, partition, order within it).
 * 2. One alert a burst: the pattern starts afresh behind a match.
 */
import { AlertLog, alertTable } from '../../shared/alerts/alert-log.ts';
import type { Alert } from '../../shared/alerts/alert.ts';
import type { CepResult } from '../../shared/cep/cep-result.ts';
import { HeldEvents, heldEventsTable } from '../../shared/event-time/held-events.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { Decision, Emitted, StageContext, StageDefinition } from '../../shared/events/stage.ts';
import { type CepRule, matchAlert } from './cep-rules.ts';
import { DEFAULT_MAIP, type MaipOptions, type PassedOn } from './maip.ts';
import { type HeldMaip, heldMaipCodec } from './maip-event.ts';
import { journalTable, operatorTable, StoredOperator } from './stored-operator.ts';

/** All partitions' events at a watermark: more than a partition's own stage takes, and they leave less behind. */
const STEP_EVENTS = 50_000;

/** `stepEvents`: how many events a watermark releases at most; the next one goes on. */
export function globalPatterns(
  options: MaipOptions = DEFAULT_MAIP,
  stepEvents = STEP_EVENTS,
): StageDefinition<Emitted<PassedOn>> {
  return {
    service: 'anomaly-maip',
    input: { kind: 'log', service: 'anomaly-maip' },
    tables: {
      alert: alertTable,
      held: heldEventsTable(heldMaipCodec),
      operator: operatorTable,
      journal: journalTable,
    },
    open: (ctx) => new GlobalPatterns(ctx, options, stepEvents),
  };
}

class GlobalPatterns implements Decision<Emitted<PassedOn>> {
  readonly #ctx: StageContext;
  readonly #stepEvents: number;
  readonly #alerts: AlertLog;
  readonly #held: HeldEvents<HeldMaip>;
  readonly #operators: readonly StoredOperator[];

  constructor(ctx: StageContext, { patterns, foldMs }: MaipOptions, stepEvents: number) {
    this.#ctx = ctx;
    this.#stepEvents = stepEvents;
    this.#held = new HeldEvents(ctx.table('held'), heldMaipCodec, ctx.watermark);
    const { releasedTo } = this.#held;
    this.#alerts = new AlertLog(ctx.table<Alert>('alert'), foldMs, releasedTo);
    this.#operators = patterns
      .filter(({ per }) => per === 'global')
      .map((rule) => new StoredOperator(rule, ctx.table('operator'), ctx.table('journal'), releasedTo));
  }

  onEvent({ value: { event, source } }: Emitted<PassedOn>, partition: string): void {
    // A partition tells of an event before its watermark passes it: none is late but by a fault.
    if (!this.#held.add(event, event.t, tieOf(source, partition)))
      this.#ctx.late({ reason: 'too late for patterns over all customers', event });
  }

  onWatermark(): void {
    this.#held.release(this.#ctx.watermark, (event, _t, tie) => this.#match(event, sourceOf(tie)), this.#stepEvents);
    const { releasedTo } = this.#held; // what is behind it may still be matched
    for (const operator of this.#operators) this.#tell(operator.rule, operator.advanceTime(releasedTo));
    this.#alerts.onWatermark(releasedTo);
  }

  #match(event: MaipEvent, source: string): void {
    for (const operator of this.#operators)
      if (operator.rule.accepts(event, source)) this.#tell(operator.rule, operator.process(event));
  }

  #tell(rule: CepRule, results: readonly CepResult<MaipEvent>[]): void {
    for (const match of results) this.#alerts.raise(matchAlert(rule, match, undefined));
  }
}

function tieOf(source: string, partition: string): string {
  return `${source}/${partition}`;
}

function sourceOf(tie: string): string {
  return tie.slice(0, tie.lastIndexOf('/'));
}
