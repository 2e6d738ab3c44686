/** Ids in the path of a request: any text that fits a key, when it is percent-encoded. */
import { z } from '@hono/zod-openapi';

/** An id of this many bytes fits a NATS subject even when every byte of it must be encoded. */
const MAX_ID_BYTES = 512;

/** `name` as in the path: `{id}`. */
export function pathId(name: string, description: string, example: string) {
  return z
    .string()
    .min(1)
    .refine(isId, { error: `Expected at most ${MAX_ID_BYTES} bytes of UTF-8` })
    .openapi({ param: { name, in: 'path' }, maxLength: MAX_ID_BYTES, description, example });
}

/** `{seq}`: what is not a place in a stream is not found, as any id that nobody has. */
export function pathPlace() {
  return pathId('seq', 'Its place in the stream: `seq` of a list', '1');
}

/** undefined: it is none. */
export function placeOf(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}

/** An id in the query: a listing of what is about it. */
export function queryId(description: string, example: string) {
  return z
    .string()
    .min(1)
    .refine(isId, { error: `Expected at most ${MAX_ID_BYTES} bytes of UTF-8` })
    .optional()
    .openapi({ maxLength: MAX_ID_BYTES, description, example });
}

function isId(id: string): boolean {
  return id.isWellFormed() && Buffer.byteLength(id) <= MAX_ID_BYTES;
}
