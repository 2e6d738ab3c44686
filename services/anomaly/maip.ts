/**
 * Anomalies of maip events: transactions unlike those of the customer before, and patterns over a customer's events.
 * What patterns over all customers need is passed on to the stage behind (global-patterns.ts).
 *
 *   event ──▶ held until the watermark passes it ──▶ unusual_transaction ──▶ patterns per customer
 *     └─────▶ emitted for patterns over all: they wait there for all partitions
 *
 * `order: arrival` lets unusual transactions act at once; patterns are about order, and always wait.
 *
 * Invariants (tested in maip.test.ts):
 * 1. With `event-time`, alerts depend on the events and on which were late, not on the order of arrival.
 * 2. An event that comes twice (its id, within `REPEAT_MS` of event time) is seen once, and so is a corrected one.
 * 3. An event that no rule looks at is not held.
 */
import { AlertLog, alertTable } from '../../shared/alerts/alert-log.ts';
import type { Alert } from '../../shared/alerts/alert.ts';
import { HeldEvents, heldEventsTable } from '../../shared/event-time/held-events.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { Decision, StageContext, StageDefinition } from '../../shared/events/stage.ts';
import { type CepRule, highOrderVolume, matchAlert } from './cep-rules.ts';
import { Corrections, takenBackTable } from './corrections.ts';
import { customerTable } from './customer-history.ts';
import { Customers } from './customers.ts';
import { KeyedPatterns, keyedMatchesTable } from './keyed-patterns.ts';
import { AMOUNT_FIELDS } from '../../shared/events/maip-amount.ts';
import { amountFinder, type FindAmount } from './maip-amount.ts';
import { type HeldMaip, heldMaipCodec } from './maip-event.ts';
import { findOutlier } from './order-alerts.ts';
import { DEFAULT_OUTLIER, DEFAULT_STAGE, type OutlierRule, type StageOptions } from './rules.ts';

/** How far back events are known one by one. */
const REPEAT_MS = 600_000;

export interface TransactionRule extends OutlierRule {
  /** Types of event that are transactions; a `*` at the end stands for any rest. */
  readonly types: readonly string[];
  /** Where an amount may be in a payload: the first that is there, see maip-amount.ts. */
  readonly amountFields: readonly string[];
}

export interface MaipOptions extends StageOptions {
  readonly unusualTransaction: TransactionRule;
  /** Names are unique. */
  readonly patterns: readonly CepRule[];
}

export const DEFAULT_TRANSACTION: TransactionRule = {
  ...DEFAULT_OUTLIER,
  types: ['maip.order.created', 'maip.payment.*', 'maip.transaction.*'],
  amountFields: AMOUNT_FIELDS,
};

export const DEFAULT_MAIP: MaipOptions = {
  ...DEFAULT_STAGE,
  unusualTransaction: DEFAULT_TRANSACTION,
  patterns: [highOrderVolume('global')],
};

/** What a partition tells the stage of all customers. */
export interface PassedOn {
  readonly event: MaipEvent;
  readonly source: string;
}

export function anomalyMaip(options: MaipOptions = DEFAULT_MAIP): StageDefinition<MaipEvent> {
  return {
    service: 'anomaly-maip',
    input: { kind: 'events', events: ['maip'] },
    tables: {
      alert: alertTable,
      cep: keyedMatchesTable,
      customer: customerTable,
      held: heldEventsTable(heldMaipCodec),
      'taken-back': takenBackTable,
    },
    open: (ctx) => new AnomalyMaip(ctx, options),
  };
}

class AnomalyMaip implements Decision<MaipEvent> {
  readonly #ctx: StageContext;
  readonly #options: MaipOptions;
  readonly #globals: readonly CepRule[];
  readonly #isTransaction: (type: string) => boolean;
  readonly #findAmount: FindAmount;
  readonly #alerts: AlertLog;
  readonly #customers: Customers;
  readonly #held: HeldEvents<HeldMaip>;
  readonly #corrections: Corrections;
  readonly #patterns: KeyedPatterns;

