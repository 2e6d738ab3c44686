import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestRegistry } from './_test-registry.ts';
import { AvroDataError } from './avro-error.ts';
import { avroReader } from './avro-reader.ts';
import { RegistryUnavailableError, UnknownSchemaError } from './registry-errors.ts';
import { SchemaRegistry } from './schema-registry.ts';

const RECORD = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] };

let registry: TestRegistry;
let nowMs = 0;
let client: SchemaRegistry;

beforeEach(async () => {
  registry = await TestRegistry.start();
  nowMs = 1_000_000;
  client = new SchemaRegistry({ urls: registry.url, now: () => nowMs });
});

afterEach(() => registry[Symbol.asyncDispose]());

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`Expected a failure, and got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

async function unavailable(promise: Promise<unknown>): Promise<RegistryUnavailableError> {
  const error = await failure(promise);
  if (error instanceof RegistryUnavailableError) return error;
  throw error;
}

describe('a known schema', () => {
  it('is asked for once, is the same object for ever, and is served while the registry is down (1)', async () => {
    registry.schema(1, RECORD);
    expect(client.cached(1)).toBeUndefined();
    const type = await client.schema(1);
    await registry[Symbol.asyncDispose]();
    expect(client.cached(1)).toBe(type);
    expect(await client.schema(1)).toBe(type);
    expect(await unavailable(client.schema(2))).toMatchObject({ code: 'registry-unavailable' });
    expect(client.cached(1)).toBe(type);
    expect(registry.paths).toEqual(['/schemas/ids/1']);
    expect(client.stats).toEqual({ hits: 3, misses: 2, negativeHits: 0, absent: 0, errors: 1 });
  });

  it('is asked for once by many at a time (2)', async () => {
    registry.schema(1, RECORD);
    let open = () => {};
    registry.gate = new Promise((resolve) => {
      open = resolve;
    });
    const lookups = Array.from({ length: 50 }, () => client.schema(1));
    open();
    const types = await Promise.all(lookups);
    expect(new Set(types).size).toBe(1);
    expect(registry.paths).toEqual(['/schemas/ids/1']);
  });

  it('is found by its GUID', async () => {
    const guid = '00112233-4455-6677-8899-aabbccddeeff';
    registry.schema(guid, 'int');
    expect(await client.schema(guid)).toMatchObject({ kind: 'int' });
    expect(registry.paths).toEqual([`/schemas/guids/${guid}`]);
  });

  it('may be the bare name of a primitive', async () => {
    registry.answers.set('/schemas/ids/1', { body: { schema: 'string' } });
    expect(await client.schema(1)).toMatchObject({ kind: 'string' });
  });
});

describe('references', () => {
  it('are followed to the end, each asked for once, and read before what needs them', async () => {
    const nested = (name: string, ...types: readonly string[]) => ({
      type: 'record',
      name,
      namespace: 'shop',
      fields: types.map((type) => ({ name: type.toLowerCase(), type })),
    });
    const reference = (name: string) => ({ name: `shop.${name}`, subject: `shop/${name}`, version: 2 });
    const path = (name: string) => `/subjects/shop%2F${name}/versions/2?deleted=true`;
    const answer = (name: string, types: readonly string[], needs: readonly string[]) => ({
      body: { schema: JSON.stringify(nested(name, ...types)), references: needs.map(reference) },
    });
    registry.answers.set('/schemas/ids/7', answer('Order', ['Address', 'Customer'], ['Customer', 'Address']));
    registry.answers.set(path('Customer'), answer('Customer', ['Address'], ['Address']));
    registry.answers.set(path('Address'), answer('Address', ['string'], []));
    const read = avroReader(await client.schema(7));
    expect(read(Buffer.from('02610262', 'hex'))).toEqual({
      address: { string: 'a' },
      customer: { address: { string: 'b' } },
    });
    expect(registry.paths).toEqual(['/schemas/ids/7', path('Customer'), path('Address')]);
  });

  it('that are missing are misses of the schema', async () => {
    registry.schema(7, RECORD, { references: [{ name: 'X', subject: 'x', version: 1 }] });
    registry.missing('/subjects/x/versions/1?deleted=true', 40402);
    expect((await unavailable(client.schema(7))).notBeforeMs).toBe(nowMs + 1000);
  });
});

describe('a missing schema', () => {
  beforeEach(() => registry.missing('/schemas/ids/9'));

  it('is not believed before 15 s of back-off, then is a data error, and is asked for again after a minute (3)', async () => {
    for (const waitMs of [1000, 2000, 4000, 8000]) {
      const { notBeforeMs } = await unavailable(client.schema(9));
      expect(notBeforeMs - nowMs).toBe(waitMs);
      nowMs = notBeforeMs - 1;
      expect((await unavailable(client.schema(9))).notBeforeMs).toBe(notBeforeMs);
      nowMs = notBeforeMs;
    }
    const unknown = await failure(client.schema(9));
    expect(unknown).toBeInstanceOf(UnknownSchemaError);
    expect(unknown).toMatchObject({ code: 'unknown-schema', schema: 9 });
    expect(registry.asked).toHaveLength(5);
    nowMs += 59_999;
    expect(await failure(client.schema(9))).toBeInstanceOf(UnknownSchemaError);
    expect(registry.asked).toHaveLength(5);
    expect(client.stats).toMatchObject({ absent: 5, negativeHits: 5, misses: 5, errors: 0 });
    nowMs += 1;
    registry.schema(9, RECORD);
    expect(await client.schema(9)).toMatchObject({ kind: 'record' });
  });

  it('that turns up in time is used', async () => {
    nowMs = (await unavailable(client.schema(9))).notBeforeMs;
    registry.schema(9, 'int');
    expect(await client.schema(9)).toMatchObject({ kind: 'int' });
  });

  it('does not hold up another', async () => {
    registry.schema(1, 'int');
    await unavailable(client.schema(9));
    expect(await client.schema(1)).toMatchObject({ kind: 'int' });
  });
});

describe('a schema that cannot be used', () => {
  it.each([
    ['another kind', { schema: '{}', schemaType: 'PROTOBUF' }, 'it is "PROTOBUF", not AVRO'],
    ['not JSON', { schema: '{' }, 'it is not JSON'],
    ['an unknown name', { schema: '"shop.Nowhere"' }, 'no such type'],
  ])('%s: a data error, asked for once (3)', async (_name, body, message) => {
    registry.answers.set('/schemas/ids/3', { body });
    for (let n = 0; n < 2; n++) {
      const error = await failure(client.schema(3));
      expect(error).toBeInstanceOf(AvroDataError);
      expect(error).toMatchObject({ code: 'invalid-schema' });
      expect(String(error)).toContain(message);
    }
    expect(registry.asked).toHaveLength(1);
  });
});

describe('a registry that is down', () => {
  it('is left alone until notBeforeMs, whatever the schema (3)', async () => {
    registry.answers.set('/schemas/ids/1', { status: 503, body: 'no' });
    registry.schema(2, 'int');
    const { notBeforeMs } = await unavailable(client.schema(1));
    expect(notBeforeMs).toBeGreaterThan(nowMs);
    expect((await unavailable(client.schema(2))).notBeforeMs).toBe(notBeforeMs);
    expect(registry.asked).toHaveLength(1);
    nowMs = notBeforeMs;
    expect(await client.schema(2)).toMatchObject({ kind: 'int' });
  });

  it('answers with something that is no schema (3)', async () => {
    registry.answers.set('/schemas/ids/1', { body: { hello: 'world' } });
    expect((await unavailable(client.schema(1))).message).toContain('has no schema');
  });
});

describe('for producers', () => {
  it('registers a schema with its references', async () => {
    registry.answers.set('/subjects/orders-value/versions', { body: { id: 12 } });
    const references = [{ name: 'X', subject: 'x', version: 1 }];
    expect(await client.register('orders-value', RECORD, references)).toBe(12);
    expect(registry.asked[0]).toMatchObject({ method: 'POST', body: { schema: JSON.stringify(RECORD), references } });
  });

  it.each([
    [409, 'incompatible-schema'],
    [42201, 'invalid-schema'],
  ])('tells why a schema is refused with %i', async (error_code, code) => {
    const status = error_code === 409 ? 409 : 422;
    registry.answers.set('/subjects/s/versions', { status, body: { error_code, message: 'field a is gone' } });
    const error = await failure(client.register('s', RECORD));
    expect(error).toBeInstanceOf(AvroDataError);
    expect(error).toMatchObject({ code });
    expect(String(error)).toContain('field a is gone');
  });

  it('checks compatibility', async () => {
    const path = '/compatibility/subjects/s/versions/latest?verbose=true';
    registry.answers.set(path, { body: { is_compatible: false, messages: ['field a is gone'] } });
    expect(await client.compatibility('s', RECORD)).toEqual({ compatible: false, messages: ['field a is gone'] });
    registry.answers.set(path, { body: { is_compatible: true } });
    expect(await client.compatibility('s', RECORD)).toEqual({ compatible: true, messages: [] });
    registry.missing(path, 40401);
    expect(await client.compatibility('s', RECORD)).toEqual({ compatible: true, messages: [] });
  });
});
