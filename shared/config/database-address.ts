/** Where a database is and who connects to it, from a URL and a password file. Pure but for reading that file. */
import { type Environment, SettingError, textSetting } from './environment.ts';
import { readSettingFile } from './secret.ts';

export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** `sslmode` of the URL, for example `require`. */
  readonly sslMode?: string;
}

/** Of `postgres://user:password@host:5432/database?sslmode=require`. `setting` is whose value it is. */
export function parseDatabaseUrl(url: string, setting = 'DATABASE_URL'): DatabaseAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw new SettingError(`Cannot use ${setting}: expected postgres://user:password@host:5432/database`);
  const user = decodeURIComponent(parsed.username);
  const sslMode = parsed.searchParams.get('sslmode') ?? undefined;
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 5432),
    database: decodeURIComponent(parsed.pathname.slice(1)) || user,
    user,
    password: decodeURIComponent(parsed.password),
    ...(sslMode === undefined ? {} : { sslMode }),
  };
}

/** The address as a URL without the password: for people, logs and other processes. */
export function databaseUrl({ host, port, database, user, sslMode }: Omit<DatabaseAddress, 'password'>): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const query = sslMode === undefined ? '' : `?sslmode=${encodeURIComponent(sslMode)}`;
  return `postgres://${encodeURIComponent(user)}@${name}:${port}/${encodeURIComponent(database)}${query}`;
}

/** What postgres.js connects with. */
export function clientOptions({ host, port, database, user, password, sslMode }: DatabaseAddress) {
  const ssl =
    sslMode === undefined || sslMode === 'disable' ? false : sslMode === 'require' ? 'require' : 'verify-full';
  return { host, port, database, username: user, password, ssl, onnotice: () => undefined } as const;
}

/** The password a file in libpq's form (`host:port:database:user:password`, `*` for any) has for this address. */
export function passwordOf(text: string, address: Omit<DatabaseAddress, 'password'>): string | undefined {
  const wanted = [address.host, String(address.port), address.database, address.user];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(:|$)/g)].map((match) =>
      (match[1] ?? '').replace(/\\(.)/g, '$1'),
    );
    if (fields.length > 4 && wanted.every((value, at) => fields[at] === '*' || fields[at] === value)) return fields[4];
  }
  return undefined;
}

/** The address of a URL that a setting holds, its password from the URL or from the file that `PGPASSFILE` names. */
export async function databaseSetting(env: Environment, setting: string): Promise<DatabaseAddress | undefined> {
  const url = textSetting(env, setting);
  if (url === undefined) return undefined;
  const address = parseDatabaseUrl(url, setting);
  const file = textSetting(env, 'PGPASSFILE');
  if (address.password !== '' || file === undefined) return address;
  return { ...address, password: passwordOf(await readSettingFile('PGPASSFILE', file), address) ?? '' };
}
