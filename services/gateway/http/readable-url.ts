/**
 * Addresses that stand for no text: without this, a broken one would be read as the text that it looks like, and so name
 * what has that text as its id.
 *
 * Invariants (contract/query.test.ts, contract/ids.test.ts):
 * 1. What is percent-encoded is UTF-8, in the path and in the query.
 * 2. Every parameter has a name: one without would be overlooked by what refuses unknown ones.
 */
import type { Check } from './check.ts';
import { ProblemError } from './problem.ts';

const NAMELESS = /[?&]=/;

export function requireReadableUrl(): Check {
  return (c) => {
    const { url } = c.req;
    if (url.includes('%') && !isReadable(url))
      throw new ProblemError(
        'bad-request',
        'Cannot read this address: encode what is no letter as UTF-8, "%" as "%25"',
      );
    if (NAMELESS.test(url)) {
      const fault = { parameter: '', detail: 'Expected a name before "="' };
      throw new ProblemError('invalid-parameter', `"": ${fault.detail}`, { errors: [fault] });
    }
  };
}

function isReadable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
