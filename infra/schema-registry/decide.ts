/**
 * Commands to the registry: each looks at the state and decides on one change, or none, and the answer. Pure.
 *
 * Invariants (app.test.ts):
 * 1. Registering what is registered changes nothing and gives the same id, whichever subject it is under.
 * 2. A schema that the subject's level forbids is refused, and so is deleting what another schema refers to.
 */
import { type Candidate, readCandidate, refuseBadDefaults, type SchemaBody } from './candidate.ts';
import {
  incompatible,
  notPermitted,
  referenceExists,
  subjectNotFound,
  subjectNotSoftDeleted,
  subjectSoftDeleted,
  versionNotSoftDeleted,
  versionSoftDeleted,
} from './errors.ts';
import type { Level } from './levels.ts';
import {
  existingVersions,
  findVersion,
  globalLevel,
  problemsWith,
  referencedBy,
  sameSchema,
  type VersionName,
  visibleVersions,
} from './queries.ts';
import type { Change, RegistryState } from './state.ts';

export interface Decision<T> {
  /** Undefined: nothing changes. */
  readonly change: Change | undefined;
  readonly answer: T;
}

export function decideRegister(
  state: RegistryState,
  subject: string,
  body: SchemaBody,
  normalize: boolean,
): Decision<{ id: number }> {
  if ((body.id ?? -1) >= 0 || (body.version ?? -1) > 0)
    throw notPermitted(`Subject ${subject} is not in import mode: leave out the id and the version`);
  const candidate = readCandidate(state, body, normalize);
  const live = visibleVersions(state, subject, 'live');
  const same = sameSchema(state, live, candidate, normalize);
  if (same) return { change: undefined, answer: { id: same.id } };
  refuseBadDefaults(candidate);
  const problems = problemsWith(state, subject, candidate, live);
  if (problems.length > 0) throw incompatible(subject, problems);
  return registration(state, subject, candidate);
}

function registration(state: RegistryState, subject: string, candidate: Candidate): Decision<{ id: number }> {
  const { text: schema, references } = candidate;
  const id = state.ids.get(candidate.identity) ?? state.lastId + 1;
  const version = (state.subjects.get(subject)?.at(-1)?.version ?? 0) + 1;
  return { change: { kind: 'registered', subject, version, id, schema, references: [...references] }, answer: { id } };
}

export function decideDeleteSubject(state: RegistryState, subject: string, permanent: boolean): Decision<number[]> {
  const all = existingVersions(state, subject, 'all');
  const live = all.filter((entry) => !entry.deleted);
  if (permanent && live.length > 0) throw subjectNotSoftDeleted(subject);
  if (!permanent && live.length === 0) throw subjectSoftDeleted(subject);
  const versions = (permanent ? all : live).map((entry) => entry.version);
  for (const version of versions) refuseReferenced(state, subject, version, permanent);
  return { change: { kind: permanent ? 'purged' : 'deleted', subject, versions }, answer: versions };
}

export function decideDeleteVersion(
  state: RegistryState,
  subject: string,
  name: VersionName,
  permanent: boolean,
): Decision<number> {
  const { version, deleted } = findVersion(state, subject, name, name === 'latest' && !permanent ? 'live' : 'all');
  if (permanent && !deleted) throw versionNotSoftDeleted(subject, version);
  if (!permanent && deleted) throw versionSoftDeleted(subject, version);
  refuseReferenced(state, subject, version, permanent);
  return { change: { kind: permanent ? 'purged' : 'deleted', subject, versions: [version] }, answer: version };
}

/** `subject` null: of the whole registry. */
export function decideLevel(subject: string | null, level: Level): Decision<{ compatibility: Level }> {
  return { change: { kind: 'level', subject, level }, answer: { compatibility: level } };
}

/** Back to the default; answers what it was. */
export function decideNoLevel(state: RegistryState, subject: string | null): Decision<{ compatibilityLevel: Level }> {
  const level = subject === null ? globalLevel(state) : state.levels.get(subject);
  if (level === undefined) throw subjectNotFound(subject ?? '');
  return { change: { kind: 'level', subject, level: null }, answer: { compatibilityLevel: level } };
}

function refuseReferenced(state: RegistryState, subject: string, version: number, permanent: boolean): void {
  if (referencedBy(state, subject, version, permanent ? 'all' : 'live').length > 0)
    throw referenceExists(subject, version);
}
