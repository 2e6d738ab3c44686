/** /schemas: schemas by their global id. */
import type { Hono } from 'hono';
import { answer, textAnswer, visibleOf } from './answer.ts';
import { usesOf } from './queries.ts';
import type { Registry } from './registry.ts';

export function schemaRoutes(app: Hono, registry: Registry): void {
  app.get('/schemas/types', () => answer(['AVRO']));

  app.get('/schemas/ids/:id{[0-9]+}', async (c) => {
    const { text, references } = await registry.schema(Number(c.req.param('id')));
    return answer({ schema: text, ...(references.length === 0 ? {} : { references }) });
  });

  app.get('/schemas/ids/:id{[0-9]+}/schema', async (c) => {
    const { text } = await registry.schema(Number(c.req.param('id')));
    return textAnswer(text);
  });

  app.get('/schemas/ids/:id{[0-9]+}/versions', async (c) =>
    answer(await registry.ask((state) => usesOf(state, Number(c.req.param('id')), visibleOf(c)))),
  );

  app.get('/schemas/ids/:id{[0-9]+}/subjects', async (c) => {
    const uses = await registry.ask((state) => usesOf(state, Number(c.req.param('id')), visibleOf(c)));
    return answer([...new Set(uses.map(({ subject }) => subject))]);
  });
}
