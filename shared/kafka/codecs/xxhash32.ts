/** xxHash32, the checksum of LZ4's frame format (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Pure. */

const P1 = 0x9e3779b1 | 0;
const P2 = 0x85ebca77 | 0;
const P3 = 0xc2b2ae3d | 0;
const P4 = 0x27d4eb2f | 0;
const P5 = 0x165667b1 | 0;

/** Of `data[start, end)` with seed 0, as an unsigned number. */
export function xxhash32(data: Uint8Array, start = 0, end = data.length): number {
  let at = start;
  let hash = P5;
  if (end - start >= 16) {
    let a = (P1 + P2) | 0;
    let b = P2;
    let c = 0;
    let d = -P1 | 0;
    for (; at <= end - 16; at += 16) {
      a = round(a, word(data, at));
      b = round(b, word(data, at + 4));
      c = round(c, word(data, at + 8));
      d = round(d, word(data, at + 12));
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
  }
  hash = (hash + (end - start)) | 0;
  for (; at <= end - 4; at += 4) hash = Math.imul(rotate((hash + Math.imul(word(data, at), P3)) | 0, 17), P4);
  for (; at < end; at++) hash = Math.imul(rotate((hash + Math.imul(data[at]!, P5)) | 0, 11), P1);
  return avalanche(hash);
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, P2)) | 0, 13), P1);
}

function avalanche(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), P2);
  const twice = Math.imul(once ^ (once >>> 13), P3);
  return (twice ^ (twice >>> 16)) >>> 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function word(data: Uint8Array, at: number): number {
  return data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
}
