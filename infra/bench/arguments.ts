/** The command line of the benchmark, parsed and checked. Pure. */
import { parseArgs } from 'node:util';
import { ArgumentError, type Runtime, RUNTIMES } from '../launcher/arguments.ts';
import { FORMAT_NAMES, type FormatName } from './formats/format.ts';
import { MESH_ROWS, ROWS, type RowName, SERVICE_ROWS } from './result.ts';

export interface BenchOptions {
  readonly help: boolean;
  readonly rows: readonly RowName[];
  readonly events: number;
  readonly keys: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Of row `mesh`. */
  readonly meshPerSecond: number;
  readonly meshSeconds: number;
  readonly repeat: number;
  /** Of row `bridge`; all when empty. */
  readonly formats: readonly FormatName[];
  readonly runtime: Runtime;
  readonly json: string | undefined;
  readonly profile: string | undefined;
}

export function parseBench(args: readonly string[]): BenchOptions {
  const { values, positionals } = understand(args);
  const runtime = RUNTIMES.find((name) => name === values.runtime);
  if (!runtime) throw new ArgumentError(`Cannot use --runtime "${values.runtime}": expected ${RUNTIMES.join(', ')}`);
  if (values.profile !== undefined && runtime !== 'node')
    throw new ArgumentError(`Cannot use --profile with --runtime "${runtime}": only node writes profiles`);
  return {
    help: values.help,
    rows: parseRows(values.rows ?? (positionals.length > 0 ? positionals.join(',') : SHORT_ROWS.join(','))),
    events: atLeastOne('events', values.events),
    keys: atLeastOne('keys', values.keys),
    perSecond: atLeastOne('rate', values.rate),
    seconds: atLeastOne('seconds', values.seconds),
    meshPerSecond: atLeastOne('mesh-rate', values['mesh-rate']),
    meshSeconds: atLeastOne('mesh-seconds', values['mesh-seconds']),
    repeat: atLeastOne('repeat', values.repeat),
    formats: parseFormats(values.formats),
    runtime,
    json: values.json,
    profile: values.profile,
  };
}

/** Unless rows are named. */
const SHORT_ROWS = ROWS.filter((row) => !MESH_ROWS.some((long) => long === row));

function understand(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        rows: { type: 'string' },
        events: { type: 'string', default: '500000' },
        keys: { type: 'string', default: '1000000' },
        rate: { type: 'string', default: '1000' },
        seconds: { type: 'string', default: '20' },
        'mesh-rate': { type: 'string', default: '10000' },
        'mesh-seconds': { type: 'string', default: '300' },
        repeat: { type: 'string', default: '1' },
        formats: { type: 'string', default: FORMAT_NAMES.join(',') },
        runtime: { type: 'string', default: 'node' },
        json: { type: 'string' },
        profile: { type: 'string' },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** In the order in which they run, whatever the order they were named in. */
function parseRows(list: string): readonly RowName[] {
  const names = list.split(',').flatMap((name) => (name.trim() === 'services' ? SERVICE_ROWS : [name.trim()]));
  for (const name of names)
    if (!ROWS.some((row) => row === name))
      throw new ArgumentError(`Cannot measure "${name}": expected one or more of services,${ROWS.join(',')}`);
  return ROWS.filter((row) => names.includes(row));
}

function parseFormats(list: string): readonly FormatName[] {
  const names = list.split(',').map((name) => name.trim());
  for (const name of names)
    if (!FORMAT_NAMES.some((format) => format === name))
      throw new ArgumentError(`Cannot measure format "${name}": expected one or more of ${FORMAT_NAMES.join(',')}`);
  return FORMAT_NAMES.filter((format) => names.includes(format));
}

function atLeastOne(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new ArgumentError(`Cannot use --${name} "${text}": expected a whole number, 1 or more`);
  return value;
}

export const BENCH_HELP = `npm run bench [-- rows and options]
Measures the mesh on a nats-server and a Kafka of its own, prints a table with the budgets, and leaves nothing behind.

Options
  bridge rfm                what to measure, from ${ROWS.join(' ')} (default: all but mesh, mesh-fused)
  services                  the rows of all services
  --rows bridge,rfm         the same
  --events 500000           events for bridge, the services, fused and path
  --rate 1000               orders a second for latency
  --seconds 20              how long for latency and gateway
  --keys 1000000            keys for recovery and gateway, rows for postgres-queries
  --mesh-rate 10000         records a second of all kinds together for mesh
  --mesh-seconds 300        how long for mesh
  --formats debezium-json,mirror   what row bridge measures, from
                            ${FORMAT_NAMES.join(' ')} (default: all)
  --repeat 2                measure each row so often and show the best run
  --runtime node|bun|deno   what runs the workers (default: node, the pinned one)
  --json file               write every run as JSON
  --profile folder          write CPU profiles of the workers there, and show where their time goes
  --help                    this text
`;
