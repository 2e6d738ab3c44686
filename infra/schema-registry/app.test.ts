import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, avro, row, testRegistry } from './_test-registry.ts';

let ask: Ask;
beforeEach(async () => {
  ask = await testRegistry();
});

const ONE = avro(row('a:int'));
const TWO = avro(row('a:int', 'b:int=0'));
const THREE = avro(row('a:int', 'b:int=0', 'c:int=0'));
const BAD = avro(row('a:string'));

async function body(method: string, path: string, sent?: unknown): Promise<unknown> {
  const reply = await ask(method, path, sent);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body;
}

async function code(method: string, path: string, sent?: unknown): Promise<number[]> {
  const { status, body } = await ask(method, path, sent);
  if (typeof body !== 'object' || body === null || !('error_code' in body)) throw new Error(JSON.stringify(body));
  return [status, Number(body.error_code)];
}

describe('registering', () => {
  it('gives ids that are the same everywhere, and versions of each subject', async () => {
    expect(await body('POST', '/subjects/x-value/versions', ONE)).toEqual({ id: 1 });
    expect(await body('POST', '/subjects/x-value/versions', ONE)).toEqual({ id: 1 });
    expect(await body('POST', '/subjects/y-value/versions', TWO)).toEqual({ id: 2 });
    expect(await body('POST', '/subjects/x-value/versions', TWO)).toEqual({ id: 2 });
    expect(await body('GET', '/subjects')).toEqual(['x-value', 'y-value']);
    expect(await body('GET', '/subjects?subjectPrefix=y')).toEqual(['y-value']);
    expect(await body('GET', '/subjects/x-value/versions')).toEqual([1, 2]);
    const latest = { subject: 'x-value', version: 2, id: 2, schema: TWO.schema };
    for (const name of ['latest', '-1', '2'])
      expect(await body('GET', `/subjects/x-value/versions/${name}`)).toEqual(latest);
    expect(await body('GET', '/subjects/x-value/versions/1/schema')).toEqual(row('a:int'));
    expect(await body('GET', '/schemas/ids/1')).toEqual({ schema: ONE.schema });
    expect(await body('GET', '/schemas/ids/1/schema')).toEqual(row('a:int'));
    expect(await body('GET', '/schemas/ids/2/versions')).toEqual([
      { subject: 'x-value', version: 2 },
      { subject: 'y-value', version: 1 },
    ]);
    expect(await body('GET', '/schemas/ids/2/subjects')).toEqual(['x-value', 'y-value']);
  });

  it('sees through spaces and the order of attributes, but not through docs', async () => {
    await body('POST', '/subjects/x/versions', { schema: '"string"' });
    expect(await body('POST', '/subjects/x/versions', { schema: ' {"type" : "string"} ' })).toEqual({ id: 1 });
    await body('POST', '/subjects/y/versions', avro({ ...row('a:int'), doc: 'first' }));
    expect(await body('POST', '/subjects/y/versions', avro({ ...row('a:int'), doc: 'second' }))).toEqual({ id: 3 });
  });

  it('normalized, takes schemas for one that differ in the order of other attributes', async () => {
    const [one, other] = [
      { type: 'int', x: 1, y: 2 },
      { y: 2, type: 'int', x: 1 },
    ];
    await body('POST', '/subjects/x/versions', avro(one));
    expect(await body('POST', '/subjects/x?normalize=true', avro(other))).toMatchObject({ id: 1 });
    expect(await code('POST', '/subjects/x', avro(other))).toEqual([404, 40403]);
    expect(await body('POST', '/subjects/x/versions?normalize=true', avro(other))).toEqual({ id: 1 });
    expect(await body('POST', '/subjects/x/versions', avro(other))).toEqual({ id: 2 });
  });

  it('looks up what is registered under a subject', async () => {
    expect(await code('POST', '/subjects/x', ONE)).toEqual([404, 40401]);
    await body('POST', '/subjects/x/versions', ONE);
    expect(await code('POST', '/subjects/x', TWO)).toEqual([404, 40403]);
    expect(await body('POST', '/subjects/x', ONE)).toEqual({ subject: 'x', version: 1, id: 1, schema: ONE.schema });
  });

  it('takes a subject of any printable characters', async () => {
    const subject = 'a/b c.ü%';
    await body('POST', `/subjects/${encodeURIComponent(subject)}/versions`, ONE);
    expect(await body('GET', '/subjects')).toEqual([subject]);
    expect(await code('POST', '/subjects/a%0Ab/versions', ONE)).toEqual([422, 42208]);
  });

  it('answers in the content type of the API', async () => {
    for (const path of ['/', '/schemas/types', '/nothing', '/schemas/ids/9'])
      expect((await ask('GET', path)).type).toBe('application/vnd.schemaregistry.v1+json');
    expect(await body('GET', '/')).toEqual({});
    expect(await body('GET', '/schemas/types')).toEqual(['AVRO']);
    expect(await body('GET', '/mode')).toEqual({ mode: 'READWRITE' });
  });
});

