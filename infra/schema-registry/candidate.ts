/** Schemas with their references resolved: those a client sends, and those that are stored. Pure but for a cache. */
import { z } from 'zod';
import { AvroDataError } from '../../shared/avro/avro-error.ts';
import type { ParsedSchema } from '../../shared/avro/avro-schema.ts';
import type { NamedType, Names } from '../../shared/avro/avro-type.ts';
import { checkDefaults, parseStrictSchema } from '../../shared/avro/strict-schema.ts';
import { invalidSchema, notPermitted } from './errors.ts';
import { identityOf, Reference, type RegistryState, type StoredSchema } from './state.ts';
import { writeSchema } from './write-schema.ts';

/** The body of a registration, a look-up and a compatibility check. Clients send null for what they leave out. */
export const SchemaBody = z.object({
  schema: z.string().nullish(),
  schemaType: z.string().nullish(),
  references: z.array(Reference).nullish(),
  id: z.number().nullish(),
  version: z.number().nullish(),
  metadata: z.unknown().optional(),
  ruleSet: z.unknown().optional(),
});
export type SchemaBody = z.infer<typeof SchemaBody>;

export interface Candidate {
  readonly text: string;
  readonly references: readonly Reference[];
  readonly parsed: ParsedSchema;
  readonly identity: string;
  readonly normalizedIdentity: string;
}

export function readCandidate(state: RegistryState, body: SchemaBody, normalize: boolean): Candidate {
  const { schema, schemaType, metadata, ruleSet } = body;
  if ((schemaType ?? 'AVRO') !== 'AVRO')
    throw invalidSchema(`Invalid schema type ${schemaType}: this registry knows AVRO`);
  if (!schema) throw invalidSchema('Empty schema');
  if (metadata != null || ruleSet != null)
    throw notPermitted('Cannot keep metadata or rules: this registry keeps schemas only; leave them out');
  const given = body.references ?? [];
  return asSchemaError(schema, () => {
    const known = namesOf(state, given, false);
    const parsed = parseStrictSchema(schema, known);
    const normalized = { known, normalized: true };
    const [text, references] = normalize
      ? [writeSchema(parsed.type, normalized), inOrder(given)]
      : [writeSchema(parsed.type, { known }), given];
    return {
      text,
      references,
      parsed,
      identity: identityOf(text, references),
      normalizedIdentity: identityOf(writeSchema(parsed.type, normalized), inOrder(given)),
    };
  });
}

/** A schema that is new must also have defaults that can be used; what is stored elsewhere already may be worse. */
export function refuseBadDefaults({ parsed, text }: Candidate): void {
  asSchemaError(text, () => checkDefaults(parsed));
}

const parsedSchemas = new WeakMap<StoredSchema, ParsedSchema>();

export function parseStored(state: RegistryState, stored: StoredSchema): ParsedSchema {
  const known = parsedSchemas.get(stored);
  if (known) return known;
  const parsed = parseStrictSchema(stored.text, namesOf(state, stored.references, true));
  parsedSchemas.set(stored, parsed);
  return parsed;
}

export function normalizedIdentityOf(state: RegistryState, stored: StoredSchema): string {
  const known = namesOf(state, stored.references, true);
  return identityOf(
    writeSchema(parseStored(state, stored).type, { known, normalized: true }),
    inOrder(stored.references),
  );
}

/** Every type that the references bring, and theirs. */
function namesOf(state: RegistryState, references: readonly Reference[], withDeleted: boolean): Names {
  const names = new Map<string, NamedType>();
  for (const { subject, version } of references) {
    const entry = state.subjects
      .get(subject)
      ?.find((candidate) => candidate.version === version && (withDeleted || !candidate.deleted));
    const stored = entry && state.schemas.get(entry.id);
    if (!stored) throw unusable(`No schema reference found for subject "${subject}" and version ${version}`);
    for (const [name, type] of parseStored(state, stored).names) {
      if ((names.get(name) ?? type) !== type)
        throw unusable(`Cannot use type "${name}" of subject "${subject}": another reference defines it too`);
      names.set(name, type);
    }
  }
  return names;
}

function unusable(message: string): AvroDataError {
  return new AvroDataError('invalid-schema', message);
}

function inOrder(references: readonly Reference[]): Reference[] {
  return references.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function asSchemaError<T>(schema: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AvroDataError)) throw error;
    const shown = schema.length > 200 ? `${schema.slice(0, 200)}…` : schema;
    throw invalidSchema(`Invalid schema ${shown}: ${error.message}`);
  }
}
