import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareDates, isDate, parseDate } from "../../../src/core/goods/date.ts";
import { IdentifierError } from "../../../src/core/goods/identifier.ts";

const dates = fc
  .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

describe("parseDate", () => {
  it("reads every day that the calendar has", () => {
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseDate(date)).toBe(date);
        expect(isDate(date)).toBe(true);
      }),
    );
  });

  it.each(["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2026-11-30"])("reads %s", (text) => {
    expect(parseDate(text)).toBe(text);
  });

  it.each([
    ["2023-02-29", "unknown"],
    ["1900-02-29", "unknown"],
    ["2026-02-30", "unknown"],
    ["2026-04-31", "unknown"],
    ["2026-13-01", "unknown"],
    ["2026-00-10", "unknown"],
    ["2026-01-00", "unknown"],
    ["2026-01-32", "unknown"],
    ["0000-01-01", "unknown"],
    ["", "format"],
    ["20260101", "format"],
    ["2026-1-1", "format"],
    ["26-01-01", "format"],
    ["2026/01/01", "format"],
    ["2026-01-01T00:00:00Z", "format"],
    ["2026-01-01\n", "format"],
    ["+02026-01-01", "format"],
    ["２０２６-01-01", "format"],
  ])("refuses %j: %s", (text, reason) => {
    expect(isDate(text)).toBe(false);
    expect(() => parseDate(text)).toThrow(expect.objectContaining({ scheme: "date", reason }));
  });

  it("calls a Date a wrong type", () => {
    // @ts-expect-error: callers in JavaScript can do this
    expect(() => parseDate(new Date(0))).toThrow(TypeError);
  });
});

describe("compareDates", () => {
  it("orders as the calendar does", () => {
    fc.assert(
      fc.property(dates, dates, (a, b) => {
        expect(compareDates(a, b)).toBe(Math.sign(Date.parse(a) - Date.parse(b)));
      }),
    );
  });

  it("refuses what is no date", () => {
    expect(() => compareDates("2026-01-01", "2026-02-30")).toThrow(IdentifierError);
  });
});
