/** /subjects: what is registered under which name. */
import type { Hono } from 'hono';
import { answer, flag, readBody, subjectOf, textAnswer, versionOf, visibleOf } from './answer.ts';
import { readCandidate, SchemaBody } from './candidate.ts';
import { decideDeleteSubject, decideDeleteVersion, decideRegister } from './decide.ts';
import { describeVersion, existingVersions, findVersion, lookUp, referencedBy, subjectsOf } from './queries.ts';
import type { Registry } from './registry.ts';

export function subjectRoutes(app: Hono, registry: Registry): void {
  app.get('/subjects', async (c) => {
    const prefix = c.req.query('subjectPrefix') ?? '';
    const subjects = await registry.ask((state) => subjectsOf(state, visibleOf(c)));
    return answer(subjects.filter((subject) => subject.startsWith(prefix)));
  });

  app.post('/subjects/:subject', async (c) => {
    const subject = subjectOf(c);
    const body = await readBody(c, SchemaBody);
    const normalize = flag(c, 'normalize');
    const found = await registry.ask((state) => {
      const options = { normalize, visible: visibleOf(c) };
      existingVersions(state, subject, options.visible); // an unknown subject is said before an unknown schema
      return lookUp(state, subject, readCandidate(state, body, normalize), options);
    });
    return answer(found);
  });

  app.delete('/subjects/:subject', async (c) => {
    const subject = subjectOf(c);
    return answer(await registry.command((state) => decideDeleteSubject(state, subject, flag(c, 'permanent'))));
  });

  versionRoutes(app, registry);
}

function versionRoutes(app: Hono, registry: Registry): void {
  app.get('/subjects/:subject/versions', async (c) => {
    const versions = await registry.ask((state) => existingVersions(state, subjectOf(c), visibleOf(c)));
    return answer(versions.map(({ version }) => version));
  });

  app.post('/subjects/:subject/versions', async (c) => {
    const subject = subjectOf(c);
    const body = await readBody(c, SchemaBody);
    return answer(await registry.command((state) => decideRegister(state, subject, body, flag(c, 'normalize'))));
  });

  app.get('/subjects/:subject/versions/:version', async (c) => {
    const [subject, version] = [subjectOf(c), versionOf(c)];
    const found = await registry.ask((state) =>
      describeVersion(state, subject, findVersion(state, subject, version, visibleOf(c))),
    );
    return answer(found);
  });

  app.get('/subjects/:subject/versions/:version/schema', async (c) => {
    const [subject, version] = [subjectOf(c), versionOf(c)];
    const { schema } = await registry.ask((state) =>
      describeVersion(state, subject, findVersion(state, subject, version, visibleOf(c))),
    );
    return textAnswer(schema);
  });

  app.get('/subjects/:subject/versions/:version/referencedby', async (c) => {
    const [subject, name] = [subjectOf(c), versionOf(c)];
    const ids = await registry.ask((state) =>
      referencedBy(state, subject, findVersion(state, subject, name, 'all').version, 'live'),
    );
    return answer(ids);
  });

  app.delete('/subjects/:subject/versions/:version', async (c) => {
    const [subject, name] = [subjectOf(c), versionOf(c)];
    const permanent = flag(c, 'permanent');
    return answer(await registry.command((state) => decideDeleteVersion(state, subject, name, permanent)));
  });
}
