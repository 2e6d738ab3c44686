/** The parts that all routes of the API share: their answers, their strict query, and how a bad request is told. */
import { z } from '@hono/zod-openapi';
import { Problem, ProblemError } from './problem.ts';

type Shape = Readonly<Record<string, z.ZodType>>;

/** A 200 answer and the problems a route may answer with, besides those of every route (auth/route-roles.ts). */
export function answers<S extends z.ZodType>(schema: S, description: string) {
  return {
    200: { description, content: { 'application/json': { schema } } },
    400: problem('A parameter is unknown or has a value that cannot be used'),
    500: problem('The gateway failed; the request id finds the cause in its log'),
    503: problem('NATS is away, or the service has no data yet; try again'),
  };
}

/** What a route may answer besides when it takes a body and changes something. */
export const WRITE_PROBLEMS = {
  409: problem('It does not fit what there is'),
  412: problem('If-Match or If-None-Match does not hold: it has changed since it was read'),
  413: problem('The body is larger than 256 KiB'),
  415: problem('The body is not application/json'),
  422: problem('The body cannot be used; errors[] names the fields'),
};

/** A query that refuses parameters it does not know, naming those it does. */
export function strictQuery<S extends Shape>(shape: S) {
  const known = Object.keys(shape);
  const hint = known.length === 0 ? 'this resource takes none' : `known are ${known.join(', ')}`;
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `Unknown parameter: ${hint}` : undefined),
  });
}

/** `?dryRun`, `?dryRun=true`. */
export const DryRunQuery = strictQuery({
  dryRun: z
    .enum(['', 'true', 'false'], { error: 'Expected true, false or nothing' })
    .optional()
    .openapi({ description: 'Change nothing, and say what would come of it', example: 'true' }),
});

export function isDryRun({ dryRun }: { dryRun?: string | undefined }): boolean {
  return dryRun === '' || dryRun === 'true';
}

/** What zod-openapi gives its hook. */
type Validated = { readonly target: string; readonly success: boolean; readonly error?: z.ZodError };

/** zod-openapi's hook: every failed validation becomes one problem that names the parameters, or the body's fields. */
export function refuseInvalid({ target, success, error }: Validated): void {
  if (success || !error) return;
  const named = error.issues.flatMap((issue) => {
    const path = pathText(issue.path);
    const names = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => fieldOf(path, key)) : [path];
    return names.map((name) => ({ name: shorten(name), detail: issue.message }));
  });
  throw target === 'json'
    ? invalidBody(named.map(({ name, detail }) => ({ field: name, detail })))
    : new ProblemError('invalid-parameter', sentence(named), {
        errors: named.map(({ name, detail }) => ({ parameter: name, detail })),
      });
}

/** A body that is JSON, and cannot be used for these reasons. */
export function invalidBody(faults: readonly { readonly field: string; readonly detail: string }[]): ProblemError {
  const named = faults.map(({ field, detail }) => ({ name: field || 'body', detail }));
  return new ProblemError('invalid-body', sentence(named), { errors: faults.map((fault) => ({ ...fault })) });
}

function sentence(named: readonly { readonly name: string; readonly detail: string }[]): string {
  return named.map(({ name, detail }) => `"${name}": ${detail}`).join('; ');
}

/** `rules[0].operator`, as one would write it in code. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => fieldOf(text, step), '');
}

function fieldOf(text: string, step: PropertyKey): string {
  if (typeof step === 'number') return `${text}[${step}]`;
  return text === '' ? String(step) : `${text}.${String(step)}`;
}

export function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: Problem } } };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
