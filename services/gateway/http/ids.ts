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
    .openapi({ param: { name, in: 'path' }, description, example });
}

/** An id in the query: a listing of what is about it. */
export function queryId(description: string, example: string) {
  return z
    .string()
    .min(1)
    .refine(isId, { error: `Expected at most ${MAX_ID_BYTES} bytes of UTF-8` })
    .optional()
    .openapi({ description, example });
}

function isId(id: string): boolean {
  return id.isWellFormed() && Buffer.byteLength(id) <= MAX_ID_BYTES;
}
