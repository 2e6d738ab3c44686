/** What is to be replayed: `backtest <file.json | name> [options]`, parsed and checked. Pure, but for what is given. */
import { parseArgs } from 'node:util';
import { parseDuration } from '../../shared/cep/json/duration.ts';
import { BacktestError } from './backtest-error.ts';

export interface BacktestArguments {
  /** A file, or the name of an example; undefined: the help is wanted. */
  readonly pattern: string | undefined;
  /** Event time, ms; -Infinity: from the first event. */
  readonly from: number;
  /** Event time, ms; Infinity: to the last event. */
  readonly to: number;
  readonly key: string | undefined;
  /** Matches to show; the others are counted. */
  readonly limit: number;
  readonly json: boolean;
}

export const DEFAULT_LIMIT = 20;
/** Matches are held until they are shown. */
const MOST_SHOWN = 100_000;

/** `now`: ms, what spans such as 2h are counted back from. Throws BacktestError. */
export function parseBacktest(args: readonly string[], now: number): BacktestArguments {
  const { values, positionals } = understand(args);
  const [pattern, extra] = positionals;
  if (extra !== undefined) throw new BacktestError(`Cannot use "${extra}": backtest takes one pattern`);
  if (pattern === undefined && !values.help)
    throw new BacktestError('Cannot tell which pattern is meant: name a file or an example; see `backtest --help`');
  const from = timeOf('--from', values.from, now) ?? Number.NEGATIVE_INFINITY;
  const to = timeOf('--to', values.to, now) ?? Number.POSITIVE_INFINITY;
  if (from >= to)
    throw new BacktestError(
      `Cannot replay from "${values.from}" to "${values.to}": the first must be before the second`,
    );
  return {
    pattern: values.help ? undefined : pattern,
    from,
    to,
    key: values.key,
    limit: limitOf(values.limit),
    json: values.json,
  };
}

function understand(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        from: { type: 'string', default: 'all' },
        to: { type: 'string', default: 'all' },
        key: { type: 'string' },
        limit: { type: 'string', default: String(DEFAULT_LIMIT) },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new BacktestError(error instanceof Error ? error.message : String(error));
  }
}

/** undefined: all. A time without a zone would be another one on each machine. */
function timeOf(name: string, text: string, now: number): number | undefined {
  if (text === 'all') return undefined;
  const span = parseDuration(text);
  if (span !== undefined) return now - span;
  const isTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new BacktestError(
      `Cannot use ${name} "${text}": expected a time as in 2026-11-21T10:00:00Z, a span back from now as in 2h, or all`,
    );
  return time;
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (text.trim() === '' || !Number.isInteger(limit) || limit < 0 || limit > MOST_SHOWN)
    throw new BacktestError(`Cannot use --limit "${text}": expected a whole number from 0 to ${MOST_SHOWN}`);
  return limit;
}
