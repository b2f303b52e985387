import { describe, expect, it } from "vitest";
import { regionFrom } from "../../src/scan/region.ts";

describe("the region of a scan", () => {
  it.each<[Record<string, string>, string]>([
    [{}, "unknown"],
    [{ "x-suyuan-region": "NZ" }, "NZ"],
    [{ "x-suyuan-region": " cn-gd " }, "CN-GD"],
    [{ "x-suyuan-region": "CN-ZZ" }, "CN"],
    [{ "x-suyuan-region": "US-CA" }, "US"],
    [{ "x-suyuan-region": "<script>" }, "unknown"],
    [{ "x-suyuan-region": "NZ", "cf-ipcountry": "KR" }, "NZ"],
    [{ "cf-ipcountry": "CN", "cf-region-code": "BJ" }, "CN-BJ"],
    [{ "cf-ipcountry": "CN", "cf-region-code": "HK" }, "HK"],
    [{ "cf-ipcountry": "CN", "cf-region-code": "TW" }, "TW"],
    [{ "cf-ipcountry": "NZ", "cf-region-code": "AUK" }, "NZ"],
    [{ "cf-ipcountry": "XX" }, "unknown"],
    [{ "cf-ipcountry": "T1" }, "unknown"],
    [{ "cf-region-code": "GD" }, "unknown"],
  ])("%o is %s", (headers, expected) => {
    expect(regionFrom((name) => headers[name])).toBe(expected);
  });
});
