/**
 * Bytes as the value of a NATS header, and back.
 *
 * Text stands as it is, so that `nats sub` shows it; what no header can hold as text is `base64:` and its base64.
 * Clients trim values and split lines, so that is: no UTF-8, control characters, white space at either end, and text
 * that begins with `base64:` itself.
 *
 * Invariant (tested in mirror-headers.test.ts): readText(writeText(bytes)) is these bytes, and a header value holds it.
 */
const MARK = 'base64:';
const NOT_TEXT = /[^\x20-\x7e\xa0-\uffff]/;

/** Hot path: once a header of a record. */
export function writeText(value: Buffer | string): string {
  const text = typeof value === 'string' ? value : utf8Of(value);
  if (text !== undefined && !NOT_TEXT.test(text) && text.trim().length === text.length && !text.startsWith(MARK))
    return text;
  return MARK + Buffer.from(value).toString('base64');
}

export function readText(text: string): Buffer {
  return text.startsWith(MARK) ? Buffer.from(text.slice(MARK.length), 'base64') : Buffer.from(text);
}

/** undefined: these bytes are no UTF-8. */
export function utf8Of(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  // The replacement character stands for what could not be read, unless it was there.
  return text.includes('\ufffd') && !Buffer.from(text).equals(bytes) ? undefined : text;
}
