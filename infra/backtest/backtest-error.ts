/** The replay cannot be done; the message says why and what to do. */
export class BacktestError extends Error {
  readonly code = 'backtest';
}
