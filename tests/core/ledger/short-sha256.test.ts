import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShortSha256 } from "../../../src/core/ledger/short-sha256.ts";

const hasher = new ShortSha256();

function hashOf(message: Uint8Array): string {
  hasher.message.set(message);
  const out = new DataView(new ArrayBuffer(40));
  hasher.hashInto(message.length, out, 4);
  const bytes = new Uint8Array(out.buffer);
  expect([...bytes.subarray(0, 4), ...bytes.subarray(36)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  return Buffer.from(bytes.subarray(4, 36)).toString("hex");
}

const known = (message: Uint8Array): string => createHash("sha256").update(message).digest("hex");

describe("SHA-256 of short messages", () => {
  it("gives NIST's examples (FIPS 180-4: one block, two blocks)", () => {
    expect(hashOf(Buffer.from("abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(hashOf(Buffer.from("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  it("is Node's for every length to 119, one after the other with the same object", () => {
    for (let length = 0; length <= 119; length++) {
      const message = new Uint8Array(length).fill(length + 1);
      expect(hashOf(message)).toBe(known(message));
    }
  });

  it("is Node's for any bytes, after any other message", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 119 }), (message) => {
        expect(hashOf(message)).toBe(known(message));
      }),
      { numRuns: 500 },
    ));

  it("refuses a longer message, and a buffer that is too small", () => {
    expect(() => hasher.hashInto(120, new DataView(new ArrayBuffer(32)), 0)).toThrow(RangeError);
    expect(() => hasher.hashInto(3, new DataView(new ArrayBuffer(31)), 0)).toThrow(RangeError);
  });
});
