/**
 * Where zstd frames begin and end (RFC 8878, section 3.1), without looking into their blocks. Pure.
 * Needed because Bun and Deno return what there is of a frame that is cut off, and Node and Deno stop behind the first
 * frame: both would lose records in silence.
 *
 *     magic(4)  descriptor(1)  [window(1)]  [dictionary(0-4)]  [content size(0-8)]  { header(3) block }  [checksum(4)]
 */
import { CodecError } from './codec-error.ts';

const MAGIC = 0xfd2fb528;
/** The lowest four bits are free. */
const SKIPPABLE = 0x184d2a50;
const MAX_BLOCK_BYTES = 128 * 1024;
const RLE = 1;
const RESERVED = 3;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;

/** Each whole frame that holds data. */
export function* zstdFrames(data: Uint8Array): Generator<Uint8Array> {
  const bytes = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length === 0) throw damaged('it is empty');
  for (let at = 0; at < data.length; ) {
    const start = at;
    const magic = u32(bytes, at);
    if ((magic & ~15) === SKIPPABLE) {
      at += 8 + u32(bytes, at + 4);
      if (at > data.length) throw cutOff();
      continue;
    }
    if (magic !== MAGIC) throw damaged('it does not begin as a frame');
    at = endOfFrame(bytes, at);
    yield data.subarray(start, at);
  }
}

function endOfFrame(bytes: DataView, start: number): number {
  const descriptor = u8(bytes, start + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeCode = descriptor >>> 6;
  const sizeBytes = sizeCode === 0 ? Number(isSingleSegment) : 1 << sizeCode;
  let at = start + 5 + Number(!isSingleSegment) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  for (let isLast = false; !isLast; ) {
    const header = u8(bytes, at) | (u8(bytes, at + 1) << 8) | (u8(bytes, at + 2) << 16);
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    if (type === RESERVED || size > MAX_BLOCK_BYTES) throw damaged('a block is of an unknown kind');
    isLast = (header & 1) !== 0;
    at += 3 + (type === RLE ? 1 : size);
  }
  if ((descriptor & 4) !== 0) at += 4;
  if (at > bytes.byteLength) throw cutOff();
  return at;
}

function u8(bytes: DataView, at: number): number {
  if (at >= bytes.byteLength) throw cutOff();
  return bytes.getUint8(at);
}

function u32(bytes: DataView, at: number): number {
  if (at + 4 > bytes.byteLength) throw cutOff();
  return bytes.getUint32(at, true);
}

function cutOff(): CodecError {
  return damaged('it is cut off');
}

function damaged(found: string): CodecError {
  return new CodecError('zstd', found);
}
