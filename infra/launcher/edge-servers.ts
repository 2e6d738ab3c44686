/**
 * The databases at the edges of the mesh: one whose changes come in (`--cdc`), those that results go to (`--sink`); each
 * the user's or ours. It owns the servers it started until it is disposed: Kafka Connect goes first, while it can still
 * say how far it came.
 * 1. A PostgreSQL of ours is one server, with the databases `shop` (captured) and `weir` (results).
 * 2. The gateway knows of a database only when a sink fills it.
 */
import type { Environment } from '../../shared/config/environment.ts';
import type { SinkName, StartOptions } from './arguments.ts';
import type { ServerReport } from './control-protocol.ts';
import type { Edge, Variables } from './edge.ts';
import type { OwnPostgres } from './own-postgres.ts';
import { NO_DATABASE, namedPostgres, ownPostgres } from './postgres-store.ts';
import type { Servers, ServersOptions } from './servers.ts';

export interface EdgeServers extends AsyncDisposable {
  readonly rows: readonly ServerReport[];
  /** Those we brought up, and those that the environment names. */
  readonly stores: ReadonlySet<SinkName>;
  environmentOf(group: string): Variables;
}

/** Nobody asked for results in PostgreSQL: DATABASE_URL may be there for another reason. */
const NO_RESULTS: Edge = { rows: () => [], environment: { gateway: NO_DATABASE } };

export async function bringUpEdges(
  start: StartOptions,
  options: ServersOptions,
  servers: Servers,
): Promise<EdgeServers> {
  const taken = new Set([servers.gatewayPort, servers.schemaRegistryPort]);
  const named = namedStores(options.env);
  await using stack = new AsyncDisposableStack();
  const postgres = needsPostgres(start, options.env) ? stack.use(await bringUpPostgres(options, taken)) : undefined;
  const edges: Edge[] = [];
  if (start.sinks.includes('dynamodb')) {
    const { bringUpDynamoDb, namedDynamoDb } = await import('./dynamodb-store.ts');
    edges.push(named.has('dynamodb') ? namedDynamoDb(options.env) : stack.use(await bringUpDynamoDb(options, taken)));
  }
  if (start.sinks.includes('postgres')) {
    const isOurs = postgres !== undefined && !named.has('postgres');
    edges.push(isOurs ? await ownPostgres(postgres) : await namedPostgres(options.env));
  } else edges.push(NO_RESULTS);
  if (start.cdc) {
    const { bringUpCapture } = await import('./capture-servers.ts');
    edges.unshift(stack.use(await bringUpCapture(options, servers.kafka.current.url, postgres, taken)));
  }
  const owned = stack.move();
  return {
    get rows() {
      return edges.flatMap((edge) => edge.rows());
    },
    stores: new Set([...named, ...start.sinks]),
    environmentOf: (group) => Object.assign({}, ...edges.map((edge) => edge.environment[group])),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Stores that the environment names: nothing is started for them. */
export function namedStores(env: Environment): Set<SinkName> {
  const stores = new Set<SinkName>();
  if (env.DATABASE_URL || env.PG_HOST) stores.add('postgres');
  if (env.DYNAMODB_ENDPOINT) stores.add('dynamodb');
  return stores;
}

function needsPostgres({ cdc, sinks }: StartOptions, env: Environment): boolean {
  return (cdc && !env.DATABASE_URL) || (sinks.includes('postgres') && !namedStores(env).has('postgres'));
}

/** Loaded here, so that who has none does not pay for it. */
async function bringUpPostgres(options: ServersOptions, taken: Set<number>): Promise<OwnPostgres> {
  options.stop.throwIfAborted();
  const { bringUpPostgres: bringUp } = await import('./own-postgres.ts');
  return bringUp(options, taken);
}
