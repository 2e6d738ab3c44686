/** What an operation does with its query: it takes what the document says, and refuses everything else by name. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fixture } from '../_fixture.ts';
import { fillSegments } from '../_segments.ts';
import { judge } from './_answer.ts';
import { addressOf, type OpenApi, type Operation, operationsOf, type Parameter, requestOf } from './_document.ts';
import { badValues, goodValues } from './_values.ts';
import { documentOf, openFilled } from './_worlds.ts';

let fixture: Fixture;
let document: OpenApi;
let operations: readonly Operation[];

beforeAll(async () => {
  fixture = await openFilled();
  document = await documentOf(fixture.get);
  operations = operationsOf(document).filter(({ responses }) => responses[400]);
});
afterAll(() => fixture[Symbol.asyncDispose]());

const queryOf = ({ parameters }: Operation) => parameters.filter((one) => one.in === 'query');
const pairOf = (name: string, value: string) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;

/** What is wrong with a refusal: it is a documented 400 that names the parameter. */
async function refusalFaults(operation: Operation, query: string, name: string): Promise<string[]> {
  const response = await fixture.get(`${addressOf(operation)}?${query}`, requestOf(operation));
  const { faults, body } = await judge(operation, response, document.components.schemas, 400);
  const { errors = [] } = Object(body) as { errors?: { parameter?: string }[] };
  const isNamed = errors.some(({ parameter }) => parameter === name);
  return [...faults, ...(isNamed ? [] : ['names another parameter'])].map(
    (fault) => `?${query.slice(0, 80)}: ${fault}`,
  );
}

async function faultsOfEach(
  queries: (operation: Operation) => readonly { readonly name: string; readonly query: string }[],
): Promise<string[]> {
  const faults: string[] = [];
  let walked = 0;
  for (const operation of operations)
    for (const { name, query } of queries(operation)) {
      walked++;
      faults.push(...(await refusalFaults(operation, query, name)));
    }
  expect(walked).toBeGreaterThan(operations.length - 1);
  return faults;
}

describe('the query of every operation', () => {
  it('is refused with a parameter that is not known, by its name, whatever that is', async () => {
    const names = ['colour', 'Limit', 'limit[]', '__proto__', 'constructor', '', 'ключ', 'a\r\nX-Injected: 1'];
    expect(await faultsOfEach(() => names.map((name) => ({ name, query: pairOf(name, 'red') })))).toEqual([]);
  });

  it('is refused with an unknown parameter beside good ones, and names all that are wrong', async () => {
    const queries = (operation: Operation) => {
      const good = queryOf(operation).flatMap((one) =>
        goodValues(one)
          .slice(0, 1)
          .map((value) => pairOf(one.name, value)),
      );
      return [{ name: 'colour', query: [...good, 'colour=red'].join('&') }];
    };
    expect(await faultsOfEach(queries)).toEqual([]);
  });

  it('is refused with a parameter that is repeated', async () => {
    const twice = (one: Parameter) => {
      const [value = 'x'] = goodValues(one);
      return { name: one.name, query: `${pairOf(one.name, value)}&${pairOf(one.name, value)}` };
    };
    expect(await faultsOfEach((operation) => queryOf(operation).map(twice))).toEqual([]);
  });

  it('is refused with a value that the schema of the parameter does not take', async () => {
    const queries = (operation: Operation) =>
      queryOf(operation).flatMap((one) =>
        badValues(one).map((value) => ({ name: one.name, query: pairOf(one.name, value) })),
      );
    expect(await faultsOfEach(queries)).toEqual([]);
  });

  it('is refused when it is not percent-encoded UTF-8', async () => {
    const broken = ['%', '%z1', '%C3%28', '%ED%A0%80', '%FF'];
    const faults: string[] = [];
    for (const operation of operations)
      for (const text of broken)
        for (const query of [`${text}=1`, ...queryOf(operation).map(({ name }) => `${name}=${text}`)]) {
          const response = await fixture.get(`${addressOf(operation)}?${query}`, requestOf(operation));
          faults.push(...(await judge(operation, response, document.components.schemas, 400)).faults);
        }
    expect(faults).toEqual([]);
  });

  it('is taken with each value that the schema names, its bounds, and its example', async () => {
    const faults: string[] = [];
    for (const operation of operations)
      for (const one of queryOf(operation))
        for (const value of goodValues(one)) {
          await fillSegments(fixture);
          const query = pairOf(one.name, value);
          const response = await fixture.get(`${addressOf(operation)}?${query}`, requestOf(operation));
          const { faults: found } = await judge(operation, response, document.components.schemas);
          faults.push(...found, ...(response.status < 300 ? [] : [`${operation.key}?${query}: ${response.status}`]));
        }
    expect(faults).toEqual([]);
  });

  it('is not looked at where the document knows no 400', async () => {
    const open = operationsOf(document).filter(({ responses }) => !responses[400]);
    expect(open.map(({ key }) => key)).toEqual(['GET /livez', 'GET /readyz']);
    for (const operation of open) expect((await fixture.get(`${addressOf(operation)}?colour=red`)).status).toBe(200);
  });
});
