/**
 * Content codings (RFC 9110, 12.5.3): which one a client is given, and the bytes in it.
 *
 * Invariants (represent.test.ts): what a client does not take is never chosen; of those it takes equally, the quickest is.
 */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';

const [compressGzip, compressBrotli, compressZstd] = [
  promisify(gzip),
  promisify(brotliCompress),
  promisify(zstdCompress),
];

/** The best first: at these levels all three take about as long as it takes to send what they save. */
const CODINGS = {
  zstd: (body: string) => compressZstd(body, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  br: (body: string) => compressBrotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (body: string) => compressGzip(body, { level: 5 }),
} as const satisfies Readonly<Record<string, (body: string) => Promise<Uint8Array<ArrayBuffer>>>>;

export type Coding = keyof typeof CODINGS;

const NAMES = ['zstd', 'br', 'gzip'] as const satisfies readonly Coding[];
const MAX_HEADER = 1_000;

/** Undefined: as it is. */
export function chooseCoding(acceptEncoding: string | undefined): Coding | undefined {
  if (acceptEncoding === undefined || acceptEncoding.length > MAX_HEADER) return undefined;
  const weights = new Map(acceptEncoding.toLowerCase().split(',').map(weightOf));
  let [chosen, best]: [Coding | undefined, number] = [undefined, weights.get('identity') ?? 0];
  for (const name of NAMES) {
    const weight = weights.get(name) ?? (name === 'gzip' ? weights.get('x-gzip') : undefined) ?? weights.get('*') ?? 0;
    if (weight > 0 && (weight > best || (chosen === undefined && weight === best))) [chosen, best] = [name, weight];
  }
  return chosen;
}

export function encode(coding: Coding, body: string): Promise<Uint8Array<ArrayBuffer>> {
  return CODINGS[coding](body);
}

function weightOf(part: string): [name: string, weight: number] {
  const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = q === undefined ? 1 : Number(q.slice(2));
  return [name, weight >= 0 && weight <= 1 ? weight : 0];
}
