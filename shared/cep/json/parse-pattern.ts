/**
 * Reads a pattern file (JSON): checks it, and makes it what runs.
 *
 *   const pattern = parsePattern(readFileSync(file, 'utf8'), file);
 *
 * Invariants (tested in parse-pattern.test.ts):
 * 1. Every error names the file, the place, its value, and what to do; all errors of one kind are told at once.
 * 2. A pattern that is read compiles and runs.
 */
import { compilePattern } from '../compile-pattern.ts';
import { InvalidPatternError } from '../pattern.ts';
import { type EventPattern, eventPattern } from './event-pattern.ts';
import { PatternFileError } from './pattern-file-error.ts';
import { issueProblems } from './pattern-issues.ts';
import { patternProblems } from './pattern-problems.ts';
import { patternSchema } from './pattern-schema.ts';
import type { PatternSpec } from './pattern-spec.ts';

/** Deeper than anyone writes, and not so deep that checking it runs out of stack. */
const MAX_DEPTH = 64;

/** `file` is for messages. Throws PatternFileError. */
export function parsePattern(text: string, file: string): EventPattern {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PatternFileError(file, [{ path: [], text: `is no JSON (${why}); correct it there` }], { cause });
  }
  return readPattern(document, file);
}

/** Of a document that is parsed already. */
export function readPattern(document: unknown, file: string): EventPattern {
  const pattern = eventPattern(validateSpec(document, file));
  try {
    compilePattern(pattern.pattern, { compat: pattern.compat });
  } catch (cause) {
    if (!(cause instanceof InvalidPatternError)) throw cause;
    throw new PatternFileError(file, [{ path: ['stages'], text: cause.message }], { cause });
  }
  return pattern;
}

/** The data alone. Throws PatternFileError. */
function validateSpec(document: unknown, file: string): PatternSpec {
  if (!isShallow(document, MAX_DEPTH))
    throw new PatternFileError(file, [{ path: [], text: `is nested more than ${MAX_DEPTH} deep; write it flatter` }]);
  const parsed = patternSchema.safeParse(document, { reportInput: true });
  if (!parsed.success) throw new PatternFileError(file, parsed.error.issues.flatMap(issueProblems));
  const problems = patternProblems(parsed.data);
  if (problems.length > 0) throw new PatternFileError(file, problems);
  return parsed.data;
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}
