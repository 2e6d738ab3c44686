/** The parts that all routes of the API share: their answers, their strict query, and how a bad request is told. */
import { z } from '@hono/zod-openapi';
import { Problem, ProblemError } from './problem.ts';

type Shape = Readonly<Record<string, z.ZodType>>;

/** A 200 answer and the problems a route may answer with. */
export function answers<S extends z.ZodType>(schema: S, description: string) {
  return {
    200: { description, content: { 'application/json': { schema } } },
    400: problem('A parameter is unknown or has a value that cannot be used'),
    404: problem('There is no such thing'),
    500: problem('The gateway failed; the request id finds the cause in its log'),
    503: problem('NATS is away, or the service has no data yet; try again'),
  };
}

/** A query that refuses parameters it does not know, naming those it does. */
export function strictQuery<S extends Shape>(shape: S) {
  const known = Object.keys(shape);
  const hint = known.length === 0 ? 'this resource takes none' : `known are ${known.join(', ')}`;
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `Unknown parameter: ${hint}` : undefined),
  });
}

/** zod-openapi's hook: every failed validation becomes one problem that names the parameters. */
export function refuseInvalid(result: { success: boolean; error?: z.ZodError }): void {
  if (result.success || !result.error) return;
  const errors = result.error.issues.flatMap((issue) => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.map(String).join('.')];
    return names.map((parameter) => ({ parameter: shorten(parameter), detail: issue.message }));
  });
  const detail = errors.map((error) => `"${error.parameter}": ${error.detail}`).join('; ');
  throw new ProblemError('invalid-parameter', detail, { errors });
}

function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: Problem } } };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
