/** /config, /mode and /compatibility: what may follow what. */
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { answer, flag, readBody, subjectOf, versionOf } from './answer.ts';
import { readCandidate, SchemaBody } from './candidate.ts';
import { decideLevel, decideNoLevel } from './decide.ts';
import { invalidLevel, noSubjectLevel, noSubjectMode, notPermitted } from './errors.ts';
import { LEVELS, type Level } from './levels.ts';
import { findVersion, globalLevel, levelOf, problemsWith, visibleVersions } from './queries.ts';
import type { Registry } from './registry.ts';
import type { RegistryState, Version } from './state.ts';

const LevelBody = z.looseObject({ compatibility: z.string().nullish() });

export function configRoutes(app: Hono, registry: Registry): void {
  app.get('/config', async () => answer({ compatibilityLevel: await registry.ask(globalLevel) }));
  app.put('/config', async (c) => {
    const level = readLevel(await readBody(c, LevelBody));
    return answer(await registry.command(() => decideLevel(null, level)));
  });
  app.delete('/config', async () => answer(await registry.command((state) => decideNoLevel(state, null))));

  app.get('/config/:subject', async (c) => {
    const subject = subjectOf(c);
    const level = await registry.ask((state) => {
      const own = state.levels.get(subject);
      if (own === undefined && !flag(c, 'defaultToGlobal')) throw noSubjectLevel(subject);
      return levelOf(state, subject);
    });
    return answer({ compatibilityLevel: level });
  });
  app.put('/config/:subject', async (c) => {
    const subject = subjectOf(c);
    const level = readLevel(await readBody(c, LevelBody));
    return answer(await registry.command(() => decideLevel(subject, level)));
  });
  app.delete('/config/:subject', async (c) => {
    const subject = subjectOf(c);
    return answer(await registry.command((state) => decideNoLevel(state, subject)));
  });

  app.get('/mode', () => answer({ mode: 'READWRITE' }));
  app.get('/mode/:subject', (c) => {
    if (!flag(c, 'defaultToGlobal')) throw noSubjectMode(subjectOf(c));
    return answer({ mode: 'READWRITE' });
  });

  compatibilityRoutes(app, registry);
}

function compatibilityRoutes(app: Hono, registry: Registry): void {
  const check = async (c: Context, versionsOf: (state: RegistryState, subject: string) => readonly Version[]) => {
    const subject = subjectOf(c);
    const body = await readBody(c, SchemaBody);
    const messages = await registry.ask((state) => {
      const versions = versionsOf(state, subject);
      return problemsWith(state, subject, readCandidate(state, body, flag(c, 'normalize')), versions);
    });
    return answer({ is_compatible: messages.length === 0, ...(flag(c, 'verbose') ? { messages } : {}) });
  };

  app.post('/compatibility/subjects/:subject/versions', (c) =>
    check(c, (state, subject) => visibleVersions(state, subject, 'live')),
  );
  app.post('/compatibility/subjects/:subject/versions/:version', (c) => {
    const name = versionOf(c);
    return check(c, (state, subject) => {
      const none = visibleVersions(state, subject, 'live').length === 0;
      return none && name === 'latest' ? [] : [findVersion(state, subject, name, 'live')];
    });
  });
}

function readLevel({ compatibility, ...others }: z.infer<typeof LevelBody>): Level {
  const unknown = Object.keys(others).filter((name) => others[name] != null);
  if (unknown.length > 0)
    throw notPermitted(`Cannot keep "${unknown.join('", "')}": this registry has "compatibility" only; leave it out`);
  const level = LEVELS.find((candidate) => candidate === compatibility?.toUpperCase());
  if (!level) throw invalidLevel(LEVELS);
  return level;
}
