/** What zod finds wrong with a pattern, in words: the value, and what to do. */
import type { z } from 'zod';
import type { Problem } from './pattern-file-error.ts';

const LONGEST_SHOWN = 60;

export function issueProblems(issue: z.core.$ZodIssue): Problem[] {
  const { path } = issue;
  if (issue.code === 'invalid_union') {
    const inside = meantForm(issue);
    if (inside) return inside.flatMap((inner) => issueProblems({ ...inner, path: [...path, ...inner.path] }));
  }
  if (issue.code !== 'unrecognized_keys') return [{ path, text: issueText(issue) }];
  const text = 'is no member that a pattern has here; check the spelling (shared/cep/json/README.md has all of them)';
  return issue.keys.map((key) => ({ path: [...path, key], text }));
}

/** Of a value that may have several forms: what is wrong with the only one that it resembles. */
function meantForm({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const isInside = ({ path, code }: z.core.$ZodIssue) => path.length > 0 || code === 'unrecognized_keys';
  const resembling = errors.filter((issues) => issues.every(isInside));
  return resembling.length === 1 ? resembling[0] : undefined;
}

function issueText(issue: z.core.$ZodIssue): string {
  const value = shown(issue.input);
  if (issue.input === undefined && issue.code !== 'custom') return 'is missing; set it';
  switch (issue.code) {
    case 'invalid_type':
      return `${value} is no ${nameOf(issue.expected)}; correct it`;
    case 'invalid_value':
      return `${value} is not known; set one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `${value} is below ${issue.minimum}; raise it`
        : `${value} is empty; fill it or leave it out`;
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `${value} is over ${issue.maximum}; lower it`
        : `${value} is longer than ${issue.maximum}; shorten it`;
    default:
      return `${value} ${issue.message}`; // formats and unions: the schema says what they take
  }
}

function nameOf(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'text (put it in quotes)',
    int: 'whole number',
    array: 'list (write [ ] around it)',
    object: 'object (write { } around it)',
    boolean: 'true or false',
  };
  return names[expected] ?? expected;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
