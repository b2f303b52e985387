import { describe, expect, it } from "vitest";
import { regionOf } from "../../src/scan/region.ts";

describe("the region of a scan", () => {
  it.each<[string, string]>([
    ["", "unknown"],
    ["NZ", "NZ"],
    [" cn-gd ", "CN-GD"],
    ["CN-ZZ", "CN"],
    ["US-CA", "US"],
    ["CN-HK", "HK"],
    ["CN-TW", "TW"],
    ["XX", "unknown"],
    ["T1", "unknown"],
    ["NZ, US", "unknown"],
    ["<script>", "unknown"],
    [`NZ-${"x".repeat(10_000)}`, "unknown"],
  ])("%s is %s", (header, expected) => {
    expect(regionOf(header)).toBe(expected);
  });
});
