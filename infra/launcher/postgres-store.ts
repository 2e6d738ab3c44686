/** The PostgreSQL that results go to: a database `weir` on a server of ours, or what the environment names. */
import { databaseUrl, parseDatabaseUrl } from '../../shared/config/database-address.ts';
import type { Environment } from '../../shared/config/environment.ts';
import type { Edge } from './edge.ts';
import type { OwnPostgres } from './own-postgres.ts';
import { serverRow, shortPath } from './servers.ts';

const NAME = 'PostgreSQL sink';

export async function ownPostgres(own: OwnPostgres): Promise<Edge> {
  const url = databaseUrl(await own.open('weir'));
  const variables = { DATABASE_URL: url, PGPASSFILE: own.passwordFile };
  const look = `PGPASSFILE=${shortPath(own.passwordFile)} psql ${url}`;
  return {
    rows: () => [{ ...serverRow(NAME, own.kept.current), url, look }],
    environment: { 'sink-postgres': variables, gateway: variables },
  };
}

/** The workers have these settings already; whether they are right, the sink says. */
export function namedPostgres(env: Environment): Edge {
  const variable = env.PG_HOST ? 'PG_HOST' : 'DATABASE_URL';
  const url = env.PG_HOST ? urlOfParts(env, env.PG_HOST) : databaseUrl(parseDatabaseUrl(env.DATABASE_URL ?? ''));
  const row = { name: NAME, url, version: 'unknown', source: `environment ${variable}`, look: `psql ${url}` };
  return { rows: () => [row], environment: {} };
}

function urlOfParts(env: Environment, host: string): string {
  const user = env.PG_USER || 'postgres';
  return databaseUrl({ host, port: Number(env.PG_PORT || 5432), user, database: env.PG_DATABASE || user });
}
