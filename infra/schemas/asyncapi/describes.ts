/** Ties a schema to the type it describes, so that the compiler sees when one of them has changed. */
import type { z } from '@hono/zod-openapi';

/** The same values where they may be written to, and tuples as lists: what schemas say. */
type Plain<T> = T extends readonly (infer V)[]
  ? Plain<V>[]
  : T extends object
    ? { -readonly [K in keyof T]: Plain<T[K]> }
    : T;
type KeysOf<T> = T extends unknown ? keyof T : never;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** The schema as it is; refused unless every T is a value of it, and both have the same members. */
export function describes<T>() {
  return <S extends z.ZodType>(
    schema: [Plain<T>] extends [z.output<S>] ? (Same<KeysOf<T>, KeysOf<z.output<S>>> extends true ? S : never) : never,
  ): S => schema;
}
