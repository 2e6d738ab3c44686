/** What every path of the document does with each method: those that it names, HEAD, OPTIONS, and all others. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fixture } from '../_fixture.ts';
import { addressOf, type Operation, operationsOf } from './_document.ts';
import { documentOf, KEYED, keyOf, openFilled } from './_worlds.ts';

const resources = new AsyncDisposableStack();
let fixture: Fixture;
let keyed: Fixture;
/** By their paths. */
let resourcesOf: ReadonlyMap<string, readonly Operation[]>;

beforeAll(async () => {
  fixture = resources.use(await openFilled());
  keyed = resources.use(await openFilled(undefined, KEYED));
  resourcesOf = Map.groupBy(operationsOf(await documentOf(fixture.get)), (operation) => addressOf(operation));
});
afterAll(() => resources.disposeAsync());

/** HEAD with GET, and OPTIONS always. */
function allowed(operations: readonly Operation[]): string[] {
  const methods = operations.map(({ method }) => method);
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
}

const allowOf = (response: Response) => response.headers.get('allow')?.split(', ').sort();
/** Of the answer itself; those of its moment are its own. */
const MOMENTARY = ['x-request-id', 'date'];
const lasting = ({ headers }: Response) => [...headers].filter(([name]) => !MOMENTARY.includes(name));

describe('every path of the document', () => {
  it('answers HEAD as GET, without the body', async () => {
    for (const [path, operations] of resourcesOf) {
      if (!operations.some(({ method }) => method === 'GET')) continue;
      const [head, get] = [await fixture.get(path, { method: 'HEAD' }), await fixture.get(path)];
      expect([path, head.status, await head.text(), lasting(head)]).toEqual([path, 200, '', lasting(get)]);
      await get.body?.cancel();
    }
  });

  it('answers HEAD as GET where that is an error, too', async () => {
    for (const path of resourcesOf.keys()) {
      if (!path.startsWith('/api/')) continue;
      const [head, get] = [
        await fixture.get(`${path}?colour=red`, { method: 'HEAD' }),
        await fixture.get(`${path}?colour=red`),
      ];
      expect([path, head.status, head.headers.get('content-type'), await head.text()]).toEqual([
        path,
        get.status,
        'application/problem+json',
        '',
      ]);
    }
  });

  it('tells by OPTIONS what it takes, to anybody, and does nothing', async () => {
    for (const [path, operations] of resourcesOf)
      for (const world of [fixture, keyed]) {
        const response = await world.get(path, { method: 'OPTIONS' });
        expect([path, response.status, await response.text(), allowOf(response)]).toEqual([
          path,
          204,
          '',
          allowed(operations),
        ]);
        expect(response.headers.get('x-request-id')).not.toBeNull();
      }
  });

  it('takes no other method, and says which it takes', async () => {
    for (const [path, operations] of resourcesOf) {
      const methods = allowed(operations);
      const others = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'].filter(
        (name) => !methods.includes(name),
      );
      for (const method of others) {
        const response = await fixture.get(path, { method });
        expect([path, method, response.status, allowOf(response)]).toEqual([path, method, 405, methods]);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        const text = await response.text();
        if (method !== 'HEAD') expect(JSON.parse(text)).toMatchObject({ status: 405, code: 'method-not-allowed' });
      }
    }
  });

  it('tells those without a key nothing of the methods that it does not take', async () => {
    for (const path of resourcesOf.keys()) {
      if (!path.startsWith('/api/')) continue;
      expect([path, (await keyed.get(path, { method: 'PATCH' })).status]).toEqual([path, 401]);
      expect((await keyed.get(path, { method: 'PATCH', headers: keyOf('read') })).status).toBe(403);
      expect((await keyed.get(path, { method: 'PATCH', headers: keyOf('write') })).status).toBe(405);
    }
  });
});
