import { describe, expect, it } from "vitest";
import { checkCharacter } from "../../../src/core/code/check.ts";
import { type EpochKeys, deriveEpochKeys } from "../../../src/core/code/keys.ts";
import { Keyring } from "../../../src/core/code/keyring.ts";
import { encipherSerial } from "../../../src/core/code/cipher.ts";
import { COUNTING_SECRET } from "./arbitrary.ts";

const OLD = deriveEpochKeys(0, COUNTING_SECRET);
const NEW = deriveEpochKeys(1, COUNTING_SECRET.toReversed());
/** Another number for the old keys: every code of one opens under the other, as one in 2^30 does by chance. */
const TWIN: EpochKeys = { ...OLD, epoch: 2 };

function issued(epoch: number, serial: number): string {
  return `batch of ${epoch}, ${serial}`;
}

describe("a keyring of two epochs", () => {
  const ring = new Keyring([OLD, NEW]);

  it("opens the codes of both, and gives their epoch", () => {
    expect(ring.decipher(encipherSerial(OLD, 5), issued)).toEqual({
      epoch: 0,
      serial: 5,
      batch: "batch of 0, 5",
    });
    expect(ring.decipher(encipherSerial(NEW, 5), issued)).toEqual({
      epoch: 1,
      serial: 5,
      batch: "batch of 1, 5",
    });
  });

  it("looks up no batch for a code that does not open", () => {
    const asked: [number, number][] = [];
    const note = (epoch: number, serial: number): null => {
      asked.push([epoch, serial]);
      return null;
    };
    expect(ring.decipher(`000000000000001${checkCharacter("000000000000001")}`, note)).toBeNull();
    expect(asked).toEqual([]);
    expect(ring.decipher(encipherSerial(OLD, 5), note)).toBeNull();
    expect(asked).toEqual([[0, 5]]);
  });

  it("seals with the newest epoch, in any order of epochs", () => {
    expect(ring.newest).toBe(NEW);
    expect(new Keyring([NEW, OLD]).newest).toBe(NEW);
    expect(new Keyring(new Set([OLD])).newest).toBe(OLD);
  });

  it("finds the keys of an epoch by its number", () => {
    expect(ring.keysOf(0)).toBe(OLD);
    expect(ring.keysOf(1)).toBe(NEW);
    expect(() => ring.keysOf(2)).toThrow(RangeError);
  });

  it("passes on what decipherCode throws", () => {
    expect(() => ring.decipher("45VFV6GS11R19J3C", () => null)).toThrow(
      expect.objectContaining({ reason: "check" }),
    );
    expect(() => ring.decipher("45vfv6gs11r19j3b", () => null)).toThrow(RangeError);
  });
});

describe("a code that opens under two epochs", () => {
  const ring = new Keyring([OLD, NEW, TWIN]);
  const code = encipherSerial(OLD, 77);

  it("is the newest one's, if its serial is in a batch there", () => {
    expect(ring.decipher(code, (epoch) => `batch of ${epoch}`)).toMatchObject({ epoch: 2 });
  });

  it("is the older one's, if the newest has no such batch", () => {
    const batches = new Map([[0, { lot: "L1" }]]);
    expect(ring.decipher(code, (epoch) => batches.get(epoch) ?? null)).toEqual({
      epoch: 0,
      serial: 77,
      batch: { lot: "L1" },
    });
  });

  it("belongs to no batch if neither has one, whether the look-up gives null or undefined", () => {
    const asked: number[] = [];
    const note = (epoch: number): null => {
      asked.push(epoch);
      return null;
    };
    expect(ring.decipher(code, note)).toBeNull();
    expect(asked).toEqual([2, 0]);
    expect(ring.decipher(code, (epoch) => new Map<number, string>().get(epoch))).toBeNull();
  });

  it("accepts 0 and an empty string as batches", () => {
    expect(ring.decipher(code, () => 0)).toMatchObject({ batch: 0 });
    expect(ring.decipher(code, () => "")).toMatchObject({ batch: "" });
  });
});

describe("the size of a keyring", () => {
  const all = Array.from({ length: 256 }, (_, epoch) => ({ ...OLD, epoch }));

  it("is 1 to 256 epochs", () => {
    expect(new Keyring(all).newest.epoch).toBe(255);
    expect(() => new Keyring([])).toThrow(RangeError);
    expect(() => new Keyring([...all, NEW])).toThrow(RangeError);
  });

  it("refuses an epoch twice, and any outside 0 to 255", () => {
    expect(() => new Keyring([OLD, NEW, { ...NEW, epoch: 0 }])).toThrow(/epoch 0 is given twice/);
    expect(() => new Keyring([{ ...OLD, epoch: 256 }])).toThrow(RangeError);
    expect(() => new Keyring([{ ...OLD, epoch: -1 }])).toThrow(RangeError);
  });
});
