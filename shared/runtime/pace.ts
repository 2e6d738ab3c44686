/** How long a stage partition waits for company before it commits and before it writes to KV. */
export interface Pace {
  /** A commit that moves only the watermark waits this long for company, ms. */
  readonly watermarkDelayMs: number;
  /** A commit that moves only the position, ms. */
  readonly positionDelayMs: number;
  /** Private state reaches KV, and `applied` moves, this often, ms. */
  readonly applyIntervalMs: number;
  /** After a flush of n results the flusher rests n times this, so that flushes coalesce under load, ms. */
  readonly restPerResultMs: number;
  /**
   * After a commit, and after a flush of results, rest so many times as long as it took: on a machine that is busy
   * commits grow and become fewer, on one that is not nobody waits.
   */
  readonly restPerMs: number;
}

export const DEFAULT_PACE: Pace = {
  watermarkDelayMs: 100,
  positionDelayMs: 1_000,
  applyIntervalMs: 10_000,
  restPerResultMs: 1,
  restPerMs: 4,
};
