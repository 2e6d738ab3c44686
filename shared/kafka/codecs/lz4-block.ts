/**
 * LZ4's block format (github.com/lz4/lz4, doc/lz4_Block_format.md), both ways. Pure; frames are lz4-frame.ts.
 *
 *     token(4 bits literals | 4 bits match - 4)  [more literals]  literals  distance(2, LE)  [more match]
 *
 * 1. Decoding reads nothing outside `source[from, to)`, writes nothing outside `target[at, limit)`, and goes forward in
 *    both with every step: damaged input ends in an error, never in a loop.
 */
import { CodecError } from './codec-error.ts';
import { copyBack, copyLiterals } from './copy-bytes.ts';
import { findMatches, MIN_MATCH, type Span } from './find-matches.ts';

/** Decodes into `target[at, limit)`; matches reach back to `floor`. Returns where it ended. */
export function decodeBlock(
  source: Uint8Array,
  { from, to }: Span,
  target: Uint8Array,
  { at, limit, floor }: { readonly at: number; readonly limit: number; readonly floor: number },
): number {
  let read = from;
  let write = at;
  while (read < to) {
    const token = source[read++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && read < to) literals += more = source[read++]!;
    }
    if (literals > to - read) throw damaged('literals run over the end of their block');
    if (literals > limit - write) throw damaged('a block holds more than it may');
    copyLiterals(source, read, target, write, literals);
    read += literals;
    write += literals;
    if (read === to) return write;
    if (to - read < 2) throw damaged('a block is cut off');
    const distance = source[read]! | (source[read + 1]! << 8);
    read += 2;
    let length = (token & 15) + MIN_MATCH;
    if (length === 15 + MIN_MATCH) {
      let more = 255;
      while (more === 255 && read < to) length += more = source[read++]!;
    }
    if (distance === 0 || distance > write - floor) throw damaged('a match begins before its data');
    if (length > limit - write) throw damaged('a block holds more than it may');
    copyBack(target, write, distance, length);
    write += length;
  }
  throw damaged('a block is cut off');
}

/** `target` has room for `mostEncoded(to - from)` from `at` on. Returns where it ended. */
export function encodeBlock(source: Uint8Array, { from, to }: Span, target: Uint8Array, at: number): number {
  let write = at;
  let pending = from;
  findMatches(source, { from, to }, (match, distance, length) => {
    write = putSequence(source, { from: pending, to: match }, length, target, write);
    target[write++] = distance & 255;
    target[write++] = distance >>> 8;
    if (length - MIN_MATCH >= 15) write = putMore(length - MIN_MATCH - 15, target, write);
    pending = match + length;
  });
  return putSequence(source, { from: pending, to }, MIN_MATCH, target, write);
}

export function mostEncoded(length: number): number {
  return length + Math.ceil(length / 255) + 16;
}

/** Token, literal length and literals. */
function putSequence(source: Uint8Array, { from, to }: Span, match: number, target: Uint8Array, at: number): number {
  const literals = to - from;
  let write = at;
  target[write++] = (Math.min(literals, 15) << 4) | Math.min(match - MIN_MATCH, 15);
  if (literals >= 15) write = putMore(literals - 15, target, write);
  copyLiterals(source, from, target, write, literals);
  return write + literals;
}

function putMore(length: number, target: Uint8Array, at: number): number {
  let write = at;
  let rest = length;
  for (; rest >= 255; rest -= 255) target[write++] = 255;
  target[write++] = rest;
  return write;
}

function damaged(found: string): CodecError {
  return new CodecError('lz4', found);
}
