/**
 * Remembers schemas that the registry said it has not. A registry with replicas answers so for a moment after a schema
 * was registered, therefore the first answers are not believed.
 *
 *     miss at 0 s, 1 s, 3 s, 7 s, 15 s ── unknown ── asked again every 60 s, in case it was registered late
 *
 * Pure: time comes in as a parameter. Invariants (tested in absent-schemas.test.ts):
 * 1. A schema is not asked for before its back-off is over.
 * 2. It is unknown only after BELIEVED_MISSES answers, with all back-offs between them.
 * 3. At most MAX_REMEMBERED schemas are remembered; the ones missed longest ago are forgotten first.
 */
import type { SchemaKey } from './wire-format.ts';

export const BELIEVED_MISSES = 5;
export const MAX_REMEMBERED = 10_000;
const FIRST_WAIT_MS = 1_000;
const UNKNOWN_WAIT_MS = 60_000;

interface Absent {
  readonly misses: number;
  readonly notBeforeMs: number;
}

export type Verdict =
  | { readonly kind: 'ask' }
  | { readonly kind: 'wait'; readonly misses: number; readonly notBeforeMs: number }
  | { readonly kind: 'unknown'; readonly misses: number };

export class AbsentSchemas {
  readonly #absent = new Map<SchemaKey, Absent>();

  verdict(schema: SchemaKey, nowMs: number): Verdict {
    const absent = this.#absent.get(schema);
    if (!absent || nowMs >= absent.notBeforeMs) return { kind: 'ask' };
    return absent.misses >= BELIEVED_MISSES ? { kind: 'unknown', misses: absent.misses } : { kind: 'wait', ...absent };
  }

  /** The registry said it has no such schema. The verdict is what the caller has to do now. */
  miss(schema: SchemaKey, nowMs: number): Verdict {
    const misses = (this.#absent.get(schema)?.misses ?? 0) + 1;
    const waitMs = misses >= BELIEVED_MISSES ? UNKNOWN_WAIT_MS : FIRST_WAIT_MS * 2 ** (misses - 1);
    this.#absent.delete(schema); // to the end of the map's order
    this.#absent.set(schema, { misses, notBeforeMs: nowMs + waitMs });
    this.#forgetOldest();
    return this.verdict(schema, nowMs);
  }

  #forgetOldest(): void {
    if (this.#absent.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#absent.keys();
    if (oldest !== undefined) this.#absent.delete(oldest);
  }
}
