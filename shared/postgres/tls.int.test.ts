/** Encrypted connections to a server with a certificate of a self-made authority: who is let in by which setting. */
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresAccount } from '../../infra/embedded/postgres-account.ts';
import { startTestPostgres, type TestPostgres } from '../testing/servers.ts';
import { makeAuthority, makeIdentity } from './_certificates.ts';
import { Database } from './database.ts';
import { failureOf } from './failure.ts';
import { readPostgresSettings } from './settings.ts';

let folder: string;
let encrypted: TestPostgres;
let plain: TestPostgres;
let otherName: TestPostgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-test-tls-'));
  await chmod(folder, 0o755);
  const authority = makeAuthority('the authority');
  await writeFile(join(folder, 'ca.pem'), authority.certificate);
  await writeFile(join(folder, 'other-ca.pem'), makeAuthority('another authority').certificate);
  await writeFile(join(folder, 'no.pem'), 'not a certificate');
  const start = async (name: string, hosts: readonly string[]) => {
    const { certificate, key } = makeIdentity(authority, hosts);
    const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    await writeFile(certFile, certificate);
    await writeFile(keyFile, key, { mode: 0o600 });
    const account = await postgresAccount();
    if (account) await chown(keyFile, account.uid, account.gid);
    return startTestPostgres({ settings: { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile } });
  };
  encrypted = await start('server', ['127.0.0.1', 'localhost']);
  otherName = await start('elsewhere', ['db.example.com', '10.1.2.3']);
  plain = await startTestPostgres();
});
afterAll(async () => {
  for (const server of [encrypted, plain, otherName]) await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Whether the session is encrypted; or why there is none. */
async function connect({ address }: TestPostgres, env: Readonly<Record<string, string>>): Promise<boolean | string> {
  const { port, user, password, database } = address;
  const settings = await readPostgresSettings({
    ...{ PG_HOST: '127.0.0.1', PG_PORT: String(port), PG_USER: user, PG_PASSWORD: password, PG_DATABASE: database },
    ...env,
  });
  if (!settings) throw new Error('No settings');
  await using one = await Database.open({ ...settings, pool: 1 }, 'tls');
  try {
    const [row] = await one.run<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', []);
    return row?.ssl ?? 'no row';
  } catch (error) {
    const { kind, reason } = failureOf(error);
    return `${kind}: ${reason}`;
  }
}

const ca = () => join(folder, 'ca.pem');
const otherCa = () => join(folder, 'other-ca.pem');

describe('a server with TLS', () => {
  test('on this machine it is used without a setting', async () => {
    expect(await connect(encrypted, {})).toBe(true);
  });
  test('disable does without', async () => {
    expect(await connect(encrypted, { PG_SSLMODE: 'disable' })).toBe(false);
  });
  test('require takes any certificate', async () => {
    expect(await connect(otherName, { PG_SSLMODE: 'require' })).toBe(true);
  });
  test('require with an authority takes those of that authority, of any name', async () => {
    expect(await connect(otherName, { PG_SSLMODE: 'require', PG_SSL_CA: ca() })).toBe(true);
    expect(await connect(otherName, { PG_SSLMODE: 'require', PG_SSL_CA: otherCa() })).toMatch(/^setup: .*PG_SSL_CA/);
  });
  test('verify-full takes the right name of the right authority only', async () => {
    expect(await connect(encrypted, { PG_SSLMODE: 'verify-full', PG_SSL_CA: ca() })).toBe(true);
    expect(await connect(encrypted, { PG_SSLMODE: 'verify-full', PG_SSL_CA: ca(), PG_HOST: 'localhost' })).toBe(true);
    expect(await connect(encrypted, { PG_SSLMODE: 'verify-full', PG_SSL_CA: otherCa() })).toMatch(/^setup: /);
    expect(await connect(encrypted, { PG_SSLMODE: 'verify-full' })).toMatch(/^setup: .*PG_SSL_CA/);
    expect(await connect(otherName, { PG_SSLMODE: 'verify-full', PG_SSL_CA: ca() })).toMatch(/^setup: .*ALTNAME/);
  });
  test('a file that is no certificate is refused by its name', async () => {
    const env = { PG_SSLMODE: 'verify-full', PG_SSL_CA: join(folder, 'no.pem') };
    await expect(connect(encrypted, env)).rejects.toThrow(/PG_SSL_CA=".*no\.pem": expected a certificate/);
  });
});

describe('a server without TLS', () => {
  test('on this machine it is used as it is', async () => {
    expect(await connect(plain, {})).toBe(false);
  });
  test.each(['require', 'verify-full'])('%s sends it nothing in clear text, and says what to do', async (mode) => {
    expect(await connect(plain, { PG_SSLMODE: mode })).toMatch(/PG_SSLMODE/);
  });
});
