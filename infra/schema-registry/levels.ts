/** Compatibility levels: which earlier versions a new schema is held against, and who must be able to read whom. Pure. */
import type { AvroType } from '../../shared/avro/avro-type.ts';
import { type Incompatibility, incompatibilities } from '../../shared/avro/compatibility.ts';

export const LEVELS = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;
export type Level = (typeof LEVELS)[number];
export const DEFAULT_LEVEL: Level = 'BACKWARD';

export interface Earlier {
  readonly version: number;
  readonly schema: AvroType;
}

/** Why `schema` may not follow these versions, oldest first; [] when it may. */
export function compatibilityProblems(level: Level, schema: AvroType, earlier: readonly Earlier[]): string[] {
  if (level === 'NONE') return [];
  const held = level.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1);
  // The newest first: it is the one a client most likely meant.
  for (const { version, schema: old } of held.toReversed()) {
    const problems = [
      ...(level.startsWith('FORWARD') ? [] : incompatibilities(schema, old).map((found) => describe(found, 'new'))),
      ...(level.startsWith('BACKWARD') ? [] : incompatibilities(old, schema).map((found) => describe(found, 'old'))),
    ];
    if (problems.length > 0) return [...problems, `{oldSchemaVersion: ${version}}`, `{compatibility: '${level}'}`];
  }
  return [];
}

function describe({ kind, path, message }: Incompatibility, reader: 'new' | 'old'): string {
  const description = `the ${reader} schema cannot read what the ${reader === 'new' ? 'old' : 'new'} one writes at path '${path}'`;
  return `{errorType:'${kind}', description:"${description}", additionalInfo:'${message}'}`;
}
