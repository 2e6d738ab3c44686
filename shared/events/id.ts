/**
 * Ids inside NATS subjects and KV keys.
 *
 * An id keeps `[A-Za-z0-9_-]`; every other UTF-8 byte becomes `=XX` (upper-case hex); the empty id is `=`.
 *
 * Invariants (tested in id.test.ts):
 * 1. decodeId(encodeId(x)) === x for every well-formed string; lone surrogates are refused.
 * 2. The encoded form is one legal NATS subject token and one legal KV key token, never empty.
 * 3. Different ids have different encoded forms.
 */

const SAFE = /^[A-Za-z0-9_-]+$/;
const ENCODED = /^(?:=|(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+)$/;

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Encodes one id as one token. Throws RangeError on a lone surrogate, which has no UTF-8 form. */
export function encodeId(id: string): string {
  if (SAFE.test(id)) return id; // the common case: one regex, no allocation
  if (id === '') return '=';
  if (!id.isWellFormed()) throw new RangeError('Cannot encode an id with a lone surrogate as a key');
  let token = '';
  for (const byte of utf8.encode(id)) {
    const char = String.fromCharCode(byte);
    token += SAFE.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return token;
}

/** The inverse of encodeId. Throws RangeError on a token that encodeId cannot have made. */
export function decodeId(token: string): string {
  if (token === '=') return '';
  if (!ENCODED.test(token)) throw new RangeError(`Cannot decode "${token}": not an encoded id`);
  if (!token.includes('=')) return token;
  const bytes: number[] = [];
  for (let at = 0; at < token.length; at++) {
    if (token[at] === '=') {
      bytes.push(Number.parseInt(token.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(token.charCodeAt(at));
  }
  return strictUtf8.decode(Uint8Array.from(bytes));
}
