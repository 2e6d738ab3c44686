/** What the operator finds. */
export interface CepResult<E> {
  /** `timeout`: a partial match whose time ran out (when the pattern was compiled with `timeouts`). */
  readonly kind: 'match' | 'timeout';
  /** Event time at which it was certain: of the last event, or of the deadline that passed. */
  readonly t: number;
  /** Event time of its first and of its last event. */
  readonly first: number;
  readonly last: number;
  /** By name of stage, in the order taken; a stage that took nothing is absent. */
  readonly events: Readonly<Record<string, readonly E[]>>;
}
