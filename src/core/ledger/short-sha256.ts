import { _SHA256 } from "@noble/hashes/sha2.js";

const BLOCK_BYTES = 64;
/** Bytes of a message's last block that padding needs: one bit, and the length in eight bytes. */
const PADDING_BYTES = 9;
/** The longest message: two blocks hold it and its padding. */
export const MOST_BYTES = 2 * BLOCK_BYTES - PADDING_BYTES;

/**
 * SHA-256 (FIPS 180-4) of many short messages in sequence: leaves and nodes of trees. Uses the compression function
 * of @noble/hashes without its handling of long and split messages, which takes four times as long as the function
 * (measured for one block: 0.3 µs; Node's `hash` takes 1.1 µs, mostly for the call). Runs on every runtime.
 */
export class ShortSha256 extends _SHA256 {
  /** The message, from its first byte on. */
  readonly message = new Uint8Array(2 * BLOCK_BYTES);
  private readonly blocks = new DataView(this.message.buffer);
  private readonly initial = this.get();

  /**
   * Writes the hash of the first `length` bytes of `message` to 32 bytes of `out`, from `at` on.
   * @throws RangeError for a message longer than 119 bytes, or if `out` is too short
   */
  hashInto(length: number, out: DataView, at: number): void {
    if (length > MOST_BYTES)
      throw new RangeError(`a short message must have at most ${MOST_BYTES} bytes, got ${length}`);
    const end = length + PADDING_BYTES > BLOCK_BYTES ? 2 * BLOCK_BYTES : BLOCK_BYTES;
    this.message.fill(0, length, end);
    this.message[length] = 0x80;
    this.blocks.setUint32(end - 4, 8 * length);
    this.set(...this.initial);
    this.process(this.blocks, 0);
    if (end > BLOCK_BYTES) this.process(this.blocks, BLOCK_BYTES);
    out.setUint32(at, this.A);
    out.setUint32(at + 4, this.B);
    out.setUint32(at + 8, this.C);
    out.setUint32(at + 12, this.D);
    out.setUint32(at + 16, this.E);
    out.setUint32(at + 20, this.F);
    out.setUint32(at + 24, this.G);
    out.setUint32(at + 28, this.H);
  }
}
