import { describe, expect, it } from 'vitest';
import { captureConfig, secretsConfig, workerConfig } from './connect-config.ts';
import { reasonOf } from './connect-tasks.ts';
import { accountOf } from './postgres-account.ts';

const worker = { port: 8083, brokers: 'h:9092', offsetsFile: '/d/offsets', schemas: false, secretsFile: '/d/s' };
const capture = {
  database: { host: 'db', port: 5433, database: 'shop', user: 'weir', password: 'never-shown' },
  topicPrefix: 'dbserver1',
  tables: ['public.orders', 'public.products'],
  decimals: 'string',
  slot: 'weir_cdc',
  partitions: 4,
} as const;

describe('configuration of Kafka Connect', () => {
  it('has REST on loopback only, and may read the password from one file only', () => {
    const text = workerConfig(worker);
    expect(text).toContain('listeners=http://127.0.0.1:8083\n');
    expect(text).toContain('config.providers.file.param.allowed.paths=/d/s\n');
    expect(text).toContain('value.converter.schemas.enable=false\n');
    expect(workerConfig({ ...worker, schemas: true })).toContain('value.converter.schemas.enable=true\n');
  });

  it('of the connector names the file of the password, not the password', () => {
    const text = captureConfig(capture, '/d/s');
    expect(text).toContain(`database.password=\${file:/d/s:password}\n`);
    expect(text).not.toContain('never-shown');
    expect(text).toContain('table.include.list=public\\\\.orders,public\\\\.products\n');
    expect(text).toContain('decimal.handling.mode=string\n');
    expect(text).toContain('database.sslmode=prefer\n');
  });

  it('escapes what java.util.Properties would read otherwise', () => {
    expect(secretsConfig(' a\\b=ü\n')).toBe('password=\\ a\\\\b=\\u00fc\\u000a\n');
  });
});

it('the reason of a failed connector is the last cause of its trace', () => {
  expect(reasonOf('A: first\n\tat x\nCaused by: B: second\n\tat y\nCaused by: C: slot in use\n\tat z')).toBe(
    'C: slot in use',
  );
  expect(reasonOf('A: alone\n\tat x')).toBe('A: alone');
  expect(reasonOf('')).toBe('');
});

it('PostgreSQL runs as an account of the machine that is not root', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\npostgres:x:101:104:,,,:/v:/bin/bash\nsuper:x:0:0::/:/bin/sh\n';
  expect(accountOf(passwd, 'postgres')).toEqual({ name: 'postgres', uid: 101, gid: 104 });
  expect(accountOf(passwd, 'nobody')).toBeUndefined();
  expect(accountOf(passwd, 'super')).toBeUndefined();
});
