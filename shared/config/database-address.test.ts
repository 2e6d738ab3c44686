import { describe, expect, it } from 'vitest';
import { databaseSetting, databaseUrl, parseDatabaseUrl, passwordOf } from './database-address.ts';

const address = { host: '127.0.0.1', port: 5432, database: 'shop', user: 'weir' };

describe('a database URL', () => {
  it('is read with its escapes, and with defaults for what it leaves out', () => {
    expect(parseDatabaseUrl('postgresql://u%40x:p%3Aw@db.local:6000/my%20shop?sslmode=require')).toEqual({
      host: 'db.local',
      port: 6000,
      database: 'my shop',
      user: 'u@x',
      password: 'p:w',
      sslMode: 'require',
    });
    expect(parseDatabaseUrl('postgres://u@[::1]')).toMatchObject({
      host: '::1',
      port: 5432,
      database: 'u',
      password: '',
    });
  });

  it('is written without the password, and read back the same', () => {
    const given = { ...address, user: 'u@x', database: 'a b', sslMode: 'require' };
    const url = databaseUrl(given);
    expect(url).toBe('postgres://u%40x@127.0.0.1:5432/a%20b?sslmode=require');
    expect(parseDatabaseUrl(url)).toEqual({ ...given, password: '' });
  });

  it.each(['mysql://u:secret@h/d', 'postgres:secret', 'secret'])('is refused without a word of it: %s', (url) => {
    const refuse = () => parseDatabaseUrl(url, 'WEIR_X');
    expect(refuse).toThrow('Cannot use WEIR_X: expected postgres://');
    expect(refuse).not.toThrow('secret');
  });
});

describe("libpq's password file", () => {
  it('gives the first line that matches, `*` for any, backslashes before colons', () => {
    const file = '# x\nother:5432:shop:weir:no\n127.0.0.1:1:*:*:no\n*:*:*:weir:p\\:w\n*:*:*:*:late\n';
    expect(passwordOf(file, address)).toBe('p:w');
    expect(passwordOf(file, { ...address, user: 'x' })).toBe('late');
    expect(passwordOf('127.0.0.1:5432:shop:else:no', address)).toBeUndefined();
  });
});

it('is absent when the setting is', async () => {
  expect(await databaseSetting({ DATABASE_URL: 'postgres://u@h/d' }, 'WEIR_DEMO_DATABASE_URL')).toBeUndefined();
  expect(await databaseSetting({ X: 'postgres://u:pw@h/d', PGPASSFILE: 'nowhere' }, 'X')).toMatchObject({
    password: 'pw',
  });
});
