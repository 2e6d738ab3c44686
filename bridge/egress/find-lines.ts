/**
 * Finds the few lines of a commit frame that are wanted: a native search for bytes that only they have, then a look at
 * the line's beginning. Most of a frame is live values and private state, which is never decoded.
 */
const NEWLINE = 10;

/** The JSON values of lines that begin with `prefix` and hold `needle`, in order. */
export function* findLines(payload: Uint8Array, prefix: string, needle: string): Generator<unknown> {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let found = bytes.indexOf(needle); found >= 0; ) {
    const start = bytes.lastIndexOf(NEWLINE, found) + 1;
    const newline = bytes.indexOf(NEWLINE, found);
    const end = newline < 0 ? bytes.length : newline;
    if (bytes.toString('latin1', start, start + prefix.length) === prefix)
      yield JSON.parse(bytes.toString('utf8', start, end)) as unknown;
    if (newline < 0) return;
    found = bytes.indexOf(needle, end);
  }
}

/** Values of a table that are final. `"final":true` cannot stand in a JSON text, whose quotes are escaped. */
export function* findFinals<V>(payload: Uint8Array, table: string): Generator<V> {
  for (const line of findLines(payload, `{"put":"${table}.`, '"final":true')) yield (line as { v: V }).v;
}

export function* findPuts<V>(payload: Uint8Array, table: string): Generator<V> {
  const prefix = `{"put":"${table}.`;
  for (const line of findLines(payload, prefix, prefix)) yield (line as { v: V }).v;
}

export function* findEmits<V>(payload: Uint8Array, kind: string): Generator<V> {
  const prefix = `{"emit":"${kind}"`;
  for (const line of findLines(payload, prefix, prefix)) yield (line as { v: V }).v;
}
