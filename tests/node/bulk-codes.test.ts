import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BULK_LIMIT, leavesMany, pinsMany, encipherMany } from "../../src/node/bulk-codes.ts";
import { type EpochKeys, deriveEpochKeys } from "../../src/core/code/keys.ts";
import { blindOf, codeLeafHash } from "../../src/core/code/leaf.ts";
import { pinOf } from "../../src/core/code/pin.ts";
import { encipherSerial } from "../../src/core/code/cipher.ts";
import { KEYS, secrets, serials } from "../core/code/arbitrary.ts";

const LAST = 2 ** 45 - 1;

describe("codes, leaves and PINs in bulk", () => {
  it("equal those made one by one, from any serial", () => {
    fc.assert(
      fc.property(secrets, serials, fc.integer({ min: 1, max: 40 }), (secret, serial, count) => {
        const keys = deriveEpochKeys(0, secret);
        const first = Math.min(serial, LAST + 1 - count);
        expect(inBulk(keys, first, count)).toEqual(oneByOne(keys, first, count));
      }),
    );
  });

  // One cipher call takes 4,096 blocks: runs that end at, before and after a call, and that span several.
  it.each([0, 1, 4095, 4096, 4097, 9000])("equal those made one by one, %i of them", (count) => {
    const first = 2 ** 40 - 4000;
    expect(inBulk(KEYS, first, count)).toEqual(oneByOne(KEYS, first, count));
  });

  it.each([2 ** 32 - 3, 2 ** 37 - 3, 2 ** 40 - 3, LAST - 5])("carry past %d", (first) => {
    expect(inBulk(KEYS, first, 6)).toEqual(oneByOne(KEYS, first, 6));
  });

  it("come up to a call's limit, each code once", () => {
    const codes = latin1(encipherMany(KEYS, 0, BULK_LIMIT));
    expect(new Set(codes.match(/.{16}/g)).size).toBe(BULK_LIMIT);
    expect(codes.slice(-16)).toBe(encipherSerial(KEYS, BULK_LIMIT - 1));
    const pins = pinsMany(KEYS, 0, BULK_LIMIT);
    expect(pins).toHaveLength(BULK_LIMIT);
    expect(pins.at(-1)).toBe(pinOf(KEYS, BULK_LIMIT - 1));
  });

  it("accept codes at any offset of a buffer", () => {
    const shifted = Buffer.concat([Buffer.from("x"), encipherMany(KEYS, 50, 3)]).subarray(1);
    expect(leavesMany(KEYS, 50, shifted)).toEqual(leavesMany(KEYS, 50, encipherMany(KEYS, 50, 3)));
  });

  it("hash the codes that they are given", () => {
    const codes = encipherMany(KEYS, 50, 3);
    const swapped = Buffer.concat([codes.subarray(16, 32), codes.subarray(0, 16), codes.subarray(32)]);
    const leaves = leavesMany(KEYS, 50, swapped);
    expect(leaves.subarray(0, 32)).toEqual(codeLeafHash(blindOf(KEYS, 50), encipherSerial(KEYS, 51)));
    expect(leaves.subarray(64)).toEqual(codeLeafHash(blindOf(KEYS, 52), encipherSerial(KEYS, 52)));
  });
});

describe("a run that is refused", () => {
  it.each([
    [-1, 1, "a serial below 0"],
    [0.5, 1, "a serial between two"],
    [2 ** 45, 0, "a serial past the last"],
    [LAST, 2, "a run past the last serial"],
    [0, -1, "fewer than none"],
    [0, 1.5, "a part of one"],
    [0, BULK_LIMIT + 1, "more than the limit"],
    [0, Number.NaN, "no number"],
  ])("from %d, %d: %s", (first, count) => {
    expect(() => encipherMany(KEYS, first, count)).toThrow(RangeError);
    expect(() => pinsMany(KEYS, first, count)).toThrow(RangeError);
  });

  it("of leaves: a part of a code, too many, past the last serial", () => {
    expect(() => leavesMany(KEYS, 0, new Uint8Array(15))).toThrow(/16 bytes for each code/);
    expect(() => leavesMany(KEYS, 0, new Uint8Array((BULK_LIMIT + 1) * 16))).toThrow(RangeError);
    expect(() => leavesMany(KEYS, LAST, new Uint8Array(32))).toThrow(RangeError);
  });

  it("of another type", () => {
    // @ts-expect-error a caller without types
    expect(() => encipherMany(KEYS, 0n, 1)).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => pinsMany(KEYS, 0, "1")).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => leavesMany(KEYS, 0, "45VFV6GS11R19J3B")).toThrow(TypeError);
  });
});

interface Run {
  codes: string;
  leaves: string;
  pins: string[];
}

function inBulk(keys: EpochKeys, first: number, count: number): Run {
  const codes = encipherMany(keys, first, count);
  const leaves = leavesMany(keys, first, codes);
  return { codes: latin1(codes), leaves: latin1(leaves), pins: pinsMany(keys, first, count) };
}

function oneByOne(keys: EpochKeys, first: number, count: number): Run {
  const run = Array.from({ length: count }, (_, index) => {
    const serial = first + index;
    const code = encipherSerial(keys, serial);
    return { code, leaf: latin1(codeLeafHash(blindOf(keys, serial), code)), pin: pinOf(keys, serial) };
  });
  return {
    codes: run.map(({ code }) => code).join(""),
    leaves: run.map(({ leaf }) => leaf).join(""),
    pins: run.map(({ pin }) => pin),
  };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
