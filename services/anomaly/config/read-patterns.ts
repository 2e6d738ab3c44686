/** Patterns that a rules file adds, as rules: checked as shared/cep/json checks them, and that they fit this service. */
import { readPattern } from '../../../shared/cep/json/parse-pattern.ts';
import { PatternFileError } from '../../../shared/cep/json/pattern-file-error.ts';
import { SettingError } from '../../../shared/config/environment.ts';
import { fnv1a32 } from '../../../shared/events/partition.ts';
import { type CepRule, highOrderVolume } from '../cep-rules.ts';

/** Throws SettingError. */
export function readPatterns(documents: readonly unknown[], file: string): CepRule[] {
  const names = new Set([highOrderVolume('global').name, highOrderVolume('key').name]);
  return documents.map((document, at) => {
    const rule = readRule(document, `${file}, maip.patterns[${at}]`);
    if (names.has(rule.name))
      throw new SettingError(`Cannot use two patterns named "${rule.name}" (${file}): rename maip.patterns[${at}]`);
    names.add(rule.name);
    return rule;
  });
}

function readRule(document: unknown, place: string): CepRule {
  const { kind, alert, ...pattern } = readChecked(document, place);
  if (kind !== 'maip')
    throw new SettingError(`Cannot use the pattern "${place}": it is over "${kind}" events; set input.kind to maip`);
  if (!alert) throw new SettingError(`Cannot use the pattern "${place}": it says nothing of a match; give it an alert`);
  return { ...pattern, alert, readsPayload: true, fingerprint: fnv1a32(JSON.stringify(document)).toString(16) };
}

function readChecked(document: unknown, place: string) {
  try {
    return readPattern(document, place);
  } catch (cause) {
    if (cause instanceof PatternFileError) throw new SettingError(cause.message, { cause });
    throw cause;
  }
}
