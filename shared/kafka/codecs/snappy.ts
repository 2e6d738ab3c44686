/**
 * Snappy as Kafka's batches hold it: a raw block (librdkafka), or blocks in xerial's framing (Java). Pure.
 *
 *     xerial:  82 "SNAPPY" 00  version(4)  compatible(4)  { length(4, BE)  block }
 *
 * 1. What is allocated is bounded by what the blocks can hold, and by MAX_BATCH_BYTES.
 * 2. Written is xerial's framing, as Java's client writes it.
 */
import { CodecError, MAX_BATCH_BYTES, tooLarge } from './codec-error.ts';
import { decodeBlock, encodeBlock, mostEncoded, readBlock, type SnappyBlock } from './snappy-block.ts';

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const MAGIC_BYTES = 8;
/** Where two streams were put together, the second's header stands where a length would; none is as long. */
const MAGIC_AS_LENGTH = XERIAL.readUInt32BE(0);
const BLOCK_BYTES = 64 * 1024;

export function decompressSnappy(data: Uint8Array): Buffer {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const isFramed = bytes.length >= XERIAL.length && bytes.compare(XERIAL, 0, MAGIC_BYTES, 0, MAGIC_BYTES) === 0;
  const blocks = isFramed ? readFrames(bytes) : [readBlock(bytes, 0, bytes.length)];
  const room = blocks.reduce((sum, { length }) => sum + length, 0);
  if (room > MAX_BATCH_BYTES) throw tooLarge('snappy');
  const target = Buffer.allocUnsafe(room);
  let at = 0;
  for (const block of blocks) at = decodeBlock(bytes, block, target, at);
  return target;
}

export function compressSnappy(data: Uint8Array): Buffer {
  const blocks = Math.ceil(data.length / BLOCK_BYTES);
  const target = Buffer.allocUnsafe(XERIAL.length + blocks * (4 + mostEncoded(BLOCK_BYTES)));
  let at = XERIAL.copy(target);
  for (let from = 0; from < data.length; from += BLOCK_BYTES) {
    const end = encodeBlock(data, { from, to: Math.min(from + BLOCK_BYTES, data.length) }, target, at + 4);
    target.writeUInt32BE(end - at - 4, at);
    at = end;
  }
  return target.subarray(0, at);
}

function readFrames(bytes: Buffer): SnappyBlock[] {
  const blocks: SnappyBlock[] = [];
  for (let at = XERIAL.length; at < bytes.length; ) {
    if (bytes.length - at < 4) throw cutOff();
    const size = bytes.readUInt32BE(at);
    if (size === MAGIC_AS_LENGTH) {
      at += XERIAL.length;
      if (at > bytes.length) throw cutOff();
      continue;
    }
    at += 4;
    if (size > bytes.length - at) throw cutOff();
    blocks.push(readBlock(bytes, at, at + size));
    at += size;
  }
  return blocks;
}

function cutOff(): CodecError {
  return new CodecError('snappy', 'it is cut off');
}
