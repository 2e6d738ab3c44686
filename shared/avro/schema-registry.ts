/**
 * Client of a Confluent-compatible schema registry: schemas by id or GUID, with their references, and what producers
 * need.
 *
 * Owns: the caches. Does not own: waiting (the caller retries, not before the error's notBeforeMs), HTTP
 * (registry-http.ts), what a miss means (absent-schemas.ts).
 *
 * Invariants (tested in schema-registry.test.ts):
 * 1. A schema that was read once is never asked for again, and is the same object for ever; so known schemas are served
 *    while the registry is down.
 * 2. Many callers for one schema make one request.
 * 3. Data errors (UnknownSchemaError, invalid-schema) come only from what a registry said; everything else is a
 *    RegistryUnavailableError.
 */
import { AbsentSchemas } from './absent-schemas.ts';
import { AvroDataError, quoted } from './avro-error.ts';
import { parseSchemaText } from './avro-schema.ts';
import type { AvroType } from './avro-type.ts';
import { isJsonObject } from './exact-json.ts';
import { RegistryRefusedError, RegistryUnavailableError, UnknownSchemaError } from './registry-errors.ts';
import { type RegistryConnection, RegistryHttp } from './registry-http.ts';
import type { SchemaKey } from './wire-format.ts';

/** Counters since the start. */
export interface RegistryStats {
  /** Lookups answered from memory. */
  hits: number;
  /** Lookups that asked the registry. */
  misses: number;
  /** Lookups answered "not yet" from memory, without asking. */
  negativeHits: number;
  /** Answers that there is no such schema. */
  absent: number;
  /** Requests that failed. */
  errors: number;
}

export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface Compatibility {
  readonly compatible: boolean;
  /** The registry's reasons, when it gives any. */
  readonly messages: readonly string[];
}

const NO_SUBJECT = 40401;
const NO_VERSION = 40402;
const NO_SCHEMA = 40403;

export class SchemaRegistry {
  readonly stats: RegistryStats = { hits: 0, misses: 0, negativeHits: 0, absent: 0, errors: 0 };
  readonly #http: RegistryHttp;
  readonly #now: () => number;
  readonly #types = new Map<SchemaKey, AvroType>();
  /** Schemas that we cannot use. They do not change either. */
  readonly #unusable = new Map<SchemaKey, AvroDataError>();
  readonly #asked = new Map<SchemaKey, Promise<AvroType>>();
  readonly #absent = new AbsentSchemas();
  #resting: RegistryUnavailableError | undefined;

  constructor(connection: RegistryConnection) {
    this.#http = new RegistryHttp(connection);
    this.#now = connection.now ?? Date.now;
  }

  /** The schema if it is in memory. Hot path. */
  cached(schema: SchemaKey): AvroType | undefined {
    const type = this.#types.get(schema);
    if (type) this.stats.hits++;
    return type;
  }

  /** Rejects with an AvroDataError (the record is bad) or a RegistryUnavailableError (try again later). */
  schema(schema: SchemaKey): Promise<AvroType> {
    const type = this.cached(schema);
    if (type) return Promise.resolve(type);
    const asked = this.#asked.get(schema);
    if (asked) return asked;
    const asking = this.#look(schema).finally(() => this.#asked.delete(schema));
    this.#asked.set(schema, asking);
    return asking;
  }

