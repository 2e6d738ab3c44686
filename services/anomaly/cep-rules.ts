/**
 * Patterns over maip events as rules: what they see, and what is said of a match.
 *
 * A pattern read from JSON (shared/cep/json) is such a rule as it stands; HIGH_ORDER_VOLUME is written here.
 */
import type { Occurrence, Severity } from '../../shared/alerts/alert.ts';
import type { CepResult } from '../../shared/cep/cep-result.ts';
import type { Compat } from '../../shared/cep/nfa.ts';
import type { Pattern } from '../../shared/cep/pattern.ts';
import { begin, skipPastLastEvent } from '../../shared/cep/pattern-builder.ts';
import { formatTime } from '../../shared/event-time/time-text.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';

export interface CepRule {
  /** Unique among the rules. */
  readonly name: string;
  /** Changes when the pattern does: what is stored of partial matches fits the pattern that made it only. */
  readonly fingerprint: string;
  /** `key`: each customer by itself. `global`: all of them in one order. */
  readonly per: 'key' | 'global';
  readonly compat: Compat;
  readonly pattern: Pattern<MaipEvent>;
  /** False: conditions look at id, type, customer and time only, so payloads are not kept. */
  readonly readsPayload: boolean;
  readonly alert: {
    readonly type: string;
    readonly severity: Severity;
    describe(match: CepResult<MaipEvent>, key: string): string;
  };
  /** Whether the pattern sees this event. */
  accepts(event: MaipEvent, source: string): boolean;
}

export interface VolumeOptions {
  /** So many or more. */
  readonly orders: number;
  readonly withinMs: number;
  readonly severity: Severity;
}

export const DEFAULT_VOLUME: VolumeOptions = { orders: 10, withinMs: 60_000, severity: 'high' };

const ORDER_CREATED = 'maip.order.created';
/** Events named in an alert, of each stage. */
const MAX_NAMED = 20;

/** begin("first").where(type == "maip.order.created").timesOrMore(10).within(1 minute), one alert a burst. */
export function highOrderVolume(per: CepRule['per'], options: VolumeOptions = DEFAULT_VOLUME): CepRule {
  const { orders, withinMs, severity } = options;
  const name = per === 'global' ? 'high-order-volume' : 'customer-order-volume';
  const isOrder = ({ type }: MaipEvent) => type === ORDER_CREATED;
  return {
    name,
    fingerprint: `${orders} within ${withinMs}`,
    per,
    compat: 'default',
    pattern: begin<MaipEvent>('first')
      .where(isOrder)
      .timesOrMore(orders)
      .within(withinMs)
      .skip(skipPastLastEvent)
      .build({ name }),
    readsPayload: false,
    alert: {
      type: 'HIGH_ORDER_VOLUME',
      severity,
      describe: ({ first, last, events }, key) =>
        `High order volume: ${events.first?.length ?? 0} orders ${per === 'key' ? `of customer ${key} ` : ''}` +
        `in ${(last - first) / 1000} s (${orders} or more within ${withinMs / 1000} s)`,
    },
    accepts: isOrder,
  };
}

/** `customer` undefined: the match is of all customers together. */
export function matchAlert(rule: CepRule, match: CepResult<MaipEvent>, customer: string | undefined): Occurrence {
  const { type, severity, describe } = rule.alert;
  const all = Object.values(match.events).flat();
  return {
    type,
    severity,
    subject: customer === undefined ? { kind: 'stream' } : { kind: 'customer', id: customer },
    at: match.t,
    id: `${all.at(0)?.id ?? ''}>${all.at(-1)?.id ?? ''}`,
    description: describe(match, customer ?? ''),
    details: {
      pattern: rule.name,
      events: all.length,
      first: formatTime(match.first),
      last: formatTime(match.last),
      match: Object.fromEntries(
        Object.entries(match.events).map(([stage, events]) => [stage, events.slice(0, MAX_NAMED).map(nameEvent)]),
      ),
    },
  };
}

function nameEvent({ id, k, t }: MaipEvent): object {
  return { id, customer_id: k, timestamp: formatTime(t) };
}
