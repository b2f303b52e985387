import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCheckpoint, parseCheckpoint } from "../../../src/core/ledger/checkpoint.ts";

const ROOT = new Uint8Array(32).fill(0x2a);
const ROOT_LINE = "KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio=";
const TEXT = `trace.example.org/log\n20852163\n${ROOT_LINE}\n`;
const CHECKPOINT = { origin: "trace.example.org/log", size: 20852163, root: ROOT };

describe("checkpoint", () => {
  it("has three lines", () => {
    expect(formatCheckpoint(CHECKPOINT)).toBe(TEXT);
    expect(parseCheckpoint(TEXT)).toEqual(CHECKPOINT);
  });

  it("carries extension lines", () => {
    const extended = { ...CHECKPOINT, extensions: ["one", "2 zwei"] };
    expect(formatCheckpoint(extended)).toBe(`${TEXT}one\n2 zwei\n`);
    expect(parseCheckpoint(`${TEXT}one\n2 zwei\n`)).toEqual(extended);
    expect(formatCheckpoint({ ...CHECKPOINT, extensions: [] })).toBe(TEXT);
  });

  it("is read back as printed", () =>
    fc.assert(
      fc.property(
        fc.webAuthority().filter((origin) => !origin.includes("+")),
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(fc.stringMatching(/^[ -~溯]+$/), { minLength: 1, maxLength: 3 }),
        (origin, size, root, extensions) => {
          const checkpoint = { origin, size, root, extensions };
          expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
        },
      ),
    ));

  it.each([
    ["no newline at the end", TEXT.slice(0, -1)],
    ["a blank line at the end", `${TEXT}\n`],
    ["two lines", "a\n1\n"],
    ["nothing", ""],
    ["no origin", TEXT.replace("trace.example.org/log", "")],
    ["a space in the origin", TEXT.replace("/log", " log")],
    ["a plus in the origin", TEXT.replace("/log", "+log")],
    ["a leading zero", TEXT.replace("2085", "02085")],
    ["a plus before the size", TEXT.replace("2085", "+2085")],
    ["a negative size", TEXT.replace("2085", "-2085")],
    ["a size in hex", TEXT.replace("20852163", "0x10")],
    ["a size with an exponent", TEXT.replace("20852163", "1e3")],
    ["a size with a space", TEXT.replace("20852163", "20852163 ")],
    ["a size in other digits", TEXT.replace("20852163", "٣")],
    ["no size", TEXT.replace("20852163", "")],
    ["a size above 2^53 - 1", TEXT.replace("20852163", "9007199254740992")],
    ["a root of 31 bytes", TEXT.replace(ROOT_LINE, `${ROOT_LINE.slice(0, -4)}Kg==`)],
    ["a root without padding", TEXT.replace("=", "")],
    ["a root with loose bits", TEXT.replace("Kio=", "Kip=")],
    ["a return", TEXT.replaceAll("\n", "\r\n")],
    ["a tab in an extension", `${TEXT}a\tb\n`],
    ["an empty extension", `${TEXT}\nmore\n`],
  ])("is refused with %s", (_what, text) => expect(() => parseCheckpoint(text)).toThrow(RangeError));

  it("has one spelling: what was read prints the same", () => {
    for (let i = 0; i < TEXT.length; i++)
      for (const character of ["", "0", "A", "=", "\n", " "]) {
        const changed = TEXT.slice(0, i) + character + TEXT.slice(i + 1);
        let read: ReturnType<typeof parseCheckpoint>;
        try {
          read = parseCheckpoint(changed);
        } catch {
          continue;
        }
        expect(formatCheckpoint(read)).toBe(changed);
      }
  });

  it.each([
    ["an origin with a space", { origin: "go.sum database tree" }],
    ["an empty origin", { origin: "" }],
    ["an origin of 256 bytes", { origin: `溯${"a".repeat(253)}` }],
    ["a size that is no integer", { size: 1.5 }],
    ["a negative size", { size: -1 }],
    ["a size above 2^53 - 1", { size: 2 ** 53 }],
    ["a short root", { root: ROOT.slice(1) }],
    ["an empty extension", { extensions: [""] }],
    ["an extension of two lines", { extensions: ["a\nb"] }],
    ["a lone surrogate", { extensions: ["\ud800"] }],
  ])("is not printed with %s", (_what, change) =>
    expect(() => formatCheckpoint({ ...CHECKPOINT, ...change })).toThrow(RangeError),
  );

  it("accepts an origin of 255 bytes and a size of 2^53 - 1", () => {
    const largest = { ...CHECKPOINT, origin: `溯${"a".repeat(252)}`, size: 2 ** 53 - 1 };
    expect(parseCheckpoint(formatCheckpoint(largest))).toEqual(largest);
    expect(formatCheckpoint(largest).split("\n")[1]).toBe("9007199254740991");
  });
});
