/** Reading single settings from an environment, with errors that name the variable and what was expected. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting has a value that cannot be used. */
export class SettingError extends Error {
  readonly code = 'setting';
}

/** Undefined when absent or blank. */
export function textSetting(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** `lowest` 0: a free port may be picked. */
export function portSetting(env: Environment, name: string, fallback: number, lowest: 0 | 1): number {
  const value = textSetting(env, name);
  if (value === undefined) return fallback;
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < lowest || parsed > 65_535)
    throw new SettingError(`Cannot use ${name}="${value}": expected a port between ${lowest} and 65535`);
  return parsed;
}

/** In any case (`SASL_SSL`, `sasl_ssl`); undefined when absent. */
export function choiceSetting<const T extends string>(
  env: Environment,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = textSetting(env, name);
  if (value === undefined) return undefined;
  const found = choices.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
  if (!found) throw new SettingError(`Cannot use ${name}="${value}": expected one of ${choices.join(', ')}`);
  return found;
}

export interface NumberRange {
  readonly least: number;
  readonly most: number;
  /** Fractions are refused. */
  readonly whole?: true;
}

export function numberSetting(env: Environment, name: string, fallback: number, range: NumberRange): number {
  const value = textSetting(env, name);
  if (value === undefined) return fallback;
  const { least, most, whole } = range;
  const parsed = Number(value);
  if (!(parsed >= least && parsed <= most) || (whole && !Number.isInteger(parsed)))
    throw new SettingError(
      `Cannot use ${name}="${value}": expected a ${whole ? 'whole ' : ''}number from ${least} to ${most}`,
    );
  return parsed;
}
