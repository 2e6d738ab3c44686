/** Texts in JSON lines: ids hardly ever need escapes, and to see that is much faster than JSON.stringify. */

const PLAIN = /^[\w .:@/-]*$/;

/** JSON.stringify(text). Hot path. */
export function jsonText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
