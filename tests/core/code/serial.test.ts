import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  COUNTING_LIMIT,
  EPOCH_LIMIT,
  SERIAL_LIMIT,
  alignedSpan,
  alignedStart,
  assertEpoch,
  assertSerial,
  itemKey,
  joinSerial,
  splitItemKey,
  splitSerial,
} from "../../../src/core/code/serial.ts";
import { serials } from "./arbitrary.ts";

const epochs = fc.nat(EPOCH_LIMIT - 1);
const NOT_INTEGERS = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

describe("the bits", () => {
  it("number 45, and 53 with the epoch", () => {
    expect(SERIAL_LIMIT).toBe(2 ** 45);
    expect(COUNTING_LIMIT).toBe(2 ** 37);
    expect(EPOCH_LIMIT * SERIAL_LIMIT - 1).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("a serial", () => {
  it("is a ledger number and a counting number, exactly", () => {
    fc.assert(
      fc.property(serials, (serial) => {
        const { ledger, counting } = splitSerial(serial);
        expect(BigInt(ledger)).toBe(BigInt(serial) >> 37n);
        expect(BigInt(counting)).toBe(BigInt.asUintN(37, BigInt(serial)));
        expect(joinSerial(ledger, counting)).toBe(serial);
      }),
    );
  });

  it("goes from 0 to 2^45 - 1", () => {
    expect(joinSerial(0, 0)).toBe(0);
    expect(joinSerial(255, COUNTING_LIMIT - 1)).toBe(SERIAL_LIMIT - 1);
    expect(() => assertSerial(SERIAL_LIMIT - 1)).not.toThrow();
  });

  it.each([...NOT_INTEGERS, SERIAL_LIMIT])("is not %d", (wrong) => {
    expect(() => assertSerial(wrong)).toThrow(RangeError);
    expect(() => splitSerial(wrong)).toThrow(/serial must be an integer from 0 to 35184372088831/);
  });

  it("has no ledger 256 and no counting number 2^37", () => {
    expect(() => joinSerial(256, 0)).toThrow(/ledger/);
    expect(() => joinSerial(0, COUNTING_LIMIT)).toThrow(/counting/);
  });
});

describe("an item key", () => {
  it("is epoch·2^45 + serial, exactly, and is split again", () => {
    fc.assert(
      fc.property(epochs, serials, (epoch, serial) => {
        const key = itemKey(epoch, serial);
        expect(Number.isSafeInteger(key)).toBe(true);
        expect(BigInt(key)).toBe((BigInt(epoch) << 45n) + BigInt(serial));
        expect(splitItemKey(key)).toEqual({ epoch, serial });
      }),
    );
  });

  it("refuses parts out of range", () => {
    expect(() => itemKey(256, 0)).toThrow(/epoch must be an integer from 0 to 255/);
    expect(() => itemKey(0, SERIAL_LIMIT)).toThrow(/serial/);
    expect(() => splitItemKey(2 ** 53)).toThrow(/key/);
    for (const wrong of NOT_INTEGERS) {
      expect(() => itemKey(wrong, 0)).toThrow(RangeError);
      expect(() => itemKey(0, wrong)).toThrow(RangeError);
      expect(() => splitItemKey(wrong)).toThrow(RangeError);
      expect(() => assertEpoch(wrong)).toThrow(RangeError);
    }
  });

  it("refuses other types", () => {
    // @ts-expect-error a caller without types
    expect(() => itemKey("1", 0)).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => splitItemKey(1n)).toThrow(TypeError);
  });
});

describe("a batch's span", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 4],
    [1_000_000, 1_048_576],
    [2 ** 31 + 1, 2 ** 32],
    [2 ** 36 + 1, 2 ** 37],
    [2 ** 37, 2 ** 37],
  ])("of %d codes is %d", (count, span) => {
    expect(alignedSpan(count)).toBe(span);
  });

  it("is the smallest power of two that holds them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: COUNTING_LIMIT }), (count) => {
        const span = alignedSpan(count);
        expect(Number.isInteger(Math.log2(span))).toBe(true);
        expect(span).toBeGreaterThanOrEqual(count);
        expect(span / 2).toBeLessThan(count);
      }),
    );
  });

  it.each([0, COUNTING_LIMIT + 1, ...NOT_INTEGERS])("is of no %d codes", (count) => {
    expect(() => alignedSpan(count)).toThrow(RangeError);
  });
});

describe("the start of a batch", () => {
  it("is the next multiple of its span", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: COUNTING_LIMIT }), fc.nat(37), (counting, power) => {
        const span = 2 ** power;
        const start = alignedStart(counting, span);
        expect(start % span).toBe(0);
        expect(start).toBeGreaterThanOrEqual(counting);
        expect(start - counting).toBeLessThan(span);
      }),
    );
  });

  it("is 2^37 when the ledger is used up", () => {
    expect(alignedStart(COUNTING_LIMIT - 3, 4)).toBe(COUNTING_LIMIT);
    expect(alignedStart(COUNTING_LIMIT, 1)).toBe(COUNTING_LIMIT);
  });

  it("refuses a span that is no power of two, and a number past the end", () => {
    expect(() => alignedStart(0, 3)).toThrow(/power of two/);
    expect(() => alignedStart(0, 0)).toThrow(RangeError);
    expect(() => alignedStart(COUNTING_LIMIT + 1, 1)).toThrow(RangeError);
    expect(() => alignedStart(-1, 1)).toThrow(RangeError);
  });
});
