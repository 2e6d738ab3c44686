/** Writes Avro's binary encoding into a buffer that grows. The counterpart of binary-cursor.ts. */

const FIRST_BYTES = 1024;
const LONGEST_VARINT = 10;

export class BinarySink {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #at = 0;

  /** A copy of what was written since the last take. */
  take(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return bytes;
  }

  /** Drops what was written since the last take. */
  clear(): void {
    this.#at = 0;
  }

  boolean(value: boolean): void {
    this.#room(1);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  /** An int, or a long that a double holds exactly. */
  integer(value: number): void {
    if (value >= -0x4000_0000 && value < 0x4000_0000) this.#small(value);
    else this.long(BigInt(value));
  }

  #small(value: number): void {
    this.#room(LONGEST_VARINT);
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  long(value: bigint): void {
    this.#room(LONGEST_VARINT);
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  float(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeFloatLE(value, this.#at);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.integer(size);
    this.#room(size);
    this.#at += this.#bytes.write(value, this.#at, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.integer(value.length);
    this.fixed(value);
  }

  fixed(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#at + size));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}
