/** What a bridge under measurement needs of a schema registry: schemas by id. Owns the server; costs nothing when idle. */
import { createServer } from 'node:http';
import { BENCH_SCHEMAS } from './avro-records.ts';

export interface SchemaServer extends AsyncDisposable {
  readonly url: string;
}

export async function serveSchemas(): Promise<SchemaServer> {
  const server = createServer((request, response) => {
    const id = Number(/^\/schemas\/ids\/(\d+)/.exec(request.url ?? '')?.[1]);
    const schema = BENCH_SCHEMAS.get(id);
    response.writeHead(schema ? 200 : 404, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    const answer = schema ? { schema: JSON.stringify(schema) } : { error_code: 40403, message: 'Schema not found' };
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Cannot serve schemas: no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
