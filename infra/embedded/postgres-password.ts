/**
 * The password of an embedded PostgreSQL: made once, kept in a file of libpq's form that only we can read, so that
 * `PGPASSFILE=<file> psql ...` needs no password typed or shown.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

export async function keepPassword(file: string, user: string): Promise<string> {
  const line = await readFile(file, 'utf8').catch(() => undefined);
  const kept = line?.trim().split(':').at(-1);
  if (kept) return kept;
  const made = randomBytes(24).toString('base64url'); // no character that the form would have escaped
  await writeFile(`${file}.new`, `*:*:*:${user}:${made}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}
