import { resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOptions } from "../../bench/options.ts";
import { mergeResults, type Results, resultsPage } from "../../bench/results.ts";
import { inTurn, median, percentile } from "../../bench/statistics.ts";
import { reached, targetOf } from "../../bench/targets.ts";

function run(machine: string, date: string, rows: Results["rows"]): Results {
  return { machine, date, scale: 1, commit: "c", rows };
}

describe("figures", () => {
  it("of pairs are the median of the pairs' ratios", async () => {
    const a = [2, 30, 4];
    const b = [1, 10, 4];
    let turn = "";
    const { ratio } = await inTurn(
      3,
      () => ((turn += "A"), a.shift() as number),
      () => ((turn += "B"), b.shift() as number),
    );
    expect(turn).toBe("ABABAB");
    expect(ratio).toBe(2);
    expect(median([1, 2, 3, 10])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it("percentiles are the smallest value that so many do not exceed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const found = percentile(values, share);
          expect(values).toContain(found);
          expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(
            share * values.length,
          );
          expect(values.filter((value) => value < found).length).toBeLessThan(share * values.length);
        },
      ),
    );
  });

  it("are compared with their bounds in the right direction", () => {
    expect(reached(targetOf("scan_vs_hono"), 0.79)).toBe("no");
    expect(reached(targetOf("scan_vs_hono"), 0.8)).toBe("yes");
    expect(reached(targetOf("scan_vs_hono"), 1)).toBe("hoped");
    expect(reached(targetOf("issue_seconds"), 181)).toBe("no");
    expect(reached(targetOf("issue_seconds"), 100)).toBe("yes");
    expect(reached(targetOf("issue_seconds"), 59)).toBe("hoped");
    expect(reached(targetOf("scan_per_second"), 1)).toBeUndefined();
  });

  it("of a later run replace an earlier one's, row by row, on the same machine", () => {
    const at = { scale: 1, commit: "c", note: "" };
    const row = (id: string, value: number, date: string) => ({ id, value, unit: "ratio", date, ...at });
    const before = run("m", "d1", [row("fake_flood", 1, "d1"), row("scan_vs_hono", 2, "d1")]);
    const now = run("m", "d2", [row("fake_flood", 3, "d2")]);
    expect(mergeResults(before, now).rows).toEqual([
      row("scan_vs_hono", 2, "d1"),
      row("fake_flood", 3, "d2"),
    ]);
    expect(mergeResults({ ...before, machine: "other" }, now).rows).toEqual(now.rows);
    expect(resultsPage(mergeResults(before, now))).toContain("| `fake_flood` |");
  });

  it("unknown options are refused", () => {
    expect(() => parseOptions(["--only", "scan_vs_rust"])).toThrow("no row is called scan_vs_rust");
    expect(() => parseOptions(["--scale", "11"])).toThrow("--scale must be a number from 0.0001 to 10");
    expect(() => parseOptions(["--cores", "three"])).toThrow("apart or free");
    expect(parseOptions(["--help"])).toBe("help");
    expect(parseOptions([])).toMatchObject({ scale: 1, out: resolve(import.meta.dirname, "../../bench") });
    expect(parseOptions(["--scale", "0.5"])).not.toMatchObject({
      out: resolve(import.meta.dirname, "../../bench"),
    });
  });
});
