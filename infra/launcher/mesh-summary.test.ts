import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchMeshSummary, REFUSED } from './mesh-summary.ts';

const STATUS = { alarms: ['one'], lag_records: 3, lag_seconds: 1.5, workers: [], services: [] };
const server = createServer((request, response) => {
  response.statusCode = request.headers['x-api-key'] === 'the key' ? 200 : 401;
  response.end(JSON.stringify(STATUS));
});
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('the summary of the mesh', () => {
  it('is asked for with the key of the gateway', async () => {
    expect(await fetchMeshSummary(url, { WEIR_API_KEY: 'the key' })).toMatchObject({ alarms: ['one'], lagRecords: 3 });
    for (const env of [{}, { WEIR_API_KEY: 'another' }]) expect(await fetchMeshSummary(url, env)).toBe(REFUSED);
  });

  it('is not there when nobody answers', async () => {
    expect(await fetchMeshSummary('http://127.0.0.1:1', {})).toBeUndefined();
  });
});
