/** Help of `npm run mesh -- backtest`. */
import { DEFAULT_LIMIT } from './arguments.ts';
import { exampleNames } from './load-pattern.ts';

export const BACKTEST_HELP = `npm run mesh -- backtest <pattern> [options]
Replays the events that the mesh keeps (stream EVENTS) and prints what a pattern would have matched. It only reads.

Pattern
  a JSON file (shared/cep/json/README.md), or one of the examples:
  ${exampleNames().join(', ')}

Options
  --from 2h            events of the last two hours, or from 2026-11-21T10:00:00Z on, or all (default)
  --to 1h              events before that time (default: all, up to the end of the log as it is now)
  --key customer-1     events of this key only; reads one partition
  --limit ${DEFAULT_LIMIT}           show so many matches, and count the others
  --json               the report as JSON
  --help               this text

Times are event times. Routes are those of WEIR_ROUTES; NATS is NATS_URL, or that of the mesh that runs here.
Exit code: 0 done (with or without a match), 1 not done, 130 interrupted.
`;
