/**
 * Snappy's block format (github.com/google/snappy, format_description.txt), both ways. Pure; framing is snappy.ts.
 *
 *     length(varint)  { literal: tag [length] bytes | copy: tag distance }
 *
 * 1. Decoding reads nothing outside its block, writes nothing outside the length that the block tells, and goes forward
 *    in its block with every step: damaged input ends in an error, never in a loop.
 */
import { CodecError } from './codec-error.ts';
import { copyBack, copyLiterals } from './copy-bytes.ts';
import { findMatches, type Span } from './find-matches.ts';

export interface SnappyBlock extends Span {
  /** Of what it decodes to. */
  readonly length: number;
}

/** A copy of 64 bytes takes three: no block holds more. */
const MOST_OUT = 64;
const LEAST_IN = 3;

/** The length that a block tells first, if it can hold as much; `from` is behind it. */
export function readBlock(bytes: Uint8Array, from: number, to: number): SnappyBlock {
  let length = 0;
  let at = from;
  for (let factor = 1; ; factor *= 128) {
    if (at >= to || factor > 2 ** 28) throw damaged('a block does not tell its length');
    const byte = bytes[at++]!;
    length += (byte & 127) * factor;
    if (byte < 128) break;
  }
  if (length * LEAST_IN > (to - at) * MOST_OUT) throw damaged('a block cannot hold the length that it tells');
  return { from: at, to, length };
}

/** Decodes into `target[start, start + length)`. Returns where it ended. */
export function decodeBlock(source: Uint8Array, block: SnappyBlock, target: Uint8Array, start: number): number {
  const { from, to } = block;
  const limit = start + block.length;
  let read = from;
  let write = start;
  while (read < to) {
    const tag = source[read++]!;
    const kind = tag & 3;
    const extra = extraBytes(tag);
    if (extra > to - read) throw damaged('a block is cut off');
    const number = littleEndian(source, read, extra);
    read += extra;
    const length =
      kind === 0 ? (extra === 0 ? tag >>> 2 : number) + 1 : kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    if (length > limit - write) throw damaged('a block holds more than it tells');
    if (kind === 0) {
      if (length > to - read) throw damaged('literals run over the end of their block');
      copyLiterals(source, read, target, write, length);
      read += length;
    } else {
      const distance = kind === 1 ? ((tag >>> 5) << 8) | number : number;
      if (distance === 0 || distance > write - start) throw damaged('a copy begins before its data');
      copyBack(target, write, distance, length);
    }
    write += length;
  }
  if (write !== limit) throw damaged('a block holds less than it tells');
  return write;
}

/** At most 64 KiB from `span`; `target` has room for `mostEncoded`. Returns where it ended. */
export function encodeBlock(source: Uint8Array, { from, to }: Span, target: Uint8Array, at: number): number {
  let write = putVarint(to - from, target, at);
  let pending = from;
  const putPending = (end: number) => {
    if (end > pending) write = putLiterals(source, { from: pending, to: end }, target, write);
  };
  findMatches(source, { from, to }, (match, distance, length) => {
    putPending(match);
    for (let rest = length; rest > 0; rest -= 64) {
      target[write++] = ((Math.min(rest, 64) - 1) << 2) | 2;
      target[write++] = distance & 255;
      target[write++] = distance >>> 8;
    }
    pending = match + length;
  });
  putPending(to);
  return write;
}

/** A match of four bytes takes three and, for those left of it, at most three more a 64 KiB of literals. */
export function mostEncoded(length: number): number {
  return 32 + length + Math.ceil(length / 4);
}

function extraBytes(tag: number): number {
  const kind = tag & 3;
  if (kind === 0) return Math.max(0, (tag >>> 2) - 59);
  return kind === 3 ? 4 : kind;
}

function putLiterals(source: Uint8Array, { from, to }: Span, target: Uint8Array, at: number): number {
  const last = to - from - 1;
  let write = at;
  if (last < 60) target[write++] = last << 2;
  else {
    target[write++] = 61 << 2;
    target[write++] = last & 255;
    target[write++] = last >>> 8;
  }
  copyLiterals(source, from, target, write, to - from);
  return write + to - from;
}

function putVarint(value: number, target: Uint8Array, at: number): number {
  let write = at;
  let rest = value;
  for (; rest > 127; rest >>>= 7) target[write++] = (rest & 127) | 128;
  target[write++] = rest;
  return write;
}

function littleEndian(source: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let n = bytes - 1; n >= 0; n--) value = value * 256 + source[at + n]!;
  return value;
}

function damaged(found: string): CodecError {
  return new CodecError('snappy', found);
}
