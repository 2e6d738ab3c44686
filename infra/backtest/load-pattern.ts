/** Finds the pattern that is meant: a file, or one of the examples by its name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EventPattern } from '../../shared/cep/json/event-pattern.ts';
import { parsePattern } from '../../shared/cep/json/parse-pattern.ts';
import { BacktestError } from './backtest-error.ts';

const EXAMPLES = new URL('../../shared/cep/json/examples/', import.meta.url);

export function exampleNames(): string[] {
  return readdirSync(EXAMPLES)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** `folder`: where relative names begin. Throws BacktestError, or PatternFileError with the place of each fault. */
export function loadPattern(asked: string, folder: string): EventPattern {
  if (exampleNames().includes(asked))
    return parsePattern(readFileSync(new URL(`${asked}.json`, EXAMPLES), 'utf8'), asked);
  const file = resolve(folder, asked);
  if (!existsSync(file))
    throw new BacktestError(`Cannot find the pattern "${asked}": name a file, or one of ${exampleNames().join(', ')}`);
  return parsePattern(readText(file), asked);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BacktestError(`Cannot read the pattern "${file}": ${why}`, { cause });
  }
}
