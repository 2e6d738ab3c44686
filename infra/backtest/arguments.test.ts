import { describe, expect, it } from 'vitest';
import { parseBacktest } from './arguments.ts';
import { BacktestError } from './backtest-error.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const ALL = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

describe('backtest', () => {
  it('replays all of the log and shows the first matches by default', () => {
    const defaults = { pattern: 'a.json', ...ALL, key: undefined, limit: 20, json: false };
    expect(parseBacktest(['a.json'], NOW)).toEqual(defaults);
    expect(parseBacktest(['a.json', '--from', 'all', '--to=all'], NOW)).toEqual(defaults);
  });
  it('understands every option', () => {
    const args = ['--from', '2h', 'a.json', '--to', '2026-11-21T11:00:00Z', '--key', 'c 1', '--limit', '0', '--json'];
    expect(parseBacktest(args, NOW)).toEqual({
      ...{ pattern: 'a.json', from: Date.UTC(2026, 10, 21, 10), to: Date.UTC(2026, 10, 21, 11) },
      ...{ key: 'c 1', limit: 0, json: true },
    });
    expect(parseBacktest(['--help'], NOW).pattern).toBeUndefined();
    expect(parseBacktest(['a.json', '-h'], NOW).pattern).toBeUndefined();
  });
  it('takes a day for its first moment in UTC, and a time in any zone that is named', () => {
    expect(parseBacktest(['a', '--from', '2026-11-21'], NOW).from).toBe(Date.UTC(2026, 10, 21));
    expect(parseBacktest(['a', '--from', '2026-11-21T10:00+02:00'], NOW).from).toBe(Date.UTC(2026, 10, 21, 8));
    expect(parseBacktest(['a', '--from', '2026-11-21T10:00:00.5Z'], NOW).from).toBe(
      Date.UTC(2026, 10, 21, 10, 0, 0, 500),
    );
  });

  for (const [args, message] of [
    [[], 'Cannot tell which pattern is meant'],
    [['a', 'b'], 'Cannot use "b": backtest takes one pattern'],
    [['a', '--frm', '2h'], '--frm'],
    [['a', '--from', 'yesterday'], 'Cannot use --from "yesterday": expected a time as in'],
    [['a', '--from', '2026-11-21T10:00:00'], 'Cannot use --from'],
    [['a', '--from', '2026-13-21'], 'Cannot use --from'],
    [['a', '--to', '0h'], 'Cannot use --to "0h"'],
    [['a', '--from', '1h', '--to', '2h'], 'Cannot replay from "1h" to "2h"'],
    [['a', '--from', '1h', '--to', '1h'], 'the first must be before the second'],
    [['a', '--limit', '-1'], '--limit'],
    [['a', '--limit=1.5'], 'Cannot use --limit "1.5"'],
    [['a', '--limit='], 'Cannot use --limit ""'],
    [['a', '--limit=100001'], 'expected a whole number from 0 to 100000'],
  ] as const)
    it(`refuses ${args.join(' ') || 'nothing'}`, () => {
      expect(() => parseBacktest(args, NOW)).toThrow(BacktestError);
      expect(() => parseBacktest(args, NOW)).toThrow(message);
    });
});