  /** Registers a schema under a subject, or finds it there. Rejects with `incompatible-schema` or `invalid-schema`. */
  async register(subject: string, schema: unknown, references: readonly SchemaReference[] = []): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const answer = await this.#http.request(path, requestBody(schema, references)).catch((error: unknown) => {
      throw error instanceof RegistryRefusedError ? notRegistered(subject, error) : error;
    });
    const id = isJsonObject(answer) ? answer.id : undefined;
    if (typeof id === 'number') return id;
    throw new RegistryUnavailableError(
      `Cannot register a schema for "${subject}": the answer ${quoted(answer)} has no id; is this the URL of a schema registry?`,
      this.#now(),
    );
  }

  /** Whether a schema may follow the latest one of the subject, by the subject's own rule. True for its first one. */
  async compatibility(
    subject: string,
    schema: unknown,
    references: readonly SchemaReference[] = [],
  ): Promise<Compatibility> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest?verbose=true`;
    try {
      const answer = await this.#http.request(path, requestBody(schema, references));
      const { is_compatible, messages } = isJsonObject(answer) ? answer : {};
      return { compatible: is_compatible === true, messages: Array.isArray(messages) ? messages.map(String) : [] };
    } catch (error) {
      if (isRefusal(error, NO_SUBJECT, NO_VERSION)) return { compatible: true, messages: [] };
      throw error instanceof RegistryRefusedError ? notRegistered(subject, error) : error;
    }
  }

  async #look(schema: SchemaKey): Promise<AvroType> {
    this.#refuseEarly(schema);
    this.stats.misses++;
    try {
      const type = await this.#fetchType(schema);
      this.#types.set(schema, type);
      this.#resting = undefined;
      return type;
    } catch (error) {
      throw this.#remembered(schema, error);
    }
  }

  /** Throws what is known without asking. */
  #refuseEarly(schema: SchemaKey): void {
    const nowMs = this.#now();
    const verdict = this.#absent.verdict(schema, nowMs);
    const resting = this.#resting && nowMs < this.#resting.notBeforeMs ? this.#resting : undefined;
    const error =
      this.#unusable.get(schema) ??
      (verdict.kind === 'unknown' ? new UnknownSchemaError(schema, verdict.misses) : undefined) ??
      (verdict.kind === 'wait' ? notYet(schema, verdict) : undefined) ??
      resting;
    if (!error) return;
    this.stats.negativeHits++;
    throw error;
  }

  /** The error to throw for a failed request, after taking note of it. */
  #remembered(schema: SchemaKey, error: unknown): unknown {
    if (error instanceof AvroDataError) {
      this.#unusable.set(schema, error);
      return error;
    }
    if (isRefusal(error, NO_SUBJECT, NO_VERSION, NO_SCHEMA)) {
      this.stats.absent++;
      this.#resting = undefined;
      const verdict = this.#absent.miss(schema, this.#now());
      if (verdict.kind === 'unknown') return new UnknownSchemaError(schema, verdict.misses);
      return verdict.kind === 'wait' ? notYet(schema, verdict) : error;
    }
    this.stats.errors++;
    if (error instanceof RegistryUnavailableError) this.#resting = error;
    if (!(error instanceof RegistryRefusedError)) return error;
    return new RegistryUnavailableError(`Cannot get schema ${schema}: ${error.message}`, this.#now(), { cause: error });
  }

  async #fetchType(schema: SchemaKey): Promise<AvroType> {
    const path = typeof schema === 'number' ? `/schemas/ids/${schema}` : `/schemas/guids/${encodeURIComponent(schema)}`;
    const found = this.#read(await this.#http.request(path), schema);
    const references = new Map<string, string>();
    await this.#collect(found.references, schema, references);
    return parseSchemaText(found.text, [...references.values()]);
  }

  /** The texts of all references, those that others need first. */
  async #collect(references: readonly SchemaReference[], schema: SchemaKey, texts: Map<string, string>): Promise<void> {
    const begun = new Set<string>();
    const collect = async (wanted: readonly SchemaReference[]): Promise<void> => {
      for (const { subject, version } of wanted) {
        const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`;
        if (begun.has(path)) continue;
        begun.add(path);
        const found = this.#read(await this.#http.request(path), schema);
        await collect(found.references);
        texts.set(path, found.text);
      }
    };
    await collect(references);
  }

  #read(answer: unknown, schema: SchemaKey): { text: string; references: readonly SchemaReference[] } {
    if (!isJsonObject(answer) || typeof answer.schema !== 'string')
      throw new RegistryUnavailableError(
        `Cannot get schema ${schema}: the answer ${quoted(answer)} has no schema; is this the URL of a schema registry?`,
        this.#now(),
      );
    if (answer.schemaType !== undefined && answer.schemaType !== 'AVRO')
      throw new AvroDataError(
        'invalid-schema',
        `Cannot read values of schema ${schema}: it is ${quoted(answer.schemaType)}, not AVRO; check the route's decoder`,
      );
    const references = Array.isArray(answer.references) ? answer.references.filter(isReference) : [];
    return { text: answer.schema, references };
  }
}

function requestBody(schema: unknown, references: readonly SchemaReference[]): unknown {
  return { schema: JSON.stringify(schema), ...(references.length > 0 && { references }) };
}

function notYet(schema: SchemaKey, wait: { readonly misses: number; readonly notBeforeMs: number }) {
  return new RegistryUnavailableError(
    `Cannot get schema ${schema} yet: the registry has not got it after ${wait.misses} requests; asking again soon`,
    wait.notBeforeMs,
  );
}

function notRegistered(subject: string, refused: RegistryRefusedError): AvroDataError {
  const code = refused.errorCode === 409 ? 'incompatible-schema' : 'invalid-schema';
  return new AvroDataError(
    code,
    `Cannot use this schema for "${subject}": ${refused.message}; change the schema, or the subject's compatibility`,
    { cause: refused },
  );
}

function isRefusal(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof RegistryRefusedError && codes.includes(error.errorCode);
}

function isReference(value: unknown): value is SchemaReference {
  return isJsonObject(value) && typeof value.subject === 'string' && typeof value.version === 'number';
}
