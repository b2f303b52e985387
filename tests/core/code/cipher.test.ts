import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALPHABET, MistypedCodeError } from "../../../src/core/code/alphabet.ts";
import { checkCharacter, hasValidCheck } from "../../../src/core/code/check.ts";
import { deriveEpochKeys } from "../../../src/core/code/keys.ts";
import { decipherCode, encipherSerial } from "../../../src/core/code/cipher.ts";
import { KEYS, COUNTING_SECRET, bodies, replaceAt, secrets, serials } from "./arbitrary.ts";
import { plainBits, plainEncipher, plainKeys, plainSeal, plainSpell, plainUnseal } from "./definition.ts";

const PLAIN = plainKeys(COUNTING_SECRET);
const CODES = Array.from({ length: 60 }, (_, index) => encipherSerial(KEYS, index * 596_345_289_641 + 7));

describe("seal and open", () => {
  it("give the design's vector", () => {
    expect(encipherSerial(KEYS, 962_196_131_093)).toBe("45VFV6GS11R19J3B");
    expect(decipherCode(KEYS, "45VFV6GS11R19J3B")).toBe(962_196_131_093);
  });

  it("are inverses under any keys", () => {
    fc.assert(
      fc.property(secrets, serials, (secret, serial) => {
        const keys = deriveEpochKeys(3, secret);
        const code = encipherSerial(keys, serial);
        expect(hasValidCheck(code)).toBe(true);
        expect(decipherCode(keys, code)).toBe(serial);
      }),
    );
  });

  it("seal as defined", () => {
    fc.assert(
      fc.property(secrets, serials, (secret, serial) => {
        expect(encipherSerial(deriveEpochKeys(0, secret), serial)).toBe(plainSeal(plainKeys(secret), serial));
      }),
    );
  });

  it("open forged codes as defined", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const x = plainUnseal(PLAIN, body);
        expect(decipherCode(KEYS, body + checkCharacter(body))).toBe(x >> 45n === 0n ? Number(x) : null);
      }),
    );
  });

  it("give every serial its own code", () => {
    const codes = Array.from({ length: 5000 }, (_, serial) => encipherSerial(KEYS, serial));
    expect(new Set(codes).size).toBe(5000);
  });
});

describe("a plaintext with a redundancy bit set is refused", () => {
  // Sealed by the definition run on X itself, so that each of the 30 bits is seen to be looked at.
  it.each(Array.from({ length: 30 }, (_, bit) => bit + 45))("bit %i", (bit) => {
    const body = plainSpell(plainEncipher(PLAIN, (1n << BigInt(bit)) | 962_196_131_093n));
    expect(plainUnseal(PLAIN, body)).toBe((1n << BigInt(bit)) | 962_196_131_093n);
    expect(decipherCode(KEYS, body + checkCharacter(body))).toBeNull();
  });

  it("bit 44 belongs to the serial and is accepted", () => {
    const body = plainSpell(plainEncipher(PLAIN, 1n << 44n));
    expect(decipherCode(KEYS, body + checkCharacter(body))).toBe(2 ** 44);
  });
});

describe("a genuine code that was changed, with its check character corrected", () => {
  it("is refused with any single character changed", () => {
    const forged = CODES.flatMap((code) =>
      Array.from({ length: 15 }, (_, position) => position).flatMap((position) =>
        Array.from(ALPHABET, (symbol) => replaceAt(code.slice(0, 15), position, symbol)).filter(
          (body) => !code.startsWith(body),
        ),
      ),
    );
    expect(forged).toHaveLength(60 * 15 * 31);
    expect(forged.filter((body) => decipherCode(KEYS, body + checkCharacter(body)) !== null)).toEqual([]);
  });

  it("is refused with any single bit of 75 flipped", () => {
    const forged = CODES.flatMap((code) =>
      Array.from({ length: 75 }, (_, bit) => plainSpell(plainBits(code.slice(0, 15)) ^ (1n << BigInt(bit)))),
    );
    expect(forged).toHaveLength(60 * 75);
    expect(forged.filter((body) => decipherCode(KEYS, body + checkCharacter(body)) !== null)).toEqual([]);
  });

  it("is refused with any bits flipped", () => {
    fc.assert(
      fc.property(serials, fc.bigInt({ min: 1n, max: 2n ** 75n - 1n }), (serial, flips) => {
        const body = plainSpell(plainBits(encipherSerial(KEYS, serial).slice(0, 15)) ^ flips);
        // One flip in 2^30 hits the code of another serial: the definition says which.
        const x = plainUnseal(PLAIN, body);
        expect(x).not.toBe(BigInt(serial));
        expect(decipherCode(KEYS, body + checkCharacter(body))).toBe(x >> 45n === 0n ? Number(x) : null);
      }),
      { numRuns: 2000 },
    );
  });

  it("is scrambled entirely: neighbours share no more characters than unrelated codes", () => {
    const pairs = Array.from({ length: 2000 }, (_, serial) => [
      encipherSerial(KEYS, serial),
      encipherSerial(KEYS, serial + 1),
    ]);
    const shared = pairs.flatMap(([one = "", next = ""]) =>
      Array.from(one.slice(0, 15)).filter((symbol, index) => symbol === next.charAt(index)),
    );
    // 30,000 places, 1 in 32 alike: 937.5 on average, standard deviation 30.1. Fixed keys: the count never varies.
    expect(shared.length).toBeGreaterThan(800);
    expect(shared.length).toBeLessThan(1075);
  });
});

describe("sealing and opening refuse", () => {
  it.each([-1, 2 ** 45, 2 ** 53, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("serial %d", (serial) => {
    expect(() => encipherSerial(KEYS, serial)).toThrow(RangeError);
  });

  it("a serial of another type", () => {
    for (const serial of ["1", 1n, null, undefined]) {
      // @ts-expect-error a caller without types
      expect(() => encipherSerial(KEYS, serial)).toThrow(TypeError);
    }
  });

  it("a code that was not normalised, as the caller's mistake", () => {
    for (const code of ["45vfv6gs11r19j3b", "45VF-V6GS-11R1-9J3B", "", "45VFV6GS11R19J3"]) {
      expect(() => decipherCode(KEYS, code)).toThrow(RangeError);
      expect(() => decipherCode(KEYS, code)).not.toThrow(MistypedCodeError);
    }
  });

  it("a code whose check character is wrong, as mistyped", () => {
    expect(() => decipherCode(KEYS, "45VFV6GS11R19J3C")).toThrow(MistypedCodeError);
  });

  it("a code of another type", () => {
    // @ts-expect-error a caller without types
    expect(() => decipherCode(KEYS, null)).toThrow(TypeError);
  });

  it("a key that is not 16 bytes", () => {
    expect(() => encipherSerial({ ...KEYS, cipher: new Uint8Array(32) }, 1)).toThrow(RangeError);
    // @ts-expect-error a caller without types
    expect(() => encipherSerial({ ...KEYS, cipher: "0123456789abcdef" }, 1)).toThrow(TypeError);
  });
});
