/** The two copies that the block formats of LZ4 and Snappy are made of. Callers have checked every bound. */

/** Below it a loop is faster than a call into the runtime. */
const SHORT = 24;

export function copyLiterals(source: Uint8Array, from: number, target: Uint8Array, at: number, length: number): void {
  if (length > SHORT) target.set(source.subarray(from, from + length), at);
  else for (let n = 0; n < length; n++) target[at + n] = source[from + n]!;
}

/** Repeats what lies `distance` bytes back; it may overlap what it writes, which is how a run is said. */
export function copyBack(target: Uint8Array, at: number, distance: number, length: number): void {
  if (length > SHORT && distance >= length) target.copyWithin(at, at - distance, at - distance + length);
  else if (length > SHORT && distance === 1) target.fill(target[at - 1]!, at, at + length);
  else for (let n = at, end = at + length; n < end; n++) target[n] = target[n - distance]!;
}
