/**
 * Hostile ids, wherever the document takes one: in the path, in the query, in headers. Each finds what has this id, or
 * nothing: never something else, never a fault, and NATS is asked of no other subject than for a tame one.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeId } from '../../../shared/events/id.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { type Fixture, NOON } from '../_fixture.ts';
import { fillSegments } from '../_segments.ts';
import { putAlert, putRegionAlert } from '../_services.ts';
import { judge } from './_answer.ts';
import { addressOf, type OpenApi, type Operation, operationsOf, rawAddressOf, requestOf } from './_document.ts';
import { BROKEN_PIECES, HOSTILE_IDS, TOO_LONG_IDS, VANISHING_PIECES } from './_hostile.ts';
import { hasFreeIds, isAllOf, nameOfId, owners, PUT_OWN, putOwn } from './_owned.ts';
import { type Asked, recordingLog } from './_recording.ts';
import { isId } from './_values.ts';
import { documentOf, openFilled } from './_worlds.ts';

const resources = new AsyncDisposableStack();
let asked: Asked[] = [];
let fixture: Fixture;
let document: OpenApi;
/** Those with an id in their path. */
let operations: readonly Operation[];

beforeAll(async () => {
  const log = recordingLog(new MemoryLog().client(), (one) => asked.push(one));
  fixture = resources.use(await openFilled(log));
  document = await documentOf(fixture.get);
  operations = operationsOf(document).filter(({ path }) => path.includes('{'));
});
afterAll(() => resources.disposeAsync());

const withId = (operation: Operation, id: string) => addressOf(operation, { [nameOfId(operation)]: id });

async function ask(operation: Operation, address: string, headers: Record<string, string> = {}) {
  const request = requestOf(operation);
  asked = [];
  const response = await fixture.get(address, { ...request, headers: { ...request.headers, ...headers } });
  const { faults, body } = await judge(operation, response, document.components.schemas);
  return { response, body, faults, asked };
}

/** With the id and its partition taken out: what was asked of NATS, but for whom. */
function shapes(calls: readonly Asked[], id: string): Set<string> {
  return new Set(
    calls.map(({ call, stream, subject }) => {
      const tokens = subject
        .split('.')
        .map((token) => (token === encodeId(id) ? 'ID' : token.replace(/^p\d\d$/, 'PARTITION')));
      return `${call} ${stream} ${tokens.join('.').replace(/\d{8}T\d{6}Z$/, 'TIME')}`;
    }),
  );
}

