/**
 * A password, and where it comes from: `NAME` holds it, or `NAME_FILE` names a file that does, as containers have it.
 * 1. A secret is in no error message.
 * 2. Blanks belong to it; only the line end that editors put behind a file does not.
 */
import { readFile } from 'node:fs/promises';
import { type Environment, SettingError, textSetting } from './environment.ts';

export type Secret =
  | { readonly kind: 'text'; readonly secret: string }
  | { readonly kind: 'file'; readonly path: string; readonly setting: string };

/** Undefined when absent or empty. */
export function secretSetting(env: Environment, name: string): Secret | undefined {
  const secret = env[name];
  const setting = `${name}_FILE`;
  const path = textSetting(env, setting);
  if (secret && path) throw new SettingError(`Cannot use ${name} and ${setting} together: unset one of them`);
  if (path) return { kind: 'file', path, setting };
  return secret ? { kind: 'text', secret } : undefined;
}

export async function readSecret(from: Secret): Promise<string> {
  if (from.kind === 'text') return from.secret;
  const secret = (await readSettingFile(from.setting, from.path)).replace(/\r?\n$/, '');
  if (secret === '') throw new SettingError(`Cannot use ${from.setting}="${from.path}": the file is empty`);
  return secret;
}

/** A file that a setting names. */
export async function readSettingFile(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new SettingError(`Cannot read ${setting}="${path}" (${why}): check the path and its permissions`);
  }
}
