import { describe, expect, it } from "vitest";
import { nextOrigin, originLine } from "../../../src/core/ledger/origin.ts";

describe("the successors of a log that started again", () => {
  it.each([
    ["example.org/log", "example.org/log/2"],
    ["example.org/log/2", "example.org/log/3"],
    ["example.org/log/9", "example.org/log/10"],
    ["example.org/log/1", "example.org/log/1/2"],
    ["example.org/log/02", "example.org/log/02/2"],
    ["localhost:8080/log", "localhost:8080/log/2"],
  ])("%s is followed by %s", (origin, next) => expect(nextOrigin(origin)).toBe(next));

  it.each([
    ["example.org/log", "example.org/log/4", "example.org/log/5"],
    ["example.org/log/3", "example.org/log", "example.org/log/4"],
    ["example.org/log", "other.example.org/log/7", "example.org/log/2"],
  ])("%s after %s is followed by %s", (origin, latest, next) =>
    expect(nextOrigin(origin, latest)).toBe(next),
  );

  it("are listed newest first", () => {
    expect(originLine("example.org/log")).toEqual(["example.org/log"]);
    expect(originLine("example.org/log/3")).toEqual([
      "example.org/log/3",
      "example.org/log/2",
      "example.org/log",
    ]);
  });
});
