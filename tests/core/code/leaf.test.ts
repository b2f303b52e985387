import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveEpochKeys } from "../../../src/core/code/keys.ts";
import { blindOf, codeLeafHash } from "../../../src/core/code/leaf.ts";
import { encipherSerial } from "../../../src/core/code/cipher.ts";
import { KEYS, secrets, serials } from "./arbitrary.ts";
import { plainBlind, plainKeys, plainLeaf } from "./definition.ts";

describe("the leaf of a code", () => {
  it("and its blind equal the definition, for any serial and any keys", () => {
    fc.assert(
      fc.property(secrets, serials, (secret, serial) => {
        const keys = deriveEpochKeys(0, secret);
        const blind = blindOf(keys, serial);
        const plain = plainBlind(plainKeys(secret), serial);
        expect(Buffer.from(blind)).toEqual(plain);
        const code = encipherSerial(keys, serial);
        expect(Buffer.from(codeLeafHash(blind, code)).toString("hex")).toBe(plainLeaf(plain, code));
      }),
    );
  });

  it("changes with every bit of the blind and every character of the code", () => {
    const blind = blindOf(KEYS, 1);
    const code = encipherSerial(KEYS, 1);
    const leaves = [codeLeafHash(blind, code)];
    for (let bit = 0; bit < 128; bit++) {
      const other = blind.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      leaves.push(codeLeafHash(other, code));
    }
    for (let index = 0; index < 16; index++) {
      const symbol = code.charAt(index) === "7" ? "8" : "7";
      leaves.push(codeLeafHash(blind, code.slice(0, index) + symbol + code.slice(index + 1)));
    }
    expect(new Set(leaves.map((leaf) => Buffer.from(leaf).toString("hex"))).size).toBe(1 + 128 + 16);
  });

  it("refuses a blind of another length, a code that is not normalised, an invalid serial", () => {
    const blind = new Uint8Array(16);
    expect(() => codeLeafHash(blind.subarray(1), "45VFV6GS11R19J3B")).toThrow(/blind must be 16 bytes/);
    expect(() => codeLeafHash(blind, "45vfv6gs11r19j3b")).toThrow(RangeError);
    expect(() => codeLeafHash(blind, "45VF-V6GS-11R1-9J3B")).toThrow(RangeError);
    expect(() => blindOf(KEYS, 2 ** 45)).toThrow(RangeError);
    // @ts-expect-error a caller without types
    expect(() => codeLeafHash("0".repeat(32), "45VFV6GS11R19J3B")).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => codeLeafHash(blind, 45)).toThrow(TypeError);
  });
});