describe('refusing', () => {
  it.each<[string, string, unknown, number[]]>([
    ['GET', '/subjects/none/versions', undefined, [404, 40401]],
    ['GET', '/subjects/none/versions/1', undefined, [404, 40401]],
    ['GET', '/subjects/x/versions/9', undefined, [404, 40402]],
    ['GET', '/subjects/x/versions/9/referencedby', undefined, [404, 40402]],
    ['GET', '/subjects/x/versions/0', undefined, [422, 42202]],
    ['GET', '/subjects/x/versions/two', undefined, [422, 42202]],
    ['GET', '/schemas/ids/9', undefined, [404, 40403]],
    ['GET', '/schemas/ids/9/versions', undefined, [404, 40403]],
    ['GET', '/schemas/ids/nine', undefined, [404, 404]],
    ['GET', '/nothing', undefined, [404, 404]],
    ['POST', '/subjects/x/versions', { schema: '{"type":"what"}' }, [422, 42201]],
    ['POST', '/subjects/x/versions', { schema: '' }, [422, 42201]],
    ['POST', '/subjects/x/versions', {}, [422, 42201]],
    ['POST', '/subjects/x/versions', { schema: '{}', schemaType: 'JSON' }, [422, 42201]],
    ['POST', '/subjects/x/versions', { schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' }, [422, 42201]],
    ['POST', '/subjects/y/versions', avro(row('a:int="x"')), [422, 42201]],
    ['POST', '/subjects/x/versions', { ...ONE, id: 7 }, [422, 42205]],
    ['POST', '/subjects/x/versions', { ...ONE, ruleSet: {} }, [422, 42205]],
    ['POST', '/subjects/x/versions', '{', [422, 422]],
    ['POST', '/subjects/x/versions', { schema: 7 }, [422, 422]],
    ['POST', '/subjects/x/versions', BAD, [409, 409]],
    ['PUT', '/config', { compatibility: 'SIDEWAYS' }, [422, 42203]],
    ['PUT', '/config', { compatibility: 'FULL', alias: 'x' }, [422, 42205]],
    ['GET', '/config/x', undefined, [404, 40408]],
    ['DELETE', '/config/x', undefined, [404, 40401]],
    ['GET', '/mode/x', undefined, [404, 40409]],
    ['DELETE', '/subjects/none', undefined, [404, 40401]],
    ['DELETE', '/subjects/x/versions/9', undefined, [404, 40402]],
    ['POST', '/compatibility/subjects/x/versions/9', ONE, [404, 40402]],
  ])('%s %s %j', async (method, path, sent, expected) => {
    await body('POST', '/subjects/x/versions', ONE);
    expect(await code(method, path, sent)).toEqual(expected);
  });

  it('says what is wrong with a schema that may not follow', async () => {
    await body('POST', '/subjects/x/versions', ONE);
    expect((await ask('POST', '/subjects/x/versions', BAD)).body).toMatchObject({
      message: expect.stringContaining("{errorType:'TYPE_MISMATCH', description:\"the new schema cannot read"),
    });
  });

  it('a body of a content type that a page in a browser may send, or that is too large', async () => {
    expect((await ask('POST', '/subjects/x/versions', ONE, 'text/plain')).status).toBe(415);
    expect((await ask('POST', '/subjects/x/versions', ONE, 'application/json; charset=utf-8')).status).toBe(200);
    const large = avro({ type: 'string', doc: 'x'.repeat(1024 * 1024) });
    expect(await code('POST', '/subjects/x/versions', large)).toEqual([422, 42209]);
  });
});

describe('deleting', () => {
  beforeEach(async () => {
    for (const schema of [ONE, TWO]) await body('POST', '/subjects/x/versions', schema);
  });

  it('a version: softly first, then for good', async () => {
    expect(await code('DELETE', '/subjects/x/versions/1?permanent=true')).toEqual([404, 40407]);
    expect(await body('DELETE', '/subjects/x/versions/1')).toBe(1);
    expect(await code('DELETE', '/subjects/x/versions/1')).toEqual([404, 40406]);
    expect(await body('GET', '/subjects/x/versions')).toEqual([2]);
    expect(await body('GET', '/subjects/x/versions?deleted=true')).toEqual([1, 2]);
    expect(await body('GET', '/subjects/x/versions?deletedOnly=true')).toEqual([1]);
    expect(await code('GET', '/subjects/x/versions/1')).toEqual([404, 40402]);
    expect(await body('GET', '/subjects/x/versions/1?deleted=true')).toMatchObject({ id: 1 });
    expect(await body('GET', '/schemas/ids/1')).toEqual({ schema: ONE.schema });
    expect(await body('DELETE', '/subjects/x/versions/1?permanent=true')).toBe(1);
    expect(await code('GET', '/subjects/x/versions/1?deleted=true')).toEqual([404, 40402]);
    expect(await code('GET', '/schemas/ids/1')).toEqual([404, 40403]);
  });

  it('the latest version', async () => {
    expect(await body('DELETE', '/subjects/x/versions/latest')).toBe(2);
    expect(await body('GET', '/subjects/x/versions/latest')).toMatchObject({ version: 1 });
  });

  it('a subject: softly first, then for good; its ids are never given again', async () => {
    await body('PUT', '/config/x', { compatibility: 'NONE' });
    expect(await code('DELETE', '/subjects/x?permanent=true')).toEqual([404, 40405]);
    expect(await body('DELETE', '/subjects/x')).toEqual([1, 2]);
    expect(await code('DELETE', '/subjects/x')).toEqual([404, 40404]);
    expect(await code('GET', '/config/x')).toEqual([404, 40408]);
    expect(await body('GET', '/subjects')).toEqual([]);
    expect(await body('GET', '/subjects?deleted=true')).toEqual(['x']);
    expect(await code('GET', '/subjects/x/versions/latest')).toEqual([404, 40401]);
    expect(await code('POST', '/subjects/x', ONE)).toEqual([404, 40401]);
    expect(await body('DELETE', '/subjects/x?permanent=true')).toEqual([1, 2]);
    expect(await body('GET', '/subjects?deleted=true')).toEqual([]);
    expect(await body('POST', '/subjects/x/versions', BAD)).toEqual({ id: 3 });
    expect(await body('POST', '/subjects/y/versions', ONE)).toEqual({ id: 4 });
    expect(await body('GET', '/subjects/x/versions')).toEqual([1]);
  });

  it('what was deleted softly comes back with its id, as a new version, and is not held against a new schema', async () => {
    await body('DELETE', '/subjects/x');
    expect(await body('POST', '/subjects/x/versions', BAD)).toEqual({ id: 3 });
    await body('DELETE', '/subjects/x');
    expect(await body('POST', '/subjects/x/versions', ONE)).toEqual({ id: 1 });
    expect(await body('GET', '/subjects/x/versions?deleted=true')).toEqual([1, 2, 3, 4]);
  });
});

describe('references', () => {
  const id = { type: 'fixed', name: 'shop.Id', size: 16 };
  const order = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'id', type: 'shop.Id' }] };
  const references = [{ name: 'shop.Id', subject: 'id', version: 1 }];

  it('bring the types of other subjects, and theirs', async () => {
    await body('POST', '/subjects/id/versions', avro(id));
    expect(await body('POST', '/subjects/order/versions', avro(order, { references }))).toEqual({ id: 2 });
    const list = { type: 'array', items: 'shop.Order', default: [] };
    const further = { references: [{ name: 'shop.Order', subject: 'order', version: 1 }] };
    expect(await body('POST', '/subjects/list/versions', avro(list, further))).toEqual({ id: 3 });
    expect(await body('GET', '/schemas/ids/2')).toEqual({
      schema: '{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"Id"}]}',
      references,
    });
    expect(await body('GET', '/subjects/order/versions/1')).toMatchObject({ references });
    expect(await body('GET', '/subjects/id/versions/1/referencedby')).toEqual([2]);
    expect(await body('POST', '/subjects/order', avro(order, { references }))).toMatchObject({ id: 2 });
  });

  it('must be there, and keep what they refer to from being deleted', async () => {
    expect(await code('POST', '/subjects/order/versions', avro(order, { references }))).toEqual([422, 42201]);
    await body('POST', '/subjects/id/versions', avro(id));
    await body('POST', '/subjects/order/versions', avro(order, { references }));
    expect(await code('DELETE', '/subjects/id')).toEqual([422, 42206]);
    expect(await code('DELETE', '/subjects/id/versions/1')).toEqual([422, 42206]);
    await body('DELETE', '/subjects/order');
    await body('DELETE', '/subjects/id');
    expect(await code('DELETE', '/subjects/id?permanent=true')).toEqual([422, 42206]); // a soft one could still be read
    await body('DELETE', '/subjects/order?permanent=true');
    expect(await body('DELETE', '/subjects/id?permanent=true')).toEqual([1]);
  });

  it('may not be to what was deleted softly, unless they were there before', async () => {
    await body('POST', '/subjects/id/versions', avro(id));
    await body('POST', '/subjects/order/versions', avro(order, { references }));
    await body('DELETE', '/subjects/order');
    await body('DELETE', '/subjects/id');
    expect(await code('POST', '/subjects/order/versions', avro(order, { references }))).toEqual([422, 42201]);
    expect(await body('GET', '/schemas/ids/2')).toMatchObject({ references });
  });

  it('count in compatibility', async () => {
    await body('POST', '/subjects/id/versions', avro(id));
    await body('POST', '/subjects/order/versions', avro(order, { references }));
    await body('PUT', '/config/id', { compatibility: 'NONE' });
    await body('POST', '/subjects/id/versions', avro({ ...id, size: 8 }));
    const other = [{ name: 'shop.Id', subject: 'id', version: 2 }];
    expect(await code('POST', '/subjects/order/versions', avro(order, { references: other }))).toEqual([409, 409]);
  });
});

