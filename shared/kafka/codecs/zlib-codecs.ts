/**
 * gzip and zstd by the runtime's zlib, made safe.
 * 1. Nothing inflates to more than MAX_BATCH_BYTES.
 * 2. A zstd frame is seen to be whole before it is decompressed (zstd-frames.ts), for not every runtime sees it.
 */
import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip, zstdCompress, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { CodecError, type CodecName, MAX_BATCH_BYTES, tooLarge } from './codec-error.ts';
import { zstdFrames } from './zstd-frames.ts';

/** Below it, a trip to another thread costs more than it spares this one. */
const INLINE_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 1024 * 1024;
/** What JSON shrinks by, more or less: output is taken in as few pieces as that promises. */
const USUAL_RATIO = 8;

export const compressGzip: (data: Uint8Array) => Promise<Buffer> = promisify(gzip);
export const compressZstd: (data: Uint8Array) => Promise<Buffer> = promisify(zstdCompress);

const gunzipLater = promisify(gunzip);
const unzstdLater = promisify(zstdDecompress);

export async function decompressGzip(data: Uint8Array): Promise<Buffer> {
  const options = optionsFor(data);
  return explained('gzip', () => (isInline(data) ? gunzipSync(data, options) : gunzipLater(data, options)));
}

export async function decompressZstd(data: Uint8Array): Promise<Buffer> {
  const parts: Buffer[] = [];
  let room = MAX_BATCH_BYTES;
  for (const frame of zstdFrames(data)) {
    const options = optionsFor(frame, room);
    const run = () => (isInline(frame) ? zstdDecompressSync(frame, options) : unzstdLater(frame, options));
    const part = await explained('zstd', run);
    room -= part.length;
    parts.push(part);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

function isInline(data: Uint8Array): boolean {
  return data.length <= INLINE_BYTES;
}

function optionsFor(data: Uint8Array, room = MAX_BATCH_BYTES): { maxOutputLength: number; chunkSize: number } {
  const chunkSize = Math.max(4096, Math.min(data.length * USUAL_RATIO, MAX_CHUNK_BYTES));
  return { maxOutputLength: Math.max(1, room), chunkSize };
}

async function explained(codec: CodecName, run: () => Buffer | Promise<Buffer>): Promise<Buffer> {
  try {
    return await run();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(codec);
    throw new CodecError(codec, `zlib refuses it (${String(code)})`, error);
  }
}
