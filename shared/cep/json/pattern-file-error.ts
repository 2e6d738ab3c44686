/** A pattern as data that cannot be used: every problem, each with its place and what to do. */

export interface Problem {
  /** `['stages', 1, 'where', 'gt']`; empty: the file. */
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

export class PatternFileError extends Error {
  readonly code = 'pattern-file';
  override readonly name = 'PatternFileError';
  readonly problems: readonly Problem[];

  /** `file` is for the message. */
  constructor(file: string, problems: readonly Problem[], options?: ErrorOptions) {
    const told = problems.map(({ path, text }) => `${placeOf(path)}: ${text}`);
    super(`Cannot use the pattern "${file}": ${told.join('\n  ')}`, options);
    this.problems = problems;
  }
}

/** `stages[1].where.gt` */
export function placeOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}
