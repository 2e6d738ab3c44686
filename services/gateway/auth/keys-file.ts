/**
 * The file of WEIR_API_KEYS_FILE: who has a key and what each may do, in YAML or JSON. It holds no key, only digests.
 *
 * Invariants (keys-file.test.ts):
 * 1. What it says is in force within seconds, without a restart. While it cannot be read, what it said before stays.
 * 2. No error repeats a value of it: somebody may have written a key where its digest belongs.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { SettingError } from '../../../shared/config/environment.ts';
import { readSource } from '../../../shared/config/route-source.ts';
import { readSettingFile } from '../../../shared/config/secret.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { type ApiKey, type ApiKeys, byDigest } from './api-key.ts';
import { ROLES } from './role.ts';

const SETTING = 'WEIR_API_KEYS_FILE';
const WHAT = 'API keys file';
const LOOK_MS = 2_000;
/** Names are in log lines and in settings of dashboards: no blanks, nothing to be escaped. */
const NAME = /^[\w.@-]{1,64}$/;

export const KeyName = z.string().regex(NAME, { error: 'expected 1 to 64 letters, digits and . @ - _' });

const KeyEntry = z.strictObject(
  {
    name: KeyName,
    role: z.enum(ROLES, { error: `expected one of ${ROLES.join(', ')}` }),
    sha256: z.string({ error: 'expected text in quotes' }).regex(/^[0-9a-f]{64}$/, {
      error: 'expected the SHA-256 of the key, 64 hexadecimal digits: never the key itself',
    }),
    expires: z.iso.datetime({ offset: true, error: 'expected a time with its zone: 2027-01-31T00:00:00Z' }).optional(),
  },
  { error: 'expected name, role, sha256 and perhaps expires, and nothing else' },
);
const KeysDocument = z.strictObject(
  { keys: z.array(KeyEntry, { error: 'expected a list' }) },
  { error: 'expected one member, "keys"' },
);

/** Throws SettingError. */
export function parseKeys(text: string, file: string): readonly ApiKey[] {
  const { document, place } = readSource(text, file, WHAT);
  const parsed = KeysDocument.safeParse(document);
  const refuse = (path: readonly PropertyKey[], why: string) =>
    new SettingError(`Cannot use the ${WHAT} "${file}": ${place(path)}: ${why}`);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(issue?.path ?? [], issue?.message ?? 'it cannot be read');
  }
  const { keys } = parsed.data;
  for (const [at, key] of keys.entries())
    for (const field of ['name', 'sha256'] as const)
      if (keys.findIndex((other) => other[field] === key[field]) !== at)
        throw refuse(['keys', at, field], 'another key has the same; each needs its own');
  return keys.map(({ name, role, sha256, expires }) => ({
    name,
    role,
    sha256,
    ...(expires !== undefined && { expiresMs: Date.parse(expires) }),
  }));
}

export class KeysFile {
  readonly #path: string;
  readonly #logger: Logger;
  #text: string;
  #keys: ApiKeys;
  #problem: string | undefined;

  private constructor(path: string, logger: Logger, text: string) {
    this.#path = path;
    this.#logger = logger;
    this.#text = text;
    this.#keys = byDigest(parseKeys(text, path));
  }

  /** Throws SettingError. */
  static async open(path: string, logger: Logger): Promise<KeysFile> {
    return new KeysFile(path, logger, await readSettingFile(SETTING, path));
  }

  get keys(): ApiKeys {
    return this.#keys;
  }

  /** Why the file as it is now is not in force; undefined: it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks again and again until the signal aborts; a file that a container mounts changes by a link. */
  async run(stop: AbortSignal, everyMs = LOOK_MS): Promise<void> {
    while (!stop.aborted) {
      await delay(everyMs, undefined, { signal: stop, ref: false }).catch(() => undefined);
      if (!stop.aborted) await this.look();
    }
  }

  async look(): Promise<void> {
    try {
      const text = await readFile(this.#path, 'utf8');
      if (text === this.#text && this.#problem === undefined) return;
      this.#keys = byDigest(parseKeys(text, this.#path));
      this.#text = text;
      this.#problem = undefined;
      this.#logger.info('Keys changed', { count: this.#keys.size });
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
    }
  }

  #refuse(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#logger.error('The former API keys stay in force', { reason: problem });
  }
}
