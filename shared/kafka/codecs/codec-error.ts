/**
 * The error of every codec, and the bound that every decompression keeps. A batch that cannot be decompressed stops its
 * partition: its records are in Kafka, and whoever skips them loses them.
 */

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Most bytes that one batch may decompress to. Producers cut batches at a megabyte or so. */
export const MAX_BATCH_BYTES = 128 * 1024 * 1024;

export class CodecError extends Error {
  readonly code = 'codec';

  constructor(codec: CodecName, found: string, cause?: unknown) {
    const advice = "the batch is damaged on the broker; see what Kafka's own console consumer makes of it";
    super(`Cannot decompress a batch (${codec}): ${found}; ${advice}`, cause === undefined ? undefined : { cause });
  }
}

export function tooLarge(codec: CodecName): CodecError {
  return new CodecError(codec, `it holds more than ${MAX_BATCH_BYTES} bytes`);
}
