/**
 * Everything the registry knows, as the fold of all changes in their order. Pure; `evolve` changes the state in place.
 *
 * Invariants (app.test.ts, change-log.test.ts):
 * 1. The same changes give the same state, on every registry.
 * 2. An id names one schema for ever: ids only grow, and one that was deleted is never given again.
 */
import { z } from 'zod';
import { LEVELS, type Level } from './levels.ts';

export const Reference = z.object({ name: z.string(), subject: z.string(), version: z.number().int() });
export type Reference = z.infer<typeof Reference>;

export const Change = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('registered'),
    subject: z.string(),
    version: z.number().int(),
    id: z.number().int(),
    schema: z.string(),
    references: z.array(Reference),
  }),
  z.object({ kind: z.literal('deleted'), subject: z.string(), versions: z.array(z.number().int()) }),
  z.object({ kind: z.literal('purged'), subject: z.string(), versions: z.array(z.number().int()) }),
  /** `subject` null: of the whole registry; `level` null: back to the default. */
  z.object({ kind: z.literal('level'), subject: z.string().nullable(), level: z.enum(LEVELS).nullable() }),
]);
export type Change = z.infer<typeof Change>;

export interface StoredSchema {
  readonly id: number;
  /** As writeSchema has it. */
  readonly text: string;
  readonly references: readonly Reference[];
}

export interface Version {
  readonly version: number;
  readonly id: number;
  /** Softly: still found with deleted=true, and by its id. */
  readonly deleted: boolean;
}

export interface RegistryState {
  /** How many changes it is made of. */
  changes: number;
  lastId: number;
  readonly schemas: Map<number, StoredSchema>;
  /** By identityOf. */
  readonly ids: Map<string, number>;
  /** Oldest version first; never empty. */
  readonly subjects: Map<string, readonly Version[]>;
  readonly levels: Map<string, Level>;
  globalLevel: Level | undefined;
}

export function emptyState(): RegistryState {
  return {
    changes: 0,
    lastId: 0,
    schemas: new Map(),
    ids: new Map(),
    subjects: new Map(),
    levels: new Map(),
    globalLevel: undefined,
  };
}

/** What makes two registrations the same schema. */
export function identityOf(text: string, references: readonly Reference[]): string {
  return JSON.stringify([text, references.map(({ name, subject, version }) => [name, subject, version])]);
}

export function evolve(state: RegistryState, change: Change): void {
  state.changes++;
  switch (change.kind) {
    case 'registered':
      register(state, change);
      break;
    case 'deleted':
      softDelete(state, change.subject, change.versions);
      break;
    case 'purged':
      purge(state, change.subject, change.versions);
      break;
    case 'level':
      setLevel(state, change.subject, change.level);
      break;
    default:
      change satisfies never;
  }
}

function register(state: RegistryState, change: Extract<Change, { kind: 'registered' }>): void {
  const { subject, version, id, schema: text, references } = change;
  if (!state.schemas.has(id)) {
    state.schemas.set(id, { id, text, references });
    state.ids.set(identityOf(text, references), id);
    state.lastId = Math.max(state.lastId, id);
  }
  state.subjects.set(subject, [...(state.subjects.get(subject) ?? []), { version, id, deleted: false }]);
}

function softDelete(state: RegistryState, subject: string, versions: readonly number[]): void {
  const all = (state.subjects.get(subject) ?? []).map((entry) =>
    versions.includes(entry.version) ? { ...entry, deleted: true } : entry,
  );
  state.subjects.set(subject, all);
  if (all.every((entry) => entry.deleted)) state.levels.delete(subject);
}

function purge(state: RegistryState, subject: string, versions: readonly number[]): void {
  const kept = (state.subjects.get(subject) ?? []).filter((entry) => !versions.includes(entry.version));
  if (kept.length > 0) state.subjects.set(subject, kept);
  else state.subjects.delete(subject);
  const used = new Set([...state.subjects.values()].flat().map((entry) => entry.id));
  for (const [id, { text, references }] of state.schemas) {
    if (used.has(id)) continue;
    state.schemas.delete(id);
    state.ids.delete(identityOf(text, references));
  }
}

function setLevel(state: RegistryState, subject: string | null, level: Level | null): void {
  if (subject === null) state.globalLevel = level ?? undefined;
  else if (level === null) state.levels.delete(subject);
  else state.levels.set(subject, level);
}
