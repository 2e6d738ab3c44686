/**
 * Mesh partitions: a fixed number of logical partitions (P) over which keys are spread.
 * A partition is `p00`..`p15`; `all` is the single partition of a second stage that combines.
 */

/** P, fixed for the life of a mesh: every partition's place in the logs depends on it. */
export const PARTITION_COUNT = 16;

/** The partition of a stage that combines all partitions of another. */
export const ALL = 'all';

/** `p00`, `p01`, ... in order. */
export const PARTITIONS: readonly string[] = Array.from({ length: PARTITION_COUNT }, (_, n) => partitionName(n));

export function partitionName(index: number): string {
  return `p${String(index).padStart(2, '0')}`;
}

const utf8 = new TextEncoder();

/** FNV-1a, 32 bit, over the key's UTF-8 bytes (http://www.isthe.com/chongo/tech/comp/fnv/). */
export function fnv1a32(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (code > 0x7f) return fnv1a32Bytes(utf8.encode(key));
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return hash >>> 0;
}

function fnv1a32Bytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The index (0..P-1) of the mesh partition that owns this key. */
export function partitionOf(key: string): number {
  return fnv1a32(key) % PARTITION_COUNT;
}
