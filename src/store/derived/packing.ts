/** Writes integers one after another: small ones take one byte (unsigned LEB128). */
export class Packer {
  private buffer = new Uint8Array(512);
  private length = 0;

  /** Starts again. */
  clear(): this {
    this.length = 0;
    return this;
  }

  /** @param value an integer from 0 to 255 */
  byte(value: number): this {
    this.room(1);
    this.buffer[this.length++] = value;
    return this;
  }

  /** @param value an integer from 0 to 2^53 - 1 */
  integer(value: number): this {
    this.room(8);
    let rest = value;
    while (rest >= 2 ** 31) {
      this.buffer[this.length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      this.buffer[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.buffer[this.length++] = rest;
    return this;
  }

  /** @param value an integer of at most 52 bits, of either sign */
  signed(value: number): this {
    return this.integer(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(bytes: Uint8Array): this {
    this.room(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** What was written, until the next `clear`. */
  written(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** A copy of what was written. */
  done(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = new Uint8Array(2 * (this.length + bytes));
    larger.set(this.buffer);
    this.buffer = larger;
  }
}

/** Reads what a `Packer` wrote. */
export class Unpacker {
  at: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  /** @throws RangeError where the bytes end */
  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError("packed bytes end too early");
    return byte;
  }

  /** @throws RangeError where the bytes end */
  integer(): number {
    const first = this.byte();
    if (first < 128) return first;
    let value = first & 127;
    let scale = 128;
    for (;;) {
      const next = this.byte();
      if (next < 128) return value + next * scale;
      value += (next & 127) * scale;
      scale *= 128;
    }
  }

  signed(): number {
    const value = this.integer();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