  constructor(ctx: StageContext, options: MaipOptions) {
    const { patterns, unusualTransaction, foldMs, forgetMs } = options;
    this.#ctx = ctx;
    this.#options = options;
    this.#globals = patterns.filter(({ per }) => per === 'global');
    this.#isTransaction = typeFilter(unusualTransaction.enabled ? unusualTransaction.types : []);
    this.#findAmount = amountFinder(unusualTransaction.amountFields);
    this.#held = new HeldEvents(ctx.table('held'), heldMaipCodec, ctx.watermark);
    const { releasedTo } = this.#held;
    this.#alerts = new AlertLog(ctx.table<Alert>('alert'), foldMs, releasedTo);
    this.#customers = new Customers(ctx.table('customer'), REPEAT_MS, forgetMs);
    this.#corrections = new Corrections(ctx.table('taken-back'));
    this.#patterns = new KeyedPatterns(ctx.table('cep'), patterns, releasedTo, (rule, match, customer) =>
      this.#alerts.raise(matchAlert(rule, match, customer)),
    );
  }

  onEvent(event: MaipEvent, source: string): void {
    const held = this.#heldEvent(event, source);
    if (!held || !this.#isNew(held)) return;
    if (!this.#held.add(held, held.t, source)) {
      this.#foldLate(held, event, source);
      return;
    }
    if (this.#options.order === 'arrival') this.#count(held);
    if (!isChange(held)) this.#passOn(held, source);
  }

  onWatermark(): void {
    this.#held.release(this.#ctx.watermark, (event, _t, source) => {
      if (this.#options.order === 'event-time') this.#count(event);
      if (!isChange(event)) this.#patterns.process(event, source);
    });
    const { releasedTo } = this.#held;
    this.#patterns.onWatermark(releasedTo);
    this.#corrections.onWatermark(releasedTo);
    this.#customers.onWatermark(releasedTo);
    this.#alerts.onWatermark(releasedTo);
  }

  /** Not the same again, and a retraction not of what was never there. */
  #isNew(event: HeldMaip): boolean {
    if (!event.retract) return this.#customers.addId(event);
    const isKnown = this.#customers.removeId(event);
    if (!isKnown) this.#ctx.late({ reason: 'retraction of an event that was never counted', event });
    return isKnown;
  }

  /** Changes reach the statistics whenever they come. */
  #foldLate(held: HeldMaip, event: MaipEvent, source: string): void {
    const isAtOnce = this.#options.order === 'arrival';
    if (isChange(held)) this.#count(held, isAtOnce ? undefined : 'silent');
    else if (!isAtOnce) {
      this.#customers.removeId(held);
      this.#ctx.late({ reason: 'too late for statistics and patterns', event });
    } else {
      this.#count(held);
      if (this.#isSeen(event, source)) this.#ctx.late({ reason: 'too late for patterns', event });
    }
  }

  /** What rules need of the event; undefined: none looks at it. */
  #heldEvent(event: MaipEvent, source: string): HeldMaip | undefined {
    const { t, k, id, type, payload, retract } = event;
    const amount = this.#isTransaction(type) ? this.#findAmount(payload) : undefined;
    let [isSeen, readsPayload] = [false, false];
    for (const rule of this.#options.patterns) {
      if (!rule.accepts(event, source)) continue;
      isSeen = true;
      readsPayload ||= rule.readsPayload;
    }
    if (amount === undefined && !isSeen) return undefined;
    if (retract) this.#corrections.remember({ t, k, id, amount }, this.#ctx.watermark);
    const isCorrection = !retract && this.#corrections.take({ t, k, id }) !== undefined;
    return {
      t,
      k,
      id,
      type,
      payload: readsPayload ? payload : null,
      ...(amount === undefined ? {} : { amount }),
      ...(retract ? { retract } : {}),
      ...(isCorrection ? { isCorrection } : {}),
    };
  }

  #isSeen(event: MaipEvent, source: string): boolean {
    return this.#options.patterns.some((rule) => rule.accepts(event, source));
  }

  /** Into the customer's statistics, or out of them. */
  #count(event: HeldMaip, mode?: 'silent'): void {
    const { amount } = event;
    if (amount === undefined) return;
    if (event.retract) {
      this.#customers.removeAmount({ ...event, amount });
      return;
    }
    const { unusualTransaction } = this.#options;
    const purchase = { ...event, amount };
    const amounts = this.#customers.get(event.k)?.amounts;
    const found =
      amounts && mode !== 'silent' && findOutlier('unusual_transaction', unusualTransaction, purchase, amounts);
    if (found) this.#alerts.raise(found);
    this.#customers.addAmount(purchase);
  }

  /** At once, not when its turn comes: it must be there before the watermark of this partition passes it. */
  #passOn(event: HeldMaip, source: string): void {
    if (!this.#globals.some((rule) => rule.accepts(event, source))) return;
    const { t, k, id, type, payload } = event;
    if (t <= this.#ctx.watermark) {
      this.#ctx.late({ reason: 'too late for patterns over all customers', event });
      return;
    }
    const passedOn: PassedOn = { event: { t, k, id, type, payload }, source };
    this.#ctx.emit('event', passedOn);
  }
}

function isChange({ retract, isCorrection }: HeldMaip): boolean {
  return retract === true || isCorrection === true;
}

function typeFilter(types: readonly string[]): (type: string) => boolean {
  const exact = new Set(types.filter((type) => !type.endsWith('*')));
  const prefixes = types.filter((type) => type.endsWith('*')).map((type) => type.slice(0, -1));
  return (type) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix));
}
