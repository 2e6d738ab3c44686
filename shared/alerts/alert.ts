/**
 * The one shape of every alert of the mesh, whichever service raises it: so one list shows them all.
 * It is the value of `alert.<subject>.<type>.<window>` in a service's bucket.
 */

/** In rising order. */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Above 0: `a` is the more severe one. */
export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}

export interface Alert {
  /** The same for the same events, however often they are computed. */
  readonly alert_id: string;
  readonly anomaly_type: string;
  readonly severity: Severity;
  /** Whom it is about; neither: the whole stream. */
  readonly customer_id?: string;
  readonly region?: string;
  /** A sentence for people. */
  readonly description: string;
  /** Event time of the occurrence that is described, ISO 8601. */
  readonly timestamp: string;
  /** Occurrences folded into this alert, and the event times of the first and last of them. */
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** Event time at which it was over; absent: it was not, or it is about a moment. */
  readonly resolved?: string;
  /** The evidence of the most severe occurrence (of the first one of these); `description` is of the same one. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The first ones that were counted: `[ms, id]`. Keeps an occurrence that comes twice from counting twice. */
  readonly occurrences: readonly (readonly [at: number, id: string])[];
}

export type AlertSubject =
  | { readonly kind: 'customer'; readonly id: string }
  | { readonly kind: 'region'; readonly id: string }
  | { readonly kind: 'stream' };

/** One thing that a rule found. `description` and `details` may be getters: of most occurrences in a storm none is shown. */
export interface Occurrence {
  readonly type: string;
  readonly subject: AlertSubject;
  readonly severity: Severity;
  /** Event time, ms. */
  readonly at: number;
  /** Tells occurrences of one type and subject apart: an order's id, the first event of a match. */
  readonly id: string;
  readonly description: string;
  readonly details: Readonly<Record<string, unknown>>;
}
