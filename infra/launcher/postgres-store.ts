/** The PostgreSQL that results go to: a database `weir` on a server of ours, or what the environment names. */
import { databaseUrl } from '../../shared/config/database-address.ts';
import type { Environment } from '../../shared/config/environment.ts';
import { readPostgresSettings } from '../../shared/postgres/settings.ts';
import type { Edge, Variables } from './edge.ts';
import type { OwnPostgres } from './own-postgres.ts';
import { serverRow, shortPath } from './servers.ts';

const NAME = 'PostgreSQL sink';

/** Of a process that is to know of no database, whatever the user's shell holds. */
export const NO_DATABASE: Variables = Object.fromEntries(
  ['URL', 'HOST', 'PORT', 'DATABASE', 'USER', 'PASSWORD', 'PASSWORD_FILE', 'SSLMODE', 'SSL_CA'].map((name) => [
    name === 'URL' ? 'DATABASE_URL' : `PG_${name}`,
    '',
  ]),
);

export async function ownPostgres(own: OwnPostgres): Promise<Edge> {
  const url = databaseUrl(await own.open('weir'));
  const variables = { ...NO_DATABASE, DATABASE_URL: url, PGPASSFILE: own.passwordFile };
  const look = `PGPASSFILE=${shortPath(own.passwordFile)} psql ${url}`;
  return {
    rows: () => [{ ...serverRow(NAME, own.kept.current), url, look }],
    environment: { 'sink-postgres': variables, gateway: variables },
  };
}

/** The workers have these settings already; whether anyone answers there, the sink says. */
export async function namedPostgres(env: Environment): Promise<Edge> {
  const settings = await readPostgresSettings(env);
  if (!settings) throw new Error('PostgreSQL is named nowhere');
  const url = databaseUrl(settings);
  const source = `environment ${env.PG_HOST ? 'PG_HOST' : 'DATABASE_URL'}`;
  const row = { name: NAME, url, version: 'unknown', source, look: `psql '${url}'` };
  return { rows: () => [row], environment: {} };
}
