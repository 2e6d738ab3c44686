/**
 * JSON answers that keep their text, for routes that are asked often: what represents an answer (represent.ts) need not
 * read it back from a stream, which costs more than everything that is done with it.
 */
import type { Context, TypedResponse } from 'hono';
import type { JSONParsed } from 'hono/utils/types';

const JSON_TYPE = { 'content-type': 'application/json' };
const texts = new WeakMap<Response, string>();

/** As c.json(value, 200). */
export function jsonAnswer<T>(c: Context, value: T) {
  const text = JSON.stringify(value);
  const answer: Response = c.body(text, 200, JSON_TYPE);
  texts.set(answer, text);
  return answer as Response & TypedResponse<JSONParsed<T>, 200, 'json'>; // a note to the compiler, as in Hono's own
}

/** undefined: of another answer. */
export function textOf(answer: Response): string | undefined {
  return texts.get(answer);
}
