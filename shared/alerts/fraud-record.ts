/**
 * One order that is a fraud alert by one rule: what `anomaly` emits for each (kind `fraud`), however its alerts fold.
 * An alert tells of one order of a storm only; whoever acts on single orders reads these. Money is decimal text.
 */
export interface FraudRecord {
  readonly customer_id: string;
  readonly order_id: string;
  readonly amount: string;
  /** It came to more than so much; or the customer had more than so many orders within so many seconds. */
  readonly rule: { readonly over: string } | { readonly more_than: number; readonly within_seconds: number };
}
