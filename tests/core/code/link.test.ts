import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digitalLink, parseTraceUrl, shortLink } from "../../../src/core/code/link.ts";
import { bodies } from "./arbitrary.ts";

const CODE = "45VFV6GS11R19J3B";
const GTIN = "09520002000019";
const QR_ALPHANUMERIC = /^[0-9A-Z $%*+\-./:]+$/;

describe("a link on a label", () => {
  it("is upper case throughout", () => {
    expect(digitalLink("Trace.Example", GTIN, CODE)).toBe(`HTTPS://TRACE.EXAMPLE/01/${GTIN}/21/${CODE}`);
    expect(shortLink("trace.example:8443", CODE)).toBe(`HTTPS://TRACE.EXAMPLE:8443/T/${CODE}`);
  });

  it.each(["a", "localhost", "127.0.0.1:8787", "xn--fiqs8s.example", "a-b.c-d.example", "t.example:65535"])(
    "may go to %s",
    (host) => {
      expect(digitalLink(host, GTIN, CODE)).toMatch(QR_ALPHANUMERIC);
      expect(shortLink(host, CODE)).toMatch(QR_ALPHANUMERIC);
    },
  );

  it.each([
    ["", "nothing"],
    ["trace_here.example", "an underscore, which QR alphanumeric mode lacks"],
    ["溯源.example", "an internationalised name not in its xn-- form"],
    ["\u017fuyuan.example", "a letter that upper-cases into ASCII"],
    ["[::1]", "brackets, which QR alphanumeric mode lacks"],
    ["https://trace.example", "a whole URL"],
    ["trace.example/", "a path"],
    ["trace.example?x", "a query"],
    ["user@trace.example", "a user"],
    ["trace example", "a space, which the mode has and a host has not"],
    ["trace+1.example", "a plus, which the mode has and a host has not"],
    ["trace..example", "an empty label"],
    [".example", "an empty first label"],
    ["trace.example.", "a root dot"],
    ["-trace.example", "a label that begins with a hyphen"],
    ["trace-.example", "a label that ends with a hyphen"],
    [`${"a".repeat(64)}.example`, "a label of 64 characters"],
    ["a.".repeat(127).concat("aa"), "a name of 256 characters"],
    ["trace.example:", "a port that is empty"],
    ["trace.example:0", "port 0"],
    ["trace.example:080", "a port with a leading zero"],
    ["trace.example:65536", "a port past 65535"],
    ["trace.example:80:80", "two ports"],
    ["trace.example\n", "a line feed after it"],
  ])("may not go to %j: %s", (host) => {
    expect(() => digitalLink(host, GTIN, CODE)).toThrow(/^host must be/);
    expect(() => shortLink(host, CODE)).toThrow(RangeError);
  });

  it.each(["", "9520002000019", "095200020000190", "0952000200001X", " 9520002000019", "٠9520002000019"])(
    "carries no GTIN %j",
    (gtin) => {
      expect(() => digitalLink("trace.example", gtin, CODE)).toThrow(/gtin14 must be 14 digits/);
    },
  );

  it.each(["", CODE.toLowerCase(), "45VF-V6GS-11R1-9J3B", `${CODE}0`])("carries no code %j", (code) => {
    expect(() => digitalLink("trace.example", GTIN, code)).toThrow(RangeError);
    expect(() => shortLink("trace.example", code)).toThrow(RangeError);
  });

  it("is made of strings", () => {
    // @ts-expect-error a caller without types
    expect(() => digitalLink("trace.example", 9520002000019, CODE)).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => shortLink(undefined, CODE)).toThrow(TypeError);
    // @ts-expect-error a caller without types
    expect(() => shortLink("trace.example", null)).toThrow(TypeError);
  });
});

