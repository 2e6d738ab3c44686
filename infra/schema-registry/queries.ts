/** Questions to the registry's state, each an answer or a RegistryError. Pure. */
import type { Candidate } from './candidate.ts';
import { normalizedIdentityOf, parseStored } from './candidate.ts';
import { schemaNotFound, subjectNotFound, versionNotFound } from './errors.ts';
import { compatibilityProblems, DEFAULT_LEVEL, type Level } from './levels.ts';
import type { Reference, RegistryState, StoredSchema, Version } from './state.ts';

export interface SubjectVersion {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly references?: readonly Reference[];
  readonly schema: string;
}

export type VersionName = number | 'latest';
/** Which versions count. */
export type Visible = 'live' | 'all' | 'deleted';

export function subjectsOf(state: RegistryState, visible: Visible): string[] {
  return [...state.subjects.keys()].filter((subject) => visibleVersions(state, subject, visible).length > 0).sort();
}

/** [] when there is no such subject. */
export function visibleVersions(state: RegistryState, subject: string, visible: Visible): readonly Version[] {
  const all = state.subjects.get(subject) ?? [];
  return visible === 'all' ? all : all.filter((entry) => entry.deleted === (visible === 'deleted'));
}

export function existingVersions(state: RegistryState, subject: string, visible: Visible): readonly Version[] {
  const versions = visibleVersions(state, subject, visible);
  if (versions.length === 0) throw subjectNotFound(subject);
  return versions;
}

export function findVersion(state: RegistryState, subject: string, name: VersionName, visible: Visible): Version {
  const versions = existingVersions(state, subject, visible);
  const found = name === 'latest' ? versions.at(-1) : versions.find((entry) => entry.version === name);
  if (!found) throw versionNotFound(name);
  return found;
}

export function storedSchema(state: RegistryState, id: number): StoredSchema {
  const stored = state.schemas.get(id);
  if (!stored) throw schemaNotFound(id);
  return stored;
}

export function describeVersion(state: RegistryState, subject: string, { version, id }: Version): SubjectVersion {
  const { text, references } = storedSchema(state, id);
  return { subject, version, id, ...(references.length === 0 ? {} : { references }), schema: text };
}

/** The newest of these versions that is the same schema. `normalize`: the same once both are normalized. */
export function sameSchema(
  state: RegistryState,
  versions: readonly Version[],
  candidate: Candidate,
  normalize: boolean,
): Version | undefined {
  const id = state.ids.get(candidate.identity);
  const same = versions.findLast((entry) => entry.id === id);
  if (same || !normalize) return same;
  return versions.findLast(
    (entry) => normalizedIdentityOf(state, storedSchema(state, entry.id)) === candidate.normalizedIdentity,
  );
}

export function lookUp(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  options: { readonly normalize: boolean; readonly visible: Visible },
): SubjectVersion {
  const found = sameSchema(state, existingVersions(state, subject, options.visible), candidate, options.normalize);
  if (!found) throw schemaNotFound();
  return describeVersion(state, subject, found);
}

/** Subjects and versions that have this schema. */
export function usesOf(state: RegistryState, id: number, visible: Visible): { subject: string; version: number }[] {
  storedSchema(state, id);
  return [...state.subjects.keys()]
    .sort()
    .flatMap((subject) =>
      visibleVersions(state, subject, visible).flatMap((entry) =>
        entry.id === id ? [{ subject, version: entry.version }] : [],
      ),
    );
}

/** Ids of the schemas that refer to this version: those in use, or all that can still be looked up. */
export function referencedBy(state: RegistryState, subject: string, version: number, visible: Visible): number[] {
  const used = new Set(
    [...state.subjects.keys()].flatMap((name) => visibleVersions(state, name, visible)).map((entry) => entry.id),
  );
  return [...state.schemas.values()]
    .filter(({ references }) => references.some((ref) => ref.subject === subject && ref.version === version))
    .map(({ id }) => id)
    .filter((id) => used.has(id))
    .sort((a, b) => a - b);
}

export function levelOf(state: RegistryState, subject: string): Level {
  return state.levels.get(subject) ?? globalLevel(state);
}

export function globalLevel(state: RegistryState): Level {
  return state.globalLevel ?? DEFAULT_LEVEL;
}

/** Why the candidate may not follow these versions under the subject's level. */
export function problemsWith(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  versions: readonly Version[],
): string[] {
  const earlier = versions.map(({ version, id }) => ({
    version,
    schema: parseStored(state, storedSchema(state, id)).type,
  }));
  return compatibilityProblems(levelOf(state, subject), candidate.parsed.type, earlier);
}
