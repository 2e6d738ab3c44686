/** Defaults, and every contradiction by its words. Invariants: see kafka-settings.ts and secret.ts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Environment } from './environment.ts';
import { readKafkaSettings } from './kafka-settings.ts';
import { readSecret, secretSetting } from './secret.ts';

const REMOTE = { KAFKA_BOOTSTRAP_SERVERS: 'a.example:9092,b.example:9092' };
const USER = { KAFKA_USERNAME: 'ada', KAFKA_PASSWORD: 's3cret' };
const OAUTH = {
  KAFKA_OAUTH_TOKEN_URL: 'https://idp.example/token',
  KAFKA_OAUTH_CLIENT_ID: 'weir',
  KAFKA_OAUTH_CLIENT_SECRET: 's3cret',
};
const password = { kind: 'text', secret: 's3cret' };
const tls = { ca: undefined, client: undefined, verify: true };

describe('defaults', () => {
  it('a broker on this machine, without TLS and login', () => {
    expect(readKafkaSettings({})).toEqual({ brokers: ['127.0.0.1:9092'], tls: undefined, login: undefined });
  });

  it('a user logs in by PLAIN, over TLS to another machine', () => {
    expect(readKafkaSettings({ ...REMOTE, ...USER })).toEqual({
      brokers: ['a.example:9092', 'b.example:9092'],
      tls,
      login: { mechanism: 'plain', username: 'ada', password },
    });
  });

  it.each(['127.0.0.1:9092', 'localhost:9092', '127.0.0.1:1,localhost:2'])('and without TLS to %s', (brokers) => {
    expect(readKafkaSettings({ KAFKA_BOOTSTRAP_SERVERS: brokers, ...USER }).tls).toBeUndefined();
  });

  it.each(['127.0.0.1:9092,b.example:9092', '127.evil.example:9092', 'localhost.example:1'])(
    '%s is not this machine',
    (brokers) => {
      expect(readKafkaSettings({ KAFKA_BOOTSTRAP_SERVERS: brokers, ...USER }).tls).toEqual(tls);
    },
  );

  it('a CA asks for TLS, with and without a user', () => {
    expect(readKafkaSettings({ KAFKA_SSL_CA: 'ca.pem' }).tls).toEqual({ ...tls, ca: 'ca.pem' });
    expect(readKafkaSettings({ KAFKA_SSL_CA: 'ca.pem', ...USER }).tls).toEqual({ ...tls, ca: 'ca.pem' });
  });

  it('an OAuth client needs no mechanism named', () => {
    expect(readKafkaSettings({ ...REMOTE, ...OAUTH, KAFKA_OAUTH_SCOPE: 'kafka' }).login).toEqual({
      mechanism: 'oauthbearer',
      tokenUrl: 'https://idp.example/token',
      clientId: 'weir',
      clientSecret: password,
      scope: 'kafka',
    });
  });
});

describe('what is asked for', () => {
  it.each(['SCRAM-SHA-512', 'scram-sha-512'])('mechanism %s, in any case', (mechanism) => {
    const { login } = readKafkaSettings({ ...USER, KAFKA_SASL_MECHANISM: mechanism });
    expect(login).toEqual({ mechanism: 'scram-sha-512', username: 'ada', password });
  });

  it('clear text to another machine, when it is asked for by name (1)', () => {
    expect(readKafkaSettings({ ...REMOTE, ...USER, KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' }).tls).toBeUndefined();
  });

  it('a certificate of our own', () => {
    const files = { KAFKA_SSL_CERT: 'c.pem', KAFKA_SSL_KEY: 'k.pem', KAFKA_SSL_KEY_PASSWORD: 's3cret' };
    const client = { cert: 'c.pem', key: 'k.pem', keyPassword: password };
    expect(readKafkaSettings({ ...REMOTE, ...files }).tls).toEqual({ ...tls, client });
  });

  it('no verification', () => {
    expect(readKafkaSettings({ KAFKA_SSL_VERIFY: 'false' }).tls).toEqual({ ...tls, verify: false });
  });
});

describe('contradictions (2)', () => {
  const cases: readonly (readonly [Environment, string])[] = [
    [{ KAFKA_BOOTSTRAP_SERVERS: 'broker' }, '"broker" is not host:port'],
    [{ KAFKA_BOOTSTRAP_SERVERS: 'a:1,SASL_SSL://b:9092' }, '"SASL_SSL://b:9092" is not host:port'],
    [{ KAFKA_BOOTSTRAP_SERVERS: 'a:1,' }, '"" is not host:port'],
    [{ KAFKA_USERNAME: 'ada' }, 'without KAFKA_PASSWORD or KAFKA_PASSWORD_FILE'],
    [{ KAFKA_PASSWORD: 's3cret' }, 'without KAFKA_USERNAME'],
    [{ ...USER, KAFKA_PASSWORD_FILE: '/p' }, 'KAFKA_PASSWORD and KAFKA_PASSWORD_FILE together'],
    [{ ...USER, ...OAUTH }, 'by KAFKA_USERNAME and KAFKA_OAUTH_TOKEN_URL both'],
    [{ ...USER, KAFKA_SASL_MECHANISM: 'gssapi' }, 'expected one of plain, scram-sha-256, scram-sha-512, oauthbearer'],
    [{ ...USER, KAFKA_SASL_MECHANISM: 'oauthbearer' }, 'KAFKA_USERNAME with KAFKA_SASL_MECHANISM="oauthbearer"'],
    [{ ...OAUTH, KAFKA_SASL_MECHANISM: 'plain' }, 'KAFKA_OAUTH_TOKEN_URL with KAFKA_SASL_MECHANISM="plain"'],
    [{ KAFKA_SASL_MECHANISM: 'plain' }, 'Cannot use "plain" without a login'],
    [{ KAFKA_OAUTH_SCOPE: 'x' }, 'without KAFKA_OAUTH_TOKEN_URL'],
    [{ ...OAUTH, KAFKA_OAUTH_CLIENT_ID: '' }, 'without KAFKA_OAUTH_CLIENT_ID'],
    [
      { ...OAUTH, KAFKA_OAUTH_CLIENT_SECRET: '' },
      'without KAFKA_OAUTH_CLIENT_SECRET or KAFKA_OAUTH_CLIENT_SECRET_FILE',
    ],
    [{ ...OAUTH, KAFKA_OAUTH_TOKEN_URL: 'http://idp.example/t' }, 'to "idp.example" in clear text'],
    [{ ...OAUTH, KAFKA_OAUTH_TOKEN_URL: 'https://u:s3cret@idp.example' }, 'without a user and a password'],
    [{ ...OAUTH, KAFKA_OAUTH_TOKEN_URL: 'idp.example/token' }, 'expected an https URL'],
    [{ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, 'Cannot use "SASL_SSL" without a login'],
    [{ ...USER, KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT' }, 'Cannot log in with KAFKA_SECURITY_PROTOCOL="PLAINTEXT"'],
    [{ ...USER, KAFKA_SECURITY_PROTOCOL: 'SSL' }, 'use SASL_SSL, or unset KAFKA_USERNAME'],
    [
      { KAFKA_SSL_CA: 'c', KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT' },
      'KAFKA_SSL_CA with KAFKA_SECURITY_PROTOCOL="PLAINTEXT"',
    ],
    [{ KAFKA_SSL_CA: 'c', KAFKA_SSL_VERIFY: 'false' }, 'KAFKA_SSL_CA with KAFKA_SSL_VERIFY="false"'],
    [{ KAFKA_SSL_VERIFY: 'no' }, 'Cannot use KAFKA_SSL_VERIFY="no"'],
    [{ KAFKA_SSL_KEY: 'k' }, 'without KAFKA_SSL_CERT'],
    [{ KAFKA_SSL_CERT: 'c' }, 'without KAFKA_SSL_KEY'],
    [{ KAFKA_SSL_KEY_PASSWORD_FILE: 'p' }, 'without KAFKA_SSL_CERT'],
  ];

  it.each(cases)('%j', (env, message) => {
    expect(() => readKafkaSettings(env)).toThrow(message);
    expect(thrownBy(() => readKafkaSettings(env))).not.toContain('s3cret');
  });

  it('of a token URL in clear text is none on this machine, or where clear text is asked for', () => {
    const local = { ...OAUTH, KAFKA_OAUTH_TOKEN_URL: 'http://127.0.0.1:8080/token' };
    expect(readKafkaSettings(local).login).toMatchObject({ mechanism: 'oauthbearer' });
    const trusted = { ...OAUTH, KAFKA_OAUTH_TOKEN_URL: 'http://idp/t', KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' };
    expect(readKafkaSettings(trusted).login).toMatchObject({ mechanism: 'oauthbearer' });
  });
});

describe('a secret', () => {
  it('keeps its blanks', async () => {
    const secret = secretSetting({ P: ' a b ' }, 'P');
    expect(secret && (await readSecret(secret))).toBe(' a b ');
  });

  it.each([
    ['s3cret\n', 's3cret'],
    [' s3cret \r\n', ' s3cret '],
    ['s3cret', 's3cret'],
    ['two\n\n', 'two\n'],
  ])('in a file %j is %j', async (content, secret) => {
    await inFile(content, async (path) => {
      const from = secretSetting({ P_FILE: path }, 'P');
      expect(from && (await readSecret(from))).toBe(secret);
    });
  });

  it('in an empty or missing file is an error that names the setting', async () => {
    await inFile('\n', async (path) => {
      await expect(readSecret({ kind: 'file', path, setting: 'P_FILE' })).rejects.toThrow('the file is empty');
      const absent = readSecret({ kind: 'file', path: `${path}.not`, setting: 'P_FILE' });
      await expect(absent).rejects.toThrow(`Cannot read P_FILE="${path}.not" (ENOENT)`);
    });
  });
});

function thrownBy(action: () => unknown): string {
  try {
    action();
    return 'nothing';
  } catch (error) {
    return String(error);
  }
}

async function inFile(content: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-secret-'));
  try {
    await writeFile(join(folder, 'secret'), content);
    await use(join(folder, 'secret'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