describe('a hostile id in the path', () => {
  it('finds nothing where nothing has it', async () => {
    const wrong: string[] = [];
    for (const operation of operations)
      for (const id of HOSTILE_IDS) {
        await fillSegments(fixture);
        const { response, body, faults } = await ask(operation, withId(operation, id));
        const isNew = operation.method === 'PUT' && /^[\w-]{1,64}$/.test(id) && response.status === 201;
        if (isNew ? Object(body).id !== id : ![400, 404].includes(response.status))
          wrong.push(`${operation.key} ${JSON.stringify(id)}: ${response.status} ${JSON.stringify(body)}`);
        wrong.push(...faults);
      }
    expect(wrong).toEqual([]);
  });

  it('is refused when it is too long for a key, or no UTF-8', async () => {
    const wrong: string[] = [];
    for (const operation of operations)
      for (const address of [
        ...TOO_LONG_IDS.map((id) => withId(operation, id)),
        ...BROKEN_PIECES.map((piece) => rawAddressOf(operation, piece)),
      ]) {
        const { response, faults, asked: calls } = await ask(operation, address);
        wrong.push(...faults);
        if (response.status !== 400 || calls.length > 0)
          wrong.push(`${operation.key} ${address.slice(0, 100)}: ${response.status}, asked ${JSON.stringify(calls)}`);
      }
    expect(wrong).toEqual([]);
  });

  it('is another path when it vanishes from it, and finds nothing but what that is', async () => {
    const plain = operationsOf(document).flatMap(({ key, path }) => (path.includes('{') ? [] : [key]));
    for (const operation of operations)
      for (const piece of VANISHING_PIECES) {
        const address = rawAddressOf(operation, piece);
        const response = await fixture.get(address, requestOf(operation));
        const { pathname } = new URL(address, 'http://localhost'); // as every client makes it of this
        const isPlain = plain.includes(`${operation.method} ${pathname}`);
        const expected = isPlain ? [200, 415] : [404, 405];
        expect([operation.key, piece, expected.includes(response.status)]).toEqual([operation.key, piece, true]);
        if (!response.ok) expect(response.headers.get('content-type')).toBe('application/problem+json');
      }
  });

  it('finds exactly what has it, among all others', async () => {
    const wrong: string[] = [];
    const free = operations.filter(hasFreeIds);
    expect(Object.keys(PUT_OWN).sort()).toEqual(free.map(({ key }) => key).sort());
    await putOwn(fixture, HOSTILE_IDS);
    for (const operation of free)
      for (const id of HOSTILE_IDS) {
        const { response, body, faults } = await ask(operation, withId(operation, id));
        wrong.push(...faults);
        if (response.status !== 200 || !isAllOf(id, body))
          wrong.push(`${operation.key} ${JSON.stringify(id)}: ${response.status} of ${JSON.stringify(owners(body))}`);
      }
    expect(wrong).toEqual([]);
  });

  it('asks NATS for the same as a tame one, with itself in its place', async () => {
    const wrong: string[] = [];
    for (const operation of operations) {
      await fillSegments(fixture);
      const example = String(operation.parameters.find(({ name }) => name === nameOfId(operation))?.schema?.example);
      const tame = hasFreeIds(operation) ? 'tame-1' : example;
      await PUT_OWN[operation.key]?.(fixture, tame);
      const known = shapes((await ask(operation, withId(operation, tame))).asked, tame);
      for (const id of HOSTILE_IDS) {
        const shown = shapes((await ask(operation, withId(operation, id))).asked, id);
        const other = [...shown].filter((shape) => !known.has(shape));
        if (other.length > 0) wrong.push(`${operation.key} ${JSON.stringify(id)}: ${other}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('a hostile id in the query', () => {
  it('lists only what has it', async () => {
    for (const id of HOSTILE_IDS) {
      await putAlert(fixture, id, 'large_order', NOON);
      await putRegionAlert(fixture, id, NOON);
    }
    await fixture.until200(`/api/v1/alerts?customer=${encodeURIComponent(HOSTILE_IDS.at(-1) ?? '')}`);
    const wrong: string[] = [];
    let found = 0;
    for (const operation of operationsOf(document))
      for (const { name, schema = {} } of operation.parameters.filter((one) => one.in === 'query'))
        for (const id of isId(schema) ? HOSTILE_IDS : []) {
          const { response, body, faults } = await ask(
            operation,
            `${addressOf(operation)}?${name}=${encodeURIComponent(id)}`,
          );
          const { items = [] } = Object(body) as { items?: readonly object[] };
          found += items.length;
          wrong.push(...faults);
          if (response.status !== 200 || owners(items).some((owner) => owner !== id) || items.length > 1)
            wrong.push(
              `${operation.key}?${name}=${JSON.stringify(id)}: ${response.status} ${JSON.stringify(owners(items))}`,
            );
        }
    expect(wrong).toEqual([]);
    expect(found).toBe(2 * HOSTILE_IDS.length); // by customer and by region
  });
});

describe('hostile text in headers', () => {
  /** What a header can hold; the rest is for a real socket (contract.int.test.ts). */
  const TEXTS = [
    '>',
    '../..',
    '$KV.x.>',
    '"',
    'W/"',
    '"1"x',
    'é',
    'a,b',
    '{"a":1}',
    '__proto__',
    'x'.repeat(10_000),
    '1'.repeat(400),
  ];

  it('is refused', async () => {
    const wrong: string[] = [];
    for (const operation of operationsOf(document))
      for (const { name } of operation.parameters.filter((one) => one.in === 'header'))
        for (const text of TEXTS) {
          await fillSegments(fixture);
          const { response, faults } = await ask(operation, addressOf(operation), { [name]: text });
          wrong.push(...faults);
          if (![400, 412].includes(response.status))
            wrong.push(`${operation.key} ${name}: ${text}: ${response.status}`);
        }
    expect(wrong).toEqual([]);
  });

  it('as a request id is not taken over', async () => {
    for (const text of TEXTS) {
      const response = await fixture.get('/livez', { headers: { 'x-request-id': text } });
      const given = response.headers.get('x-request-id') ?? '';
      expect([text, response.status, given === text || /^[0-9a-f-]{36}$/.test(given)]).toEqual([text, 200, true]);
      expect(given).toMatch(/^[\w=-]+$/);
    }
  });
});
