import { describe, expect, test } from 'vitest';
import { isLocalHost, readDynamoDbSettings } from './settings.ts';

describe('where', () => {
  test('without a region and an endpoint there is a clear error', () => {
    expect(() => readDynamoDbSettings({})).toThrow(/set AWS_REGION, or DYNAMODB_ENDPOINT/);
    expect(readDynamoDbSettings({ AWS_REGION: 'eu-west-1' })).toMatchObject({
      region: 'eu-west-1',
      endpoint: undefined,
    });
  });

  test.each(['ftp://x', 'nonsense', 'http://user:secret@host'])('the endpoint %s is refused', (endpoint) => {
    const read = () => readDynamoDbSettings({ DYNAMODB_ENDPOINT: endpoint });
    expect(read).toThrow(/Cannot use DYNAMODB_ENDPOINT=/);
    expect(read).not.toThrow(/secret/);
  });

  test.each(['a b', 'x'.repeat(201), 'é'])('the prefix "%s" is refused', (prefix) => {
    expect(() => readDynamoDbSettings({ AWS_REGION: 'x', TABLE_PREFIX: prefix })).toThrow(/Cannot use TABLE_PREFIX/);
  });
});

describe('tables are made, and logins made up, for local endpoints only', () => {
  test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', 'dynamodb'])('%s is local', (host) =>
    expect(isLocalHost(host)).toBe(true),
  );

  test.each(['dynamodb.eu-west-1.amazonaws.com', '10.0.0.7', '192.168.1.1', 'fe80::1', 'localhost.example.com'])(
    '%s is not',
    (host) => expect(isLocalHost(host)).toBe(false),
  );

  test.each([
    [{ DYNAMODB_ENDPOINT: 'http://dynamodb:8000' }, true, true],
    [{ DYNAMODB_ENDPOINT: 'http://dynamodb:8000', AWS_ACCESS_KEY_ID: 'x' }, true, false],
    [{ DYNAMODB_ENDPOINT: 'http://[::1]:8000', WEIR_DYNAMODB_CREATE_TABLES: 'false' }, false, true],
    [{ DYNAMODB_ENDPOINT: 'https://dynamodb.eu-west-1.amazonaws.com' }, false, false],
    [{ AWS_REGION: 'eu-west-1' }, false, false],
    [{ AWS_REGION: 'eu-west-1', WEIR_DYNAMODB_CREATE_TABLES: 'true' }, true, false],
  ])('%j', (env, createTables, useDummyCredentials) =>
    expect(readDynamoDbSettings(env)).toMatchObject({ createTables, useDummyCredentials }),
  );
});

test('items are kept for good unless there is a retention', () => {
  expect(readDynamoDbSettings({ AWS_REGION: 'x' }).retentionMs).toBeUndefined();
  const days = { AWS_REGION: 'x', WEIR_DYNAMODB_RETENTION_DAYS: '2' };
  expect(readDynamoDbSettings(days).retentionMs).toBe(2 * 86_400_000);
});
