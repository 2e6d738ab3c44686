/**
 * Which member should own a partition: rendezvous (highest random weight) hashing. Every member computes the same
 * answer from the same list, and a member that comes or goes moves only its own share.
 * Source: Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996.
 */
import { fnv1a32 } from '../events/partition.ts';

/** The member with the highest weight for this key; undefined when there are none. */
export function desiredOwner(key: string, members: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestWeight = -1;
  for (const member of members) {
    const weight = mix(fnv1a32(`${member}\u0000${key}`));
    if (weight > bestWeight || (weight === bestWeight && best !== undefined && member < best)) {
      best = member;
      bestWeight = weight;
    }
  }
  return best;
}

/** Finaliser of MurmurHash3 (public domain, A. Appleby): FNV alone leaves the high bits of similar names alike. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
