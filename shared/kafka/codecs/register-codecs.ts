/** Tells kafkajs, which by itself knows gzip alone, how to read and write every codec of Kafka's. */
import kafkajs from 'kafkajs';
import type { CodecName } from './codec-error.ts';
import { compressLz4, decompressLz4 } from './lz4-frame.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';
import { compressGzip, compressZstd, decompressGzip, decompressZstd } from './zlib-codecs.ts';

export interface Codec {
  compress(data: Uint8Array): Promise<Buffer>;
  decompress(data: Uint8Array): Promise<Buffer>;
}

export const CODECS: Readonly<Record<CodecName, Codec>> = {
  gzip: { compress: compressGzip, decompress: decompressGzip },
  snappy: { compress: async (data) => compressSnappy(data), decompress: async (data) => decompressSnappy(data) },
  lz4: { compress: async (data) => compressLz4(data), decompress: async (data) => decompressLz4(data) },
  zstd: { compress: compressZstd, decompress: decompressZstd },
};

// By name it cannot be imported: Node finds only some of the names that a CommonJS module exports.
const { CompressionCodecs, CompressionTypes } = kafkajs;

/** For every client of the process; again is no harm. */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.GZIP] = () => forKafkaJs(CODECS.gzip);
  CompressionCodecs[CompressionTypes.Snappy] = () => forKafkaJs(CODECS.snappy);
  CompressionCodecs[CompressionTypes.LZ4] = () => forKafkaJs(CODECS.lz4);
  CompressionCodecs[CompressionTypes.ZSTD] = () => forKafkaJs(CODECS.zstd);
}

function forKafkaJs({ compress, decompress }: Codec) {
  return { compress: (encoder: { readonly buffer: Buffer }) => compress(encoder.buffer), decompress };
}
