import { describe, expect, it } from "vitest";
import {
  bizStepUri,
  defaultVocabularyBase,
  parseVocabularyBase,
} from "../../../src/core/custody/vocabulary-base.ts";

describe("the base of the vocabulary", () => {
  it.each(["https://trace.example.org/vocabulary/", "https://192.0.2.7/v/", "https://a.example/"])(
    "may be %s",
    (text) => expect(parseVocabularyBase(text)).toBe(text),
  );

  it.each([
    "http://trace.example.org/vocabulary/",
    "https://trace.example.org:8443/vocabulary/",
    "https://my-trace.example.org/vocabulary/",
    "https://trace.example.org/vocabulary",
    "https://trace.example.org/vocabulary/#",
    "https://trace.example.org/vocabulary/?a=/",
    "https://user@trace.example.org/",
    "https://TRACE.example.org/",
    "urn:suyuan:",
    "trace.example.org/",
    "",
  ])("may not be %j", (text) => expect(() => parseVocabularyBase(text)).toThrow(RangeError));

  it("is the host without its port by default", () => {
    expect(defaultVocabularyBase("Trace.Example.org:8080")).toBe("https://trace.example.org/vocabulary/");
    expect(() => defaultVocabularyBase("my-trace.example.org")).toThrow(RangeError);
  });

  it("carries our own business steps, and none of CBV", () => {
    const base = "https://trace.example.org/vocabulary/";
    expect(bizStepUri("declaring", base)).toBe(`${base}customs_declaring`);
    expect(bizStepUri("packing", base)).toBe("https://ref.gs1.org/cbv/BizStep-packing");
  });
});
