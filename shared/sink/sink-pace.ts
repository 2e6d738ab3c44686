/** How fast a sink reads, writes, saves, repeats and gives up: the defaults are for production, tests use others. */
export interface SinkPace {
  /** Keys that wait or are being written, at most; and about so many bytes of them. */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  /** First and longest wait before a call is repeated, ms. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How often a position is saved that has moved, and one that has not. */
  readonly saveMs: number;
  readonly idleSaveMs: number;
  /** For how long the store may take nothing before that is an alarm. */
  readonly stallMs: number;
  /** After how long of not reading a bucket deletes may have been missed: less than the life of their markers. */
  readonly missedMs: number;
  /** How long a stop waits for the store. */
  readonly drainMs: number;
}

const MINUTE = 60_000;

export const DEFAULT_SINK_PACE: SinkPace = {
  maxWaiting: 20_000,
  maxWaitingBytes: 32 * 1024 * 1024,
  retryMinMs: 50,
  retryMaxMs: 5_000,
  saveMs: 1_000,
  idleSaveMs: MINUTE,
  stallMs: 30_000,
  missedMs: 50 * MINUTE,
  drainMs: 10_000,
};
