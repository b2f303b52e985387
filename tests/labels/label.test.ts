import { describe, expect, it } from "vitest";
import { assertLabel, type Label } from "../../src/labels/label.ts";
import { VECTOR } from "./sample-labels.ts";

describe("assertLabel", () => {
  it("accepts codes of goods with and without a GTIN, captions in any script, PINs of six digits", () => {
    const vehicle = { ...VECTOR, link: "HTTPS://TRACE.EXAMPLE/T/45VFV6GS11R19J3B" };
    for (const label of [VECTOR, vehicle, { ...VECTOR, caption: "西湖龙井 批次 2410-A", pin: "004291" }])
      expect(() => assertLabel(label)).not.toThrow();
  });

  it("refuses a label whose text spells another code than its symbol", () => {
    expect(() => assertLabel({ ...VECTOR, grouped: "45VF-V6GS-11R1-9J3C" })).toThrow(
      /link must end in the code/,
    );
    expect(() => assertLabel({ ...VECTOR, grouped: "V6GS-11R1-9J3B" })).toThrow(/link must end in the code/);
  });

  const wrong: [string, Partial<Label>][] = [
    ["grouped in lower case", { grouped: "45vf-V6GS-11R1-9J3B" }],
    ["grouped with an empty group", { grouped: "45VF--V6GS-11R1-9J3B" }],
    ["an empty grouped", { grouped: "" }],
    ["an empty caption", { caption: "" }],
    ["a blank caption", { caption: " \u3000" }],
    ["a caption of two lines", { caption: "a\nb" }],
    ["a caption with a line separator", { caption: "a\u2028b" }],
    ["a caption with an escape", { caption: "\u001B[2J" }],
    ["a caption with a lone surrogate", { caption: "\uD800" }],
    ["a caption XML cannot carry", { caption: "\uFFFE" }],
    ["an endless caption", { caption: "x".repeat(201) }],
    ["a PIN of five digits", { pin: "12345" }],
    ["a PIN of other digits", { pin: "１２３４５６" }],
  ];
  it.each(wrong)("refuses %s", (_name, field) => {
    expect(() => assertLabel({ ...VECTOR, ...field })).toThrow(RangeError);
  });

  it.each(["link", "grouped", "caption", "pin"])("refuses a %s that is no string", (field) => {
    expect(() => assertLabel({ ...VECTOR, [field]: 123456 })).toThrow(TypeError);
  });
});
