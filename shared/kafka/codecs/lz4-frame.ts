/**
 * LZ4's frame format (github.com/lz4/lz4, doc/lz4_Frame_format.md), as Kafka's batches use it. Pure.
 *
 *     magic(4)  FLG  BD  [content size(8)]  [dictionary(4)]  HC  { size(4) block [checksum(4)] }  0(4)  [checksum(4)]
 *
 * 1. Every checksum that a frame has is checked.
 * 2. What is allocated is bounded by what the blocks can hold: 255 bytes a byte, and MAX_BATCH_BYTES.
 * 3. Frames are written as Kafka's Java client writes and reads them: independent blocks of 64 KiB, no checksum but
 *    the header's.
 */
import { CodecError, MAX_BATCH_BYTES, tooLarge } from './codec-error.ts';
import type { Span } from './find-matches.ts';
import { decodeBlock, encodeBlock, mostEncoded } from './lz4-block.ts';
import { xxhash32 } from './xxhash32.ts';

const MAGIC = 0x184d2204;
const STORED = 0x80000000;
const VERSION = 0x40;
const INDEPENDENT = 0x20;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const RESERVED = 0x02;
const DICTIONARY = 0x01;
const SMALLEST_HEADER = 7;
/** Of a block, so that bytes in make at most so many out. */
const MAX_RATIO = 255;
const BLOCK_BYTES = 64 * 1024;
const BLOCK_64K = 0x40;

interface Header {
  readonly flags: number;
  readonly maxBlock: number;
  readonly size: number | undefined;
  readonly end: number;
}

interface Block extends Span {
  readonly isStored: boolean;
}

export function decompressLz4(data: Uint8Array): Buffer {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const header = readHeader(bytes);
  const { blocks, end } = readBlocks(bytes, header);
  const room = roomFor(blocks, header);
  const target = Buffer.allocUnsafe(room);
  let at = 0;
  for (const block of blocks) at = decode(bytes, block, header, target, at);
  checkEnd(bytes, end, header, target.subarray(0, at));
  // Records are slices of what is returned: they must not keep much more alive than they are.
  return at * 2 < room ? Buffer.from(target.subarray(0, at)) : target.subarray(0, at);
}

export function compressLz4(data: Uint8Array): Buffer {
  const blocks = Math.ceil(data.length / BLOCK_BYTES);
  const target = Buffer.allocUnsafe(SMALLEST_HEADER + blocks * (4 + mostEncoded(BLOCK_BYTES)) + 4);
  let at = target.writeUInt32LE(MAGIC, 0);
  at = target.writeUInt8(VERSION | INDEPENDENT, at);
  at = target.writeUInt8(BLOCK_64K, at);
  at = target.writeUInt8(headerChecksum(target, 4, at), at);
  for (let from = 0; from < data.length; from += BLOCK_BYTES) {
    const to = Math.min(from + BLOCK_BYTES, data.length);
    const end = encodeBlock(data, { from, to }, target, at + 4);
    const isSmaller = end - at - 4 < to - from;
    if (!isSmaller) target.set(data.subarray(from, to), at + 4);
    const size = isSmaller ? end - at - 4 : to - from;
    target.writeUInt32LE(isSmaller ? size : size + STORED, at);
    at += 4 + size;
  }
  return target.subarray(0, target.writeUInt32LE(0, at));
}

function readHeader(bytes: Buffer): Header {
  if (bytes.length < SMALLEST_HEADER || bytes.readUInt32LE(0) !== MAGIC) throw damaged('it does not begin as a frame');
  const flags = bytes.readUInt8(4);
  if ((flags & 0xc0) !== VERSION || (flags & RESERVED) !== 0) throw damaged('its frame is of an unknown version');
  if ((flags & DICTIONARY) !== 0) throw damaged('it needs a dictionary');
  const blockCode = (bytes.readUInt8(5) >>> 4) & 7;
  if (blockCode < 4 || (bytes.readUInt8(5) & 0x8f) !== 0) throw damaged('its blocks are of an unknown size');
  const end = SMALLEST_HEADER + ((flags & CONTENT_SIZE) === 0 ? 0 : 8);
  if (bytes.length < end) throw damaged('its header is cut off');
  if (bytes.readUInt8(end - 1) !== headerChecksum(bytes, 4, end - 1)) throw damaged("its header's checksum is wrong");
  const size = (flags & CONTENT_SIZE) === 0 ? undefined : Number(bytes.readBigUInt64LE(6));
  return { flags, maxBlock: 1 << (8 + 2 * blockCode), size, end };
}

/** Where the blocks are, found by their sizes alone; and where the end mark ends. */
function readBlocks(bytes: Buffer, { flags, maxBlock, end: start }: Header): { blocks: Block[]; end: number } {
  const blocks: Block[] = [];
  const checksum = (flags & BLOCK_CHECKSUM) === 0 ? 0 : 4;
  for (let at = start; ; ) {
    if (bytes.length - at < 4) throw damaged('it is cut off');
    const word = bytes.readUInt32LE(at);
    at += 4;
    if (word === 0) return { blocks, end: at };
    const size = word % STORED;
    if (size > maxBlock) throw damaged('a block is longer than it may be');
    if (size + checksum > bytes.length - at) throw damaged('it is cut off');
    if (checksum > 0 && bytes.readUInt32LE(at + size) !== xxhash32(bytes, at, at + size))
      throw damaged("a block's checksum is wrong");
    blocks.push({ from: at, to: at + size, isStored: word >= STORED });
    at += size + checksum;
  }
}

function roomFor(blocks: readonly Block[], { maxBlock, size }: Header): number {
  let most = 0;
  for (const { from, to, isStored } of blocks)
    most += isStored ? to - from : Math.min(maxBlock, (to - from) * MAX_RATIO);
  if (size === undefined) return Math.min(most, MAX_BATCH_BYTES);
  if (size > MAX_BATCH_BYTES) throw tooLarge('lz4');
  if (size > most) throw damaged('its blocks cannot hold the size that it tells');
  return size;
}

function decode(bytes: Buffer, block: Block, { flags, maxBlock }: Header, target: Buffer, at: number): number {
  const limit = Math.min(target.length, at + maxBlock);
  if (!block.isStored)
    return decodeBlock(bytes, block, target, { at, limit, floor: (flags & INDEPENDENT) === 0 ? 0 : at });
  if (block.to - block.from > limit - at) throw damaged('a block holds more than it may');
  return at + bytes.copy(target, at, block.from, block.to);
}

function checkEnd(bytes: Buffer, end: number, { flags, size }: Header, content: Buffer): void {
  const hasChecksum = (flags & CONTENT_CHECKSUM) !== 0;
  if (bytes.length !== end + (hasChecksum ? 4 : 0)) throw damaged('its end is not where its frame ends');
  if (size !== undefined && size !== content.length) throw damaged('it holds less than the size that it tells');
  if (hasChecksum && bytes.readUInt32LE(end) !== xxhash32(content)) throw damaged("its content's checksum is wrong");
}

function headerChecksum(bytes: Uint8Array, start: number, end: number): number {
  return (xxhash32(bytes, start, end) >>> 8) & 255;
}

function damaged(found: string): CodecError {
  return new CodecError('lz4', found);
}
