import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeScanBlock,
  type LoggedScan,
  ScanBlockBuilder,
  ScanBlockError,
} from "../../src/scan/scan-block.ts";
import { VERDICTS } from "../../src/scan/answer.ts";

const scan: fc.Arbitrary<LoggedScan> = fc.record({
  key: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  region: fc.constantFrom("unknown", "NZ", "CN", "CN-GD", "CN-BJ", "KR", "HK"),
  atSeconds: fc.nat({ max: 2 ** 32 - 1 }),
  verdict: fc.constantFrom("genuine", "not_activated", "suspicious", "recalled", "void"),
  sighting: fc.boolean(),
});

function encode(scans: LoggedScan[]): Uint8Array {
  const builder = new ScanBlockBuilder();
  for (const one of scans) builder.add(one);
  return builder.bytes();
}

/** Null for a block that is refused; any error but the named one is passed on. */
function decodedOrRefused(block: Uint8Array): LoggedScan[] | null {
  try {
    return decodeScanBlock(block);
  } catch (error) {
    if (error instanceof ScanBlockError) return null;
    throw error;
  }
}

const SAMPLE: LoggedScan[] = [
  { key: 962196131093, region: "CN-GD", atSeconds: 1793491200, verdict: "genuine", sighting: false },
  { key: Number.MAX_SAFE_INTEGER, region: "unknown", atSeconds: 0, verdict: "void", sighting: true },
  { key: 0, region: "CN-GD", atSeconds: 2 ** 32 - 1, verdict: "recalled", sighting: false },
];

describe("a block of the scan log", () => {
  it("is read back as written", () => {
    fc.assert(
      fc.property(fc.array(scan, { minLength: 1, maxLength: 200 }), (scans) => {
        expect(decodeScanBlock(encode(scans))).toEqual(scans);
      }),
    );
  });

  it("has the documented layout", () => {
    const key = (962196131093).toString(16).padStart(14, "0");
    const seconds = (1793491200).toString(16);
    expect(Buffer.from(encode(SAMPLE.slice(0, 1))).toString("hex")).toBe(
      ["01", "0001", "05434e2d4744", "00000001", "00", key, "0000", seconds].join(""),
    );
  });

  it("is refused with any other length", () => {
    const block = encode(SAMPLE);
    for (let length = 0; length < block.length; length++)
      expect(() => decodeScanBlock(block.subarray(0, length))).toThrow(ScanBlockError);
    expect(() => decodeScanBlock(Uint8Array.from([...block, 0]))).toThrow(ScanBlockError);
  });

  it("with a changed byte is refused, or read as another valid scan", () => {
    const block = encode(SAMPLE);
    for (let at = 0; at < block.length; at++)
      for (const flip of [0x01, 0x10, 0x80, 0xff]) {
        const mangled = block.slice();
        mangled[at] = (mangled[at] as number) ^ flip;
        const scans = decodedOrRefused(mangled);
        expect(scans).not.toEqual(SAMPLE);
        expect(scans === null || encode(scans)).toEqual(scans === null || mangled);
      }
  });

  it.each<[string, (block: Uint8Array) => void]>([
    ["version", (block) => block.set([2], 0)],
    ["no scans", (block) => block.set([0, 0, 0, 0], 17)],
    ["verdict of no code", (block) => block.set([VERDICTS.indexOf("unknown")], 21)],
    ["key of more than 53 bits", (block) => block.set([0xff], 22)],
    ["region in small letters", (block) => block.set([0x63], 4)],
    ["region that is not listed", (block) => block.set([9], 30)],
  ])("is refused: %s", (_name, mangle) => {
    const block = encode(SAMPLE);
    mangle(block);
    expect(() => decodeScanBlock(block)).toThrow(ScanBlockError);
  });
});
