/** `npm run gateway -- key <name> --role read`: makes a key. It is shown once and stored nowhere; its digest is. */
import { parseArgs } from 'node:util';
import { SettingError } from '../../../shared/config/environment.ts';
import { digestOf, newKey } from './api-key.ts';
import { KeyName } from './keys-file.ts';
import { ROLES } from './role.ts';

export interface MadeKey {
  readonly key: string;
  /** For the keys file. */
  readonly line: string;
}

export const USAGE = `Usage: npm run gateway -- key <name> --role ${ROLES.join('|')} [--days <until it expires>]`;

const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;

/** Throws SettingError. */
export function makeKey(args: readonly string[], nowMs: number): MadeKey {
  const { name, role, days } = readArguments(args);
  const key = newKey();
  const expires = days === undefined ? '' : `, expires: "${new Date(nowMs + days * DAY_MS).toISOString()}"`;
  return { key, line: `  - { name: "${name}", role: ${role}, sha256: "${digestOf(key)}"${expires} }` };
}

function readArguments(args: readonly string[]) {
  const { positionals, values } = parse(args);
  const [name, ...more] = positionals;
  const role = ROLES.find((each) => each === values.role);
  const days = values.days === undefined ? undefined : Number(values.days);
  if (name === undefined || more.length > 0) throw new SettingError(`Cannot make a key: name one. ${USAGE}`);
  const named = KeyName.safeParse(name);
  if (!named.success) throw new SettingError(`Cannot name a key "${name}": ${named.error.issues[0]?.message}`);
  if (role === undefined) throw new SettingError(`Cannot make a key of the role "${values.role ?? ''}". ${USAGE}`);
  if (days !== undefined && !(days > 0 && days <= MAX_DAYS))
    throw new SettingError(`Cannot use --days "${values.days}": expected a number of days from 1 to ${MAX_DAYS}`);
  return { name, role, days };
}

function parse(args: readonly string[]) {
  try {
    const options = { role: { type: 'string' }, days: { type: 'string' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new SettingError(`Cannot read the arguments (${error instanceof Error ? error.message : error}). ${USAGE}`);
  }
}
