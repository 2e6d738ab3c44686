/** What zod finds wrong with a routes file, in words: the value, and what to do. */
import type { z } from 'zod';
import type { Problem } from './route-problems.ts';

/** What zod found, with the value and what to do. */
export function issueProblems(issue: z.core.$ZodIssue): Problem[] {
  const { path } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ path, text: issueText(issue) }];
  const text = 'is no member that a route has here; check the spelling (shared/config/routes.md has all of them)';
  return issue.keys.map((key) => ({ path: [...path, key], text }));
}

function issueText(issue: z.core.$ZodIssue): string {
  const value = shown(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing; set it' : `${value} is no ${nameOf(issue)}; correct it`;
    case 'invalid_value':
      return `${issue.input === undefined ? 'is missing' : `${value} is not known`}; set one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'number'
        ? `${value} is below ${issue.minimum}; raise it`
        : `${value} is empty; fill it or leave it out`;
    case 'too_big':
      return `${value} is over ${issue.maximum}; lower it`;
    default:
      return `${value}: ${issue.message}`;
  }
}

function nameOf({ expected }: z.core.$ZodIssueInvalidType): string {
  const names: Readonly<Record<string, string>> = {
    string: 'text (put it in quotes)',
    int: 'whole number',
    array: 'list (write [ ] around it)',
    boolean: 'true or false',
  };
  return names[expected] ?? expected;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