describe('compatibility', () => {
  const check = async (sent: unknown, at: string) => body('POST', `/compatibility/subjects/x/versions${at}`, sent);

  it('is BACKWARD until told otherwise, for all or for one subject', async () => {
    expect(await body('GET', '/config')).toEqual({ compatibilityLevel: 'BACKWARD' });
    expect(await body('PUT', '/config', { compatibility: 'full' })).toEqual({ compatibility: 'FULL' });
    expect(await body('GET', '/config/x?defaultToGlobal=true')).toEqual({ compatibilityLevel: 'FULL' });
    expect(await body('PUT', '/config/x', { compatibility: 'NONE' })).toEqual({ compatibility: 'NONE' });
    expect(await body('GET', '/config/x')).toEqual({ compatibilityLevel: 'NONE' });
    expect(await body('DELETE', '/config/x')).toEqual({ compatibilityLevel: 'NONE' });
    expect(await body('DELETE', '/config')).toEqual({ compatibilityLevel: 'FULL' });
    expect(await body('GET', '/config')).toEqual({ compatibilityLevel: 'BACKWARD' });
  });

  it('of a subject nobody knows is given, except with a certain version', async () => {
    expect(await check(ONE, '/latest')).toEqual({ is_compatible: true });
    expect(await check(ONE, '')).toEqual({ is_compatible: true });
    expect(await code('POST', '/compatibility/subjects/x/versions/1', ONE)).toEqual([404, 40401]);
  });

  it('verbose, says why not', async () => {
    await body('POST', '/subjects/x/versions', ONE);
    expect(await check(TWO, '/latest?verbose=true')).toEqual({ is_compatible: true, messages: [] });
    expect(await check(BAD, '/1?verbose=true')).toEqual({
      is_compatible: false,
      messages: [
        "{errorType:'TYPE_MISMATCH', description:\"the new schema cannot read what the old one writes at path '/fields/0/type'\", additionalInfo:'reader type: string not compatible with writer type: int'}",
        '{oldSchemaVersion: 1}',
        "{compatibility: 'BACKWARD'}",
      ],
    });
  });

  // Versions 1: {a}, 2: {a, b=0}. What may follow as version 3?
  const WITHOUT_A = avro(row('b:int=0'));
  const WITH_C = avro(row('a:int', 'b:int=0', 'c:int'));
  const B_NEEDED = avro(row('a:int', 'b:int'));
  const A_LONG = avro(row('a:long', 'b:int=0'));
  const ONLY_A = avro(row('a:int'));
  it.each<[string, unknown, boolean, unknown]>([
    ['BACKWARD', THREE, true, 'a field with a default is added'],
    ['BACKWARD', WITHOUT_A, true, 'a field is taken away'],
    ['BACKWARD', WITH_C, false, 'a field without default is added'],
    ['BACKWARD', B_NEEDED, true, 'version 2 always writes b'],
    ['BACKWARD', A_LONG, true, 'int can be read as long'],
    ['BACKWARD_TRANSITIVE', B_NEEDED, false, 'version 1 never writes b'],
    ['BACKWARD_TRANSITIVE', THREE, true, 'all fields that are new have defaults'],
    ['FORWARD', WITH_C, true, 'version 2 reads past c'],
    ['FORWARD', WITHOUT_A, false, 'version 2 needs a'],
    ['FORWARD', A_LONG, false, 'version 2 cannot read a long as int'],
    ['FORWARD', ONLY_A, true, 'version 2 has a default for b'],
    ['FORWARD_TRANSITIVE', WITH_C, true, 'version 1 reads past b and c'],
    ['FULL', WITH_C, false, 'c has no default'],
    ['FULL', WITHOUT_A, false, 'version 2 needs a'],
    ['FULL', B_NEEDED, true, 'version 2 and this read each other'],
    ['FULL_TRANSITIVE', B_NEEDED, false, 'this cannot read version 1'],
    ['FULL_TRANSITIVE', THREE, true, 'defaults all around'],
    ['NONE', BAD, true, 'anything goes'],
  ])('%s: %j is compatible: %s, for %s', async (level, schema, compatible) => {
    await body('PUT', '/config/x', { compatibility: 'NONE' });
    for (const earlier of [ONE, TWO]) await body('POST', '/subjects/x/versions', earlier);
    await body('PUT', '/config/x', { compatibility: level });
    expect(await check(schema, '')).toEqual({ is_compatible: compatible });
    expect((await ask('POST', '/subjects/x/versions', schema)).status).toBe(compatible ? 200 : 409);
  });
});
