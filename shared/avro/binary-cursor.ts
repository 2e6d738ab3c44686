/**
 * Reads Avro's binary encoding from a buffer, value by value. Hot path: one object for all records, no allocation but
 * for the values.
 *
 * Reading past the end is not checked byte by byte: there a byte counts as 0, the position only grows, and `finish`
 * finds it behind the end. What could run away by then (lengths, counts of blocks) is checked at once.
 *
 * Invariants (tested in binary-cursor.test.ts):
 * 1. A long is a number while a double holds it exactly, and a bigint beyond.
 * 2. Bytes are copies: they keep no fetch alive, and nothing that is written to them reaches another value.
 * 3. Text that is not UTF-8 is refused, never replaced.
 * 4. No input makes a read take more time or memory than its own length, and MAX_EMPTY_ITEMS, allow.
 */
import { AvroDataError } from './avro-error.ts';

/** Items that take no bytes (null) may claim any number; more than this in one value is refused. */
export const MAX_EMPTY_ITEMS = 100_000;

const SHORT_BYTES = 32;
const TWO_27 = 2 ** 27;
/** Of the bits above the 28th: below this, a long without its sign bit is under 2^53. */
const SAFE_MIDDLE = 2 ** 26;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

export class BinaryCursor {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #what = '';
  #emptyItems = 0;

  /** `what` is for messages. */
  reset(bytes: Buffer, start: number, what: string): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = bytes.length;
    this.#what = what;
    this.#emptyItems = 0;
  }

  finish(): void {
    if (this.#at > this.#end) this.#truncated();
    if (this.#at < this.#end) this.#trailing();
  }

  boolean(): boolean {
    const byte = this.#bytes[this.#at++]!;
    if (byte > 1) this.malformed(`${byte} is no boolean`);
    return byte === 1;
  }

  int(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    let low = byte & 0x7f;
    for (let shift = 7; byte & 0x80; shift += 7) {
      byte = bytes[this.#at++]!;
      if (shift === 28 && byte > 0x0f) this.malformed('an int of more than 32 bits');
      low |= (byte & 0x7f) << shift;
    }
    return (low >>> 1) ^ -(low & 1);
  }

  long(): number | bigint {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    let low = byte & 0x7f;
    for (let shift = 7; byte & 0x80; shift += 7) {
      if (shift === 28) return this.#wide(low);
      byte = bytes[this.#at++]!;
      low |= (byte & 0x7f) << shift;
    }
    return (low >>> 1) ^ -(low & 1);
  }

  /** A long of more than 28 bits: those are `low`, the next 28 `middle`, the last 8 `high`. */
  #wide(low: number): number | bigint {
    const bytes = this.#bytes;
    let middle = 0;
    let byte = 0x80;
    for (let shift = 0; byte & 0x80 && shift < 28; shift += 7) {
      byte = bytes[this.#at++]!;
      middle |= (byte & 0x7f) << shift;
    }
    let high = 0;
    if (byte & 0x80) {
      byte = bytes[this.#at++]!;
      high = byte & 0x7f;
      if (byte & 0x80) {
        byte = bytes[this.#at++]!;
        if (byte > 1) this.malformed('a long of more than 64 bits');
        high |= byte << 7;
      }
    }
    if (high === 0 && middle < SAFE_MIDDLE) {
      const half = (low >>> 1) + middle * TWO_27;
      if ((low & 1) === 0) return half;
      if (half < Number.MAX_SAFE_INTEGER) return -half - 1;
    }
    const raw = (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low);
    return (raw >> 1n) ^ -(raw & 1n);
  }

  float(): number {
    this.#scratch(4);
    return scratchView.getFloat32(0, true);
  }

  double(): number {
    this.#scratch(8);
    return scratchView.getFloat64(0, true);
  }

  #scratch(size: number): void {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < size; i++) scratch[i] = bytes[at + i]!;
    this.#at = at + size;
  }

  string(): string {
    const size = this.size();
    const at = this.#at;
    this.#at = at + size;
    const text = this.#bytes.toString('utf8', at, at + size);
    if (text.includes('\uFFFD')) this.#checkUtf8(at, size);
    return text;
  }

  bytes(): Uint8Array {
    return this.fixed(this.size());
  }

  fixed(size: number): Uint8Array {
    const at = this.#at;
    if (size > this.#end - at) this.#truncated();
    this.#at = at + size;
    const copy = new Uint8Array(size);
    if (size > SHORT_BYTES) copy.set(this.#bytes.subarray(at, at + size));
    else for (let i = 0; i < size; i++) copy[i] = this.#bytes[at + i]!;
    return copy;
  }

  /** The length of what follows. */
  size(): number {
    const size = this.long();
    if (typeof size === 'number' && size >= 0 && size <= this.#end - this.#at) return size;
    if (size < 0) this.malformed(`a length of ${size}`);
    return this.#truncated();
  }

  /** The number of items in the next block of an array or map, 0 at its end. */
  block(emptyItems: boolean): number {
    let count = this.long();
    if (count < 0) {
      count = -count;
      this.size();
    }
    if (typeof count !== 'number' || this.#at > this.#end) return this.#truncated();
    if (emptyItems) this.#countEmpty(count);
    else if (count > this.#end - this.#at) this.#truncated();
    return count;
  }

  #countEmpty(count: number): void {
    this.#emptyItems += count;
    if (this.#emptyItems > MAX_EMPTY_ITEMS)
      this.malformed(`arrays with ${this.#emptyItems} items of no bytes, over ${MAX_EMPTY_ITEMS}`);
  }

  /** Like block, but passes over blocks that tell their size. */
  blockToSkip(emptyItems: boolean): number {
    for (;;) {
      const start = this.#at;
      const count = this.long();
      if (count >= 0) {
        this.#at = start;
        return this.block(emptyItems);
      }
      this.skip(this.size());
    }
  }

  skip(size: number): void {
    this.#at += size;
  }

  skipVarint(): void {
    const bytes = this.#bytes;
    while (bytes[this.#at++]! & 0x80);
  }

  skipSized(): void {
    const size = this.size();
    this.#at += size;
  }

  malformed(why: string): never {
    throw new AvroDataError(
      'malformed',
      `Cannot read ${this.#what}: ${why}, before byte ${this.#at} of ${this.#end}; was it written with this schema?`,
    );
  }

  #truncated(): never {
    throw new AvroDataError(
      'truncated',
      `Cannot read ${this.#what}: it ends after ${this.#end} bytes, and more is expected; was it written with this schema?`,
    );
  }

  #trailing(): never {
    throw new AvroDataError(
      'trailing-bytes',
      `Cannot read ${this.#what}: ${this.#end - this.#at} bytes follow its end; was it written with this schema?`,
    );
  }

  #checkUtf8(at: number, size: number): void {
    try {
      strictUtf8.decode(this.#bytes.subarray(at, at + size));
    } catch (cause) {
      throw new AvroDataError(
        'not-utf8',
        `Cannot read ${this.#what}: the string before byte ${at + size} is not UTF-8; check its producer`,
        { cause },
      );
    }
  }
}
