import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { groupCode } from "../../../src/core/code/alphabet.ts";
import { hasValidCheck, parseCode } from "../../../src/core/code/check.ts";
import { deriveEpochKeys, keyCheckValue } from "../../../src/core/code/keys.ts";
import { blindOf, codeLeafHash } from "../../../src/core/code/leaf.ts";
import { pinOf } from "../../../src/core/code/pin.ts";
import { decipherCode, encipherSerial } from "../../../src/core/code/cipher.ts";
import { itemKey, joinSerial, splitItemKey, splitSerial } from "../../../src/core/code/serial.ts";
import {
  plainBlind,
  plainCheck,
  plainKeys,
  plainLeaf,
  plainPin,
  plainSeal,
  plainUnseal,
} from "./definition.ts";

const vectors = z
  .object({
    epochs: z.array(
      z.object({
        epoch: z.int(),
        secret: z.string(),
        keys: z.object({ seal: z.string(), pin: z.string(), leaf: z.string() }),
        keyCheck: z.string(),
        codes: z.array(
          z.object({
            serial: z.int(),
            ledger: z.int(),
            counting: z.int(),
            itemKey: z.int(),
            code: z.string(),
            grouped: z.string(),
            pin: z.string(),
            blind: z.string(),
            leaf: z.string(),
          }),
        ),
      }),
    ),
  })
  .parse(fixture("vectors.json"));

const { forged } = z
  .object({ forged: z.array(z.object({ code: z.string(), why: z.string() })) })
  .parse(fixture("invalid.json"));

describe("the fixtures", () => {
  it("hold the design's vector, both ends of the serials and a ledger other than 0", () => {
    const [first] = vectors.epochs;
    expect(first?.secret).toBe("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    expect(first?.codes).toContainEqual(
      expect.objectContaining({ serial: 962196131093, ledger: 7, code: "45VFV6GS11R19J3B" }),
    );
    const serials = first?.codes.map(({ serial }) => serial);
    expect(serials).toContain(0);
    expect(serials).toContain(2 ** 45 - 1);
  });
});

describe.each(vectors.epochs)("epoch $epoch", ({ epoch, secret, keys, keyCheck, codes }) => {
  const bytes = Buffer.from(secret, "hex");
  const own = deriveEpochKeys(epoch, bytes);
  const plain = plainKeys(bytes);

  it("derives its keys and key-check value", () => {
    expect({ seal: hex(own.cipher), pin: hex(own.pin), leaf: hex(own.leaf) }).toEqual(keys);
    expect(keyCheckValue(bytes)).toBe(keyCheck);
  });

  it("derives the same ones by Node's HKDF", () => {
    expect({ seal: hex(plain.seal), pin: hex(plain.pin), leaf: hex(plain.leaf) }).toEqual(keys);
    expect(hex(plain.check)).toBe(keyCheck);
  });

  it.each(codes)("serial $serial is $grouped", (vector) => {
    const { serial, ledger, counting, code } = vector;
    expect(encipherSerial(own, serial)).toBe(code);
    expect(decipherCode(own, code)).toBe(serial);
    expect(groupCode(code)).toBe(vector.grouped);
    expect(parseCode(vector.grouped)).toBe(code);
    expect(pinOf(own, serial)).toBe(vector.pin);
    expect(hex(blindOf(own, serial))).toBe(vector.blind);
    expect(hex(codeLeafHash(Buffer.from(vector.blind, "hex"), code))).toBe(vector.leaf);
    expect(itemKey(epoch, serial)).toBe(vector.itemKey);
    expect(splitItemKey(vector.itemKey)).toEqual({ epoch, serial });
    expect(joinSerial(ledger, counting)).toBe(serial);
    expect(splitSerial(serial)).toEqual({ ledger, counting });
  });

  it.each(codes)("serial $serial, by the definition", (vector) => {
    const { serial, code } = vector;
    expect(plainSeal(plain, serial)).toBe(code);
    expect(plainUnseal(plain, code)).toBe(BigInt(serial));
    expect(plainCheck(code.slice(0, 15))).toBe(code.slice(15));
    expect(plainPin(plain, serial)).toBe(vector.pin);
    expect(hex(plainBlind(plain, serial))).toBe(vector.blind);
    expect(plainLeaf(plainBlind(plain, serial), code)).toBe(vector.leaf);
    expect(BigInt(vector.itemKey)).toBe(BigInt(epoch) * 2n ** 45n + BigInt(serial));
    expect(BigInt(vector.ledger) * 2n ** 37n + BigInt(vector.counting)).toBe(BigInt(serial));
  });

  it.each(forged)("does not open $code: $why", ({ code }) => {
    expect(hasValidCheck(code)).toBe(true);
    expect(decipherCode(own, code)).toBeNull();
    expect(plainUnseal(plain, code) >> 45n).not.toBe(0n);
  });
});

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../fixtures/codes", name), "utf8"));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
