import { createCipheriv } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encryptBlock } from "../../../src/core/code/aes.ts";
import { encryptSerialBlock, swap32 } from "../../../src/core/code/block.ts";
import { deriveEpochKeys, keyCheckValue, keySchedule } from "../../../src/core/code/keys.ts";
import { COUNTING_SECRET, secrets, serials } from "./arbitrary.ts";
import { plainKeys } from "./definition.ts";

describe("the keys of an epoch", () => {
  it("are HKDF-SHA-256 of its secret, for any secret", () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const own = deriveEpochKeys(9, secret);
        const plain = plainKeys(secret);
        expect(own.epoch).toBe(9);
        expect(Buffer.from(own.cipher)).toEqual(plain.seal);
        expect(Buffer.from(own.pin)).toEqual(plain.pin);
        expect(Buffer.from(own.leaf)).toEqual(plain.leaf);
        expect(keyCheckValue(secret)).toBe(plain.check.toString("hex"));
      }),
    );
  });

  it("are four different values, none a part of the secret", () => {
    const { cipher, pin, leaf } = deriveEpochKeys(0, COUNTING_SECRET);
    const hex = [cipher, pin, leaf].map((key) => Buffer.from(key).toString("hex"));
    expect(new Set([...hex, keyCheckValue(COUNTING_SECRET)]).size).toBe(4);
    for (const key of hex) expect(Buffer.from(COUNTING_SECRET).toString("hex")).not.toContain(key);
  });

  it("do not depend on the epoch's number, nor on the secret's bytes afterwards", () => {
    const secret = COUNTING_SECRET.slice();
    const keys = deriveEpochKeys(0, secret);
    const other = deriveEpochKeys(255, secret);
    secret.fill(0);
    expect(other).toEqual({ ...keys, epoch: 255 });
    expect(keys).toEqual(deriveEpochKeys(0, COUNTING_SECRET));
  });

  it("refuse a secret of another length or type, and an epoch past 255", () => {
    for (const length of [0, 16, 31, 33]) {
      expect(() => deriveEpochKeys(0, new Uint8Array(length))).toThrow(/secret must be 32 bytes/);
      expect(() => keyCheckValue(new Uint8Array(length))).toThrow(RangeError);
    }
    expect(() => deriveEpochKeys(256, COUNTING_SECRET)).toThrow(RangeError);
    // @ts-expect-error a caller without types
    expect(() => deriveEpochKeys(0, "00".repeat(32))).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => keyCheckValue(Array.from(COUNTING_SECRET))).toThrow(TypeError);
  });

  it("change the key-check value with any bit of the secret", () => {
    fc.assert(
      fc.property(secrets, fc.nat(255), (secret, bit) => {
        const other = secret.slice();
        other[bit >> 3]! ^= 1 << (bit & 7);
        expect(keyCheckValue(other)).not.toBe(keyCheckValue(secret));
      }),
    );
  });
});

describe("the block cipher", () => {
  const keys = fc.uint8Array({ minLength: 16, maxLength: 16 });

  it("equals Node's AES-128, for any block", () => {
    fc.assert(
      fc.property(keys, keys, (key, block) => {
        const view = new DataView(block.buffer, block.byteOffset);
        const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = [0, 4, 8, 12].map((at) => view.getUint32(at, true));
        const { s0, s1, s2, s3 } = encryptBlock(keySchedule(key), w0, w1, w2, w3);
        expect(littleEndian([s0, s1, s2, s3])).toBe(nodeAes(key, block));
      }),
    );
  });

  it("takes a serial as a big-endian uint64 after eight zero bytes", () => {
    fc.assert(
      fc.property(keys, serials, (key, serial) => {
        const block = Buffer.alloc(16);
        block.writeBigUInt64BE(BigInt(serial), 8);
        const { s0, s1, s2, s3 } = encryptSerialBlock(key, serial);
        expect(littleEndian([s0, s1, s2, s3])).toBe(nodeAes(key, block));
      }),
    );
  });

  it("accepts a key at any offset of its buffer, without changing it", () => {
    const buffer = Uint8Array.from({ length: 19 }, (_, byte) => byte);
    for (const at of [0, 1, 2, 3]) {
      const key = buffer.subarray(at, at + 16);
      const { s0, s1, s2, s3 } = encryptSerialBlock(key, 0);
      expect(littleEndian([s0, s1, s2, s3])).toBe(nodeAes(key, Buffer.alloc(16)));
    }
    expect(buffer).toEqual(Uint8Array.from({ length: 19 }, (_, byte) => byte));
  });

  it("expands a key's schedule once", () => {
    const key = COUNTING_SECRET.slice(0, 16);
    expect(keySchedule(key)).toBe(keySchedule(key));
    expect(keySchedule(key.slice())).toEqual(keySchedule(key));
  });

  it("refuses a key that is not 16 bytes: AES-256 is not the definition", () => {
    expect(() => keySchedule(COUNTING_SECRET)).toThrow(/key must be 16 bytes/);
  });

  it("swaps the bytes of the low 32 bits", () => {
    expect(swap32(0x01020304)).toBe(0x04030201);
    expect(swap32(0xff)).toBe(0xff000000);
    expect(swap32(2 ** 40 + 1)).toBe(0x01000000);
    fc.assert(
      fc.property(fc.nat(0xffffffff), (word) => {
        expect(swap32(swap32(word))).toBe(word);
      }),
    );
  });
});

function nodeAes(key: Uint8Array, block: Uint8Array): string {
  return createCipheriv("aes-128-ecb", key, null).update(block).toString("hex");
}

function littleEndian(words: number[]): string {
  const bytes = Buffer.alloc(16);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word >>> 0, index * 4);
  return bytes.toString("hex");
}
