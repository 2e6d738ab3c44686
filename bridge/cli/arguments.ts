/** The command line of `npm run bridge`, parsed and checked. Pure; the texts it refuses with are for the user. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

export const COMMANDS = ['check', 'verify', 'redrive'] as const;
export type CommandName = (typeof COMMANDS)[number];

export type BridgeCommand =
  | { readonly name: 'help'; readonly of: CommandName | undefined }
  | CheckCommand
  | VerifyCommand
  | RedriveCommand;

interface Common {
  readonly routes: string | undefined;
  readonly json: boolean;
}

export interface CheckCommand extends Common {
  readonly name: 'check';
  readonly topic: string | undefined;
  readonly samples: number;
}

export interface VerifyCommand extends Common {
  readonly name: 'verify';
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export interface RedriveCommand extends Common {
  readonly name: 'redrive';
  /** Subject of DLQ, wildcards allowed. */
  readonly filter: string;
  /** Sequences in DLQ. */
  readonly seqs: readonly number[] | undefined;
  readonly sinceMs: number | undefined;
  readonly limit: number | undefined;
  readonly toTopic: string | undefined;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly abandon: boolean;
}

/** The command line cannot be used; the message says how it can. */
export class ArgumentError extends Error {
  readonly code = 'argument';
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

const COMMON: NonNullable<ParseArgsConfig['options']> = {
  help: { type: 'boolean', short: 'h' },
  routes: { type: 'string' },
  json: { type: 'boolean' },
};
const TOPIC: NonNullable<ParseArgsConfig['options']> = { topic: { type: 'string' } };
const OPTIONS: Readonly<Record<CommandName, NonNullable<ParseArgsConfig['options']>>> = {
  check: { ...COMMON, ...TOPIC, samples: { type: 'string' } },
  verify: { ...COMMON, ...TOPIC, partition: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' } },
  redrive: {
    ...COMMON,
    seq: { type: 'string' },
    since: { type: 'string' },
    limit: { type: 'string' },
    'to-topic': { type: 'string' },
    'dry-run': { type: 'boolean' },
    force: { type: 'boolean' },
    abandon: { type: 'boolean' },
  },
};
const SAMPLES = '20';

export function parseCommand(args: readonly string[]): BridgeCommand {
  const [first = 'help', ...rest] = args;
  if (['help', '--help', '-h'].includes(first)) {
    const of = COMMANDS.find((name) => name === rest[0]);
    return { name: 'help', of };
  }
  const name = COMMANDS.find((one) => one === first);
  if (!name) throw new ArgumentError(`Cannot run "${first}": expected ${COMMANDS.join(', ')} or help`);
  const { values, positionals } = understand(name, rest);
  if (values.help === true) return { name: 'help', of: name };
  const [extra] = name === 'redrive' ? positionals.slice(1) : positionals;
  if (extra !== undefined) throw new ArgumentError(`Cannot use "${extra}": see \`npm run bridge -- ${name} --help\``);
  switch (name) {
    case 'check':
      return {
        name,
        ...common(values),
        topic: text(values, 'topic'),
        samples: whole(values, 'samples', 1, SAMPLES) ?? 0,
      };
    case 'verify':
      return verifyCommand(values);
    case 'redrive':
      return redriveCommand(values, positionals[0]);
    default:
      return name satisfies never;
  }
}

function verifyCommand(values: Values): VerifyCommand {
  const topic = text(values, 'topic');
  const [partition, from, to] = ['partition', 'from', 'to'].map((name) => whole(values, name, 0));
  for (const [name, value] of Object.entries({ partition, from, to }))
    if (value !== undefined && topic === undefined)
      throw new ArgumentError(`Cannot use --${name} without --topic: name the topic it is of`);
  if (from !== undefined && to !== undefined && from > to)
    throw new ArgumentError(`Cannot verify from ${from} to ${to}: --from must not be behind --to`);
  return { name: 'verify', ...common(values), topic, partition, from, to };
}

function redriveCommand(values: Values, filter: string | undefined): RedriveCommand {
  const isAbandon = values.abandon === true;
  if (filter === undefined && !isAbandon)
    throw new ArgumentError('Cannot tell what to redrive: name a subject of DLQ, for example "dlq.orders.bad-time"');
  if (filter !== undefined && !/^dlq\.[^\s]+$/.test(filter))
    throw new ArgumentError(
      `Cannot redrive "${filter}": expected a subject of DLQ, for example "dlq.orders.*" or "dlq.>"`,
    );
  return {
    name: 'redrive',
    ...common(values),
    filter: filter ?? 'dlq.>',
    seqs: sequences(text(values, 'seq')),
    sinceMs: since(text(values, 'since')),
    limit: whole(values, 'limit', 1),
    toTopic: text(values, 'to-topic'),
    dryRun: values['dry-run'] === true,
    force: values.force === true,
    abandon: isAbandon,
  };
}

function understand(name: CommandName, args: readonly string[]): { values: Values; positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS[name] });
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function common(values: Values): Common {
  return { routes: text(values, 'routes'), json: values.json === true };
}

function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

function whole(values: Values, name: string, least: number, fallback?: string): number | undefined {
  const given = text(values, name) ?? fallback;
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === '' || !Number.isSafeInteger(value) || value < least)
    throw new ArgumentError(`Cannot use --${name} "${given}": expected a whole number, ${least} or more`);
  return value;
}

function sequences(list: string | undefined): number[] | undefined {
  return list?.split(',').map((one) => {
    const seq = Number(one);
    if (!Number.isSafeInteger(seq) || seq < 1)
      throw new ArgumentError(`Cannot use --seq "${list}": expected sequences of DLQ, for example 17,18`);
    return seq;
  });
}

function since(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const ms = /^\d{4}-\d{2}-\d{2}/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(ms))
    throw new ArgumentError(`Cannot use --since "${given}": expected ISO 8601, for example 2024-06-01T12:00:00Z`);
  return ms;
}
