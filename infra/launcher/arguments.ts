/** What the user asked for on the command line, parsed and checked. Pure; the texts it refuses with are for the user. */
import { parseArgs } from 'node:util';

export const RUNTIMES = ['node', 'bun', 'deno'] as const;
export type Runtime = (typeof RUNTIMES)[number];

export const SINKS = ['postgres', 'dynamodb'] as const;
export type SinkName = (typeof SINKS)[number];

export interface StartOptions {
  readonly help: boolean;
  readonly runtime: Runtime;
  /** Each list of services runs in one process. */
  readonly fused: readonly (readonly string[])[];
  readonly demo: boolean;
  /** Change data capture: PostgreSQL and Debezium come up, too. */
  readonly cdc: boolean;
  /** Stores that results go to; each comes up with what fills it. */
  readonly sinks: readonly SinkName[];
  readonly scale: ReadonlyMap<string, number>;
}

export type MeshCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'status' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'scale'; readonly group: string; readonly count: number }
  | { readonly kind: 'restart'; readonly target: string }
  | { readonly kind: 'logs'; readonly target: string; readonly follow: boolean }
  | GenerateCommand
  /** The arguments are backtest's own: infra/backtest/arguments.ts. */
  | { readonly kind: 'backtest'; readonly args: readonly string[] };

export interface GenerateCommand {
  readonly kind: 'generate';
  readonly topic: string;
  readonly count: number;
  readonly userPrefix: string | undefined;
  /** undefined: another one each time. */
  readonly seed: number | undefined;
  /** Records a second; undefined: all at once. */
  readonly rate: number | undefined;
  readonly dryRun: boolean;
}

/** The command line cannot be used; the message says how it can. */
export class ArgumentError extends Error {
  readonly code = 'argument';
}

const MOST_WORKERS = 64;
const GENERATED = 100;

export function parseStart(args: readonly string[]): StartOptions {
  const { values } = understand(() =>
    parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        runtime: { type: 'string', default: 'node' },
        fuse: { type: 'string', multiple: true, default: [] },
        scale: { type: 'string', multiple: true, default: [] },
        'no-demo': { type: 'boolean', default: false },
        cdc: { type: 'boolean', default: false },
        sink: { type: 'string', multiple: true, default: [] },
      },
    }),
  );
  const runtime = RUNTIMES.find((name) => name === values.runtime);
  if (!runtime) throw new ArgumentError(`Cannot use --runtime "${values.runtime}": expected ${RUNTIMES.join(', ')}`);
  const scale = new Map(values.scale.map(parseScale));
  return {
    help: values.help,
    runtime,
    fused: parseFused(values.fuse),
    demo: !values['no-demo'],
    cdc: values.cdc,
    sinks: parseSinks(values.sink, scale),
    scale,
  };
}

/** In the order of SINKS. One that is started with so many workers is asked for, too. */
function parseSinks(lists: readonly string[], scale: ReadonlyMap<string, number>): SinkName[] {
  const asked = lists.flatMap((list) => list.split(',')).map((name) => name.trim());
  for (const name of asked)
    if (name !== 'all' && !SINKS.some((sink) => sink === name))
      throw new ArgumentError(`Cannot use --sink "${name}": expected ${SINKS.join(', ')} or all`);
  return SINKS.filter((sink) => asked.includes(sink) || asked.includes('all') || (scale.get(`sink-${sink}`) ?? 0) > 0);
}

export function parseMesh(args: readonly string[]): MeshCommand {
  if (args[0] === 'generate') return parseGenerate(args.slice(1));
  if (args[0] === 'backtest') return { kind: 'backtest', args: args.slice(1) };
  const { values, positionals } = understand(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        'no-follow': { type: 'boolean', default: false },
      },
    }),
  );
  const [verb = 'help', target, ...rest] = positionals;
  if (values.help || verb === 'help') return { kind: 'help' };
  if (rest.length > 0) throw new ArgumentError(`Cannot use "${rest[0]}": "${verb}" takes one argument`);
  switch (verb) {
    case 'status':
    case 'stop':
      if (target !== undefined) throw new ArgumentError(`Cannot use "${target}": "${verb}" takes no argument`);
      return { kind: verb };
    case 'scale': {
      const [group, count] = parseScale(target ?? '');
      return { kind: 'scale', group, count };
    }
    case 'restart':
      return { kind: 'restart', target: required(target, 'restart a worker or a service, for example "restart rfm"') };
    case 'logs':
      return {
        kind: 'logs',
        target: required(target, 'show the log of a worker, a service or a server, for example "logs rfm"'),
        follow: !values['no-follow'],
      };
    default:
      throw new ArgumentError(
        `Cannot run "${verb}": expected status, scale, restart, stop, logs, generate or backtest`,
      );
  }
}

/** Which topics, counts and seeds there are is the generator's to say (shared/demo/generate.ts). */
function parseGenerate(args: readonly string[]): MeshCommand {
  const { values, positionals } = understand(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        count: { type: 'string' },
        'user-prefix': { type: 'string' },
        seed: { type: 'string' },
        rate: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
      },
    }),
  );
  if (values.help) return { kind: 'help' };
  const [topic, ...rest] = positionals;
  if (rest.length > 0) throw new ArgumentError(`Cannot use "${rest[0]}": "generate" takes one topic`);
  const rate = number('rate', values.rate);
  if (rate !== undefined && rate <= 0)
    throw new ArgumentError(`Cannot use --rate "${values.rate}": expected records a second, above 0`);
  return {
    kind: 'generate',
    topic: required(topic, 'generate records for, a topic as in "generate order_events --count 500"'),
    count: number('count', values.count) ?? GENERATED,
    userPrefix: values['user-prefix'],
    seed: number('seed', values.seed),
    rate,
    dryRun: values['dry-run'],
  };
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new ArgumentError(`Cannot use --${name} "${text}": expected a number`);
  return value;
}

/** `rfm=3` */
function parseScale(text: string): [group: string, count: number] {
  const match = /^([a-z][a-z0-9+-]*)=(\d+)$/.exec(text);
  const count = Number(match?.[2]);
  if (match?.[1] === undefined || count > MOST_WORKERS)
    throw new ArgumentError(
      `Cannot scale "${text}": expected a service and a count up to ${MOST_WORKERS}, as in rfm=3`,
    );
  return [match[1], count];
}

function parseFused(lists: readonly string[]): string[][] {
  const fused = lists.map((list) => list.split(',').map((name) => name.trim()));
  const seen = new Set<string>();
  for (const list of fused) {
    if (list.length < 2 || list.includes(''))
      throw new ArgumentError(`Cannot fuse "${list.join(',')}": expected two services or more, as in sales,rfm`);
    for (const name of list) {
      if (seen.has(name)) throw new ArgumentError(`Cannot fuse "${name}" twice: name it in one list`);
      seen.add(name);
    }
  }
  return fused;
}

function required(target: string | undefined, purpose: string): string {
  if (target === undefined) throw new ArgumentError(`Cannot tell what is meant: name what to ${purpose}`);
  return target;
}

function understand<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}
