/** What a bucket holds, and what a table takes, as JSON. */

/** A value of a bucket. */
export type Json = Readonly<Record<string, unknown>>;
/** What of a row is the value's; the sink adds the key and the version. */
export type Row = Record<string, unknown>;
