import { describe, expect, it } from "vitest";
import { judge, type Standing } from "../../src/scan/verdict.ts";

const GOOD: Standing = {
  status: "active",
  recalled: false,
  unusedExpired: false,
  gtinAgrees: true,
};
const ALL_WRONG: Standing = {
  status: "issued",
  recalled: true,
  unusedExpired: true,
  gtinAgrees: false,
};

describe("the verdict on an issued code", () => {
  it.each(["active", "sold", "consumed", "exported"])("is genuine for status %s", (status) => {
    expect(judge({ ...GOOD, status })).toEqual({ verdict: "genuine" });
  });

  it.each<[string, Partial<Standing>, object]>([
    ["recalled before all else", {}, { verdict: "recalled" }],
    ["void next", { recalled: false, status: "void" }, { verdict: "void", reason: "void" }],
    ["destroyed is void", { recalled: false, status: "destroyed" }, { verdict: "void", reason: "destroyed" }],
    ["expired is void", { recalled: false }, { verdict: "void", reason: "expired" }],
    ["applied expires too", { recalled: false, status: "applied" }, { verdict: "void", reason: "expired" }],
    ["not activated", { recalled: false, unusedExpired: false }, { verdict: "not_activated" }],
    [
      "applied is not activated",
      { recalled: false, unusedExpired: false, status: "applied" },
      { verdict: "not_activated" },
    ],
    [
      "suspicious by GTIN first",
      { recalled: false, status: "sampled" },
      { verdict: "suspicious", reason: "gtin_mismatch" },
    ],
    [
      "then as a sample",
      { recalled: false, status: "sampled", gtinAgrees: true },
      { verdict: "suspicious", reason: "sampled" },
    ],
  ])("has precedence: %s", (_name, less, expected) => {
    expect(judge({ ...ALL_WRONG, ...less })).toEqual(expected);
  });

  it("is never expired for an activated code", () => {
    expect(judge({ ...GOOD, unusedExpired: true }).verdict).toBe("genuine");
  });
});
