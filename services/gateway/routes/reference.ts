/** /openapi.json, the reference page made from it at /docs, and / that leads there. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { GatewayDependencies } from '../dependencies.ts';
import { withExamples } from '../reference/examples.ts';
import { withHeaders } from '../reference/headers.ts';
import { referencePage } from '../reference/page.ts';

const INFO = {
  openapi: '3.1.0',
  info: {
    title: 'Weir',
    version: '1',
    description:
      'The mesh over HTTP: its answers, its state, and the rules of segments. Money is decimal text, times are UTC.',
  },
};

/** The page has no script and loads nothing: it works on a box without the internet. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function referenceRoutes(app: OpenAPIHono, _dependencies: GatewayDependencies): void {
  const document = once(() => withExamples(withHeaders(app.getOpenAPI31Document(INFO))));
  const page = once(() => referencePage(document()));
  app.get('/openapi.json', (c) => c.json(document()));
  app.get('/docs', (c) => c.html(page(), 200, { 'content-security-policy': POLICY }));
  app.get('/', (c) => c.redirect('/docs'));
}

/** Made at the first request, when all routes are registered. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