describe("a trace URL", () => {
  it("is read back as it was printed", () => {
    const digits = fc.nat(99_999_999_999_999).map((number) => String(number).padStart(14, "0"));
    fc.assert(
      fc.property(digits, bodies, (gtin, body) => {
        const code = `${body}0`;
        expect(parseTraceUrl(digitalLink("trace.example", gtin, code))).toEqual({ gtin, code });
        expect(parseTraceUrl(shortLink("trace.example:8443", code))).toEqual({ code });
      }),
    );
  });

  it.each([
    [`/01/${GTIN}/21/${CODE}`, "the path alone", CODE],
    [`https://trace.example/01/${GTIN}/21/${CODE.toLowerCase()}`, "lower case", CODE.toLowerCase()],
    [`hTTp://Trace.Example:8080/01/${GTIN}/21/45vF-V6gs-11r1-9J3b`, "grouped", "45vF-V6gs-11r1-9J3b"],
    [`/01/${GTIN}/21/${CODE}/`, "a slash after it", CODE],
    [`/01/${GTIN}/21/${CODE}?17=261231&lang=zh/x`, "a query", CODE],
    [`/01/${GTIN}/21/${CODE}/?a?b#c`, "a slash, a query and a fragment", CODE],
    [`/01/${GTIN}/21/${CODE}#?`, "a fragment", CODE],
    [`/%30%31/${GTIN}/2%31/%34%35VFV6GS11R19J3B`, "percent-encoded", CODE],
    [
      `/01/${GTIN}/21/45VF%20V6GS%E2%80%9311R1%209J3B`,
      "spaces and a dash encoded",
      "45VF V6GS\u201311R1 9J3B",
    ],
    [`/01/${GTIN}/21/45VF%2FV6GS`, "an encoded slash", "45VF/V6GS"],
    [`/01/${GTIN}/21/45VF%ZZ`, "a broken encoding, left for the code to be refused", "45VF%ZZ"],
    [`/01/${GTIN}/21/x`, "a code of any length", "x"],
  ])("%s: %s", (url, _what, code) => {
    expect(parseTraceUrl(url)).toEqual({ gtin: GTIN, code });
  });

  it.each([
    [`/T/${CODE}`, CODE],
    [`/t/${CODE.toLowerCase()}`, CODE.toLowerCase()],
    [`/%74/${CODE}/`, CODE],
    [`HTTPS://TRACE.EXAMPLE/T/${CODE}?x`, CODE],
    [`https://user@[::1]:8443/t/${CODE}`, CODE],
  ])("%s has no GTIN", (url, code) => {
    expect(parseTraceUrl(url)).toEqual({ code });
  });

  it.each([
    ["", "nothing"],
    ["/", "the root"],
    ["https://trace.example", "a host alone"],
    ["https://trace.example/", "a host and a slash"],
    [CODE, "a code alone"],
    [`T/${CODE}`, "a path that does not begin at the root"],
    [`trace.example/T/${CODE}`, "a host without a scheme"],
    [`//trace.example/T/${CODE}`, "a host without a scheme, two slashes first"],
    [`ftp://trace.example/T/${CODE}`, "another scheme"],
    [`javascript:/T/${CODE}`, "another scheme, no host"],
    ["/T", "no code"],
    ["/T/", "an empty code"],
    ["/T//", "two slashes after nothing"],
    [`/T//${CODE}`, "an empty segment before the code"],
    [`/T/${CODE}//`, "two slashes after the code"],
    [`/T/${CODE}/x`, "a segment after the code"],
    [`/T?${CODE}`, "a code in the query"],
    [`/scan/T/${CODE}`, "a prefix"],
    [`/TT/${CODE}`, "another word"],
    [`/T%2F${CODE}`, "an encoded slash between segments"],
    [`/%ZZ/${CODE}`, "a broken encoding for T"],
    [`/01/${GTIN}`, "no serial"],
    [`/01/${GTIN}/21`, "no serial value"],
    [`/01/${GTIN}/21/`, "an empty serial value"],
    [`/01/${GTIN}/10/${CODE}`, "a lot"],
    [`/01/${GTIN}/10/L1/21/${CODE}`, "a lot before the serial"],
    [`/01/${GTIN}/21/${CODE}/x`, "a segment after the serial"],
    [`/01/9520002000019/21/${CODE}`, "a GTIN of 13 digits"],
    [`/01/0952000200001X/21/${CODE}`, "a GTIN with a letter"],
    [`/1/${GTIN}/21/${CODE}`, "AI 1"],
    [`/gtin/${GTIN}/ser/${CODE}`, "names for AIs, which GS1 withdrew"],
    [`/21/${CODE}/01/${GTIN}`, "the other way round"],
  ])("is not %j: %s", (url) => {
    expect(parseTraceUrl(url)).toBeNull();
  });

  it("is a string", () => {
    // @ts-expect-error a caller without types
    expect(() => parseTraceUrl(new URL("https://trace.example/T/x"))).toThrow(TypeError);
  });

  it("is null or well formed, for any text", () => {
    const pieces = fc.constantFrom(
      "/",
      "01",
      "21",
      "T",
      "t",
      GTIN,
      CODE,
      "?",
      "#",
      "%",
      "%2F",
      "https://",
      "a",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
        const found = parseTraceUrl(parts.join(""));
        const gtinIsWhole = found?.gtin === undefined || /^[0-9]{14}$/.test(found.gtin);
        expect(found === null || (gtinIsWhole && found.code !== "")).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
