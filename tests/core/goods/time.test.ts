import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTime } from "../../../src/core/goods/time.ts";

describe("a time", () => {
  it.each([
    ["2026-11-28T11:00:00+08:00", "2026-11-28T11:00:00+08:00"],
    ["2026-11-28t03:00:00z", "2026-11-28T03:00:00Z"],
    ["2026-11-28T03:00:00.123456789z", "2026-11-28T03:00:00.123456789Z"],
    ["2026-11-28T17:00:00+14:00", "2026-11-28T17:00:00+14:00"],
    ["2028-02-29T00:00:00-00:00", "2028-02-29T00:00:00-00:00"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"],
    ["2017-01-01T07:59:60.25+08:00", "2017-01-01T07:59:59.25+08:00"],
    ["2015-06-30t23:59:60z", "2015-06-30T23:59:59Z"],
    ["2015-06-30T16:59:60-07:00", "2015-06-30T16:59:59-07:00"],
  ])("written %s is read as %s", (text, read) => {
    expect(readTime(text)).toBe(read);
    expect(Date.parse(read)).not.toBeNaN();
  });

  it.each([
    ["2026-11-28", "has a date only"],
    ["2026-11-28T11:00:00", "has no zone"],
    ["2026-11-28 11:00:00", "has no zone"],
    ["28.11.2026 11:00", "is not a time of RFC 3339"],
    ["2026-11-28T11:00:00+0800", "is not a time of RFC 3339"],
    ["2026-11-28T11:00:00,5Z", "is not a time of RFC 3339"],
    ["2026-11-28T11:00Z", "is not a time of RFC 3339"],
    ["2026-02-29T10:00:00Z", "which no calendar or clock shows"],
    ["2026-11-28T24:00:00Z", "which no calendar or clock shows"],
    ["2026-11-28T23:60:00Z", "which no calendar or clock shows"],
    ["2026-11-28T23:59:61Z", "which no calendar or clock shows"],
    ["2026-11-28T00:00:00+24:00", "which no calendar or clock shows"],
    ["0000-01-01T00:00:00Z", "which no calendar or clock shows"],
    ["2026-11-28T23:59:60Z", "has second 60"],
    ["2016-12-31T12:00:60Z", "has second 60"],
    ["2016-12-31T23:59:60+08:00", "has second 60"],
    [`2026-11-28T11:00:00.${"1".repeat(80_000)}Z`, "has 80021 characters"],
  ])("written %.40s is refused, with a right one shown", (text, problem) => {
    expect(() => readTime(text)).toThrow(problem);
    expect(() => readTime(text)).toThrow("+08:00");
  });

  it("of any date is read as it is", () => {
    const date = fc.date({ min: new Date("0001-01-02"), max: new Date("9999-12-30"), noInvalidDate: true });
    fc.assert(
      fc.property(date, (moment) => {
        const text = moment.toISOString();
        expect(readTime(text)).toBe(text);
        expect(readTime(text.toLowerCase())).toBe(text);
      }),
    );
  });
});
