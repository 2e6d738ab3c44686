import { describe, expect, test } from 'vitest';
import { SettingError } from '../config/environment.ts';
import { readPostgresSettings } from './settings.ts';
import { sslOption } from './tls.ts';

describe('where PostgreSQL is', () => {
  test('nothing is named: none', async () => {
    expect(await readPostgresSettings({})).toBeUndefined();
    expect(await readPostgresSettings({ PG_HOST: ' ', DATABASE_URL: '' })).toBeUndefined();
  });

  test('by settings of their own', async () => {
    const env = { PG_HOST: 'db', PG_PORT: '6000', PG_DATABASE: 'd', PG_USER: 'u', PG_PASSWORD: 'p ', PG_POOL: '9' };
    expect(await readPostgresSettings({ ...env, PG_STATEMENT_TIMEOUT_SECONDS: '2.5' })).toEqual({
      ...{ host: 'db', port: 6000, database: 'd', user: 'u', password: 'p ', pool: 9, statementTimeoutMs: 2_500 },
      ...{ sslMode: 'require', sslCa: undefined },
    });
  });

  test('by URL', async () => {
    const found = await readPostgresSettings({ DATABASE_URL: 'postgres://u:p%40@h:1234/d?sslmode=verify-full' });
    expect(found).toMatchObject({ host: 'h', port: 1234, database: 'd', user: 'u', password: 'p@' });
    expect(found).toMatchObject({ sslMode: 'verify-full', pool: 4, statementTimeoutMs: 10_000 });
  });

  test('settings of their own beat the URL, and PG_HOST all of it', async () => {
    const DATABASE_URL = 'postgres://u:p@h/d?sslmode=disable';
    const some = await readPostgresSettings({
      DATABASE_URL,
      PG_DATABASE: 'other',
      PG_PASSWORD: 'q',
      PG_SSLMODE: 'require',
    });
    expect(some).toMatchObject({ host: 'h', database: 'other', user: 'u', password: 'q', sslMode: 'require' });
    const all = await readPostgresSettings({ DATABASE_URL, PG_HOST: 'localhost', PG_USER: 'me' });
    expect(all).toMatchObject({ host: 'localhost', database: 'weir', user: 'me', password: '' });
  });
});

describe('TLS', () => {
  const modeOf = async (host: string) => (await readPostgresSettings({ PG_HOST: host, PG_USER: 'u' }))?.sslMode;

  test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1'])('%s is this machine', async (host) => {
    expect(await modeOf(host)).toBe('prefer');
  });

  test.each(['db', 'db.example.com', '10.0.0.1', 'localhost.example.com', '127.0.0.1.example.com'])(
    '%s is another one: nothing goes there in clear text unasked',
    async (host) => {
      expect(await modeOf(host)).toBe('require');
    },
  );

  test('verify-full holds the certificate against the host, require with an authority against that', async () => {
    expect(await sslOption({ sslMode: 'verify-full', sslCa: undefined, host: 'h' })).toEqual({
      ...{ rejectUnauthorized: true, host: 'h' },
    });
    expect(await sslOption({ sslMode: 'require', sslCa: undefined, host: 'h' })).toBe('require');
    expect(await sslOption({ sslMode: 'disable', sslCa: undefined, host: 'h' })).toBe(false);
  });
});

describe('what cannot be used is refused by name', () => {
  test.each([
    [{ PG_HOST: 'h' }, /PG_USER/],
    [{ PG_PORT: '5432' }, /PG_PORT without PG_HOST or DATABASE_URL/],
    [{ PG_SSL_CA: 'ca.pem' }, /PG_SSL_CA without/],
    [{ PG_HOST: 'localhost', PG_USER: 'u', PG_SSL_CA: 'ca.pem' }, /PG_SSL_CA with PG_SSLMODE="prefer"/],
    [{ PG_HOST: 'h', PG_USER: 'u', PG_SSLMODE: 'allow' }, /PG_SSLMODE="allow"/],
    [{ DATABASE_URL: 'postgres://u@h/d?sslmode=verify-ca' }, /sslmode/],
    [{ PG_HOST: 'h', PG_USER: 'u', PG_PORT: '0' }, /PG_PORT="0"/],
    [{ PG_HOST: 'h', PG_USER: 'u', PG_POOL: '0' }, /PG_POOL="0"/],
    [{ PG_HOST: 'h', PG_USER: 'u', PG_POOL: '1.5' }, /PG_POOL="1.5"/],
    [{ PG_HOST: 'h', PG_USER: 'u', PG_STATEMENT_TIMEOUT_SECONDS: '0' }, /PG_STATEMENT_TIMEOUT_SECONDS="0"/],
    [{ PG_HOST: 'h', PG_USER: 'u', PG_PASSWORD: 'a', PG_PASSWORD_FILE: 'b' }, /PG_PASSWORD_FILE/],
    [{ DATABASE_URL: 'http://u:secret@h/d' }, /DATABASE_URL/],
  ])('%j', async (env, message) => {
    const refused = await readPostgresSettings(env).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(SettingError);
    expect(String(refused)).toMatch(message);
    expect(String(refused)).not.toContain('secret');
  });

  test('an authority that is no file', async () => {
    await expect(sslOption({ sslMode: 'require', sslCa: 'no/such.pem', host: 'h' })).rejects.toThrow(
      /PG_SSL_CA="no\/such.pem"/,
    );
  });
});
