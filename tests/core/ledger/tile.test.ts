import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTilePath, parseTilePath, type Tile, widthIn } from "../../../src/core/ledger/tile.ts";

describe("tile paths", () => {
  it.each<[string, Tile]>([
    ["tile/0/000", { level: 0, index: 0, width: 256 }],
    ["tile/0/000.p/1", { level: 0, index: 0, width: 1 }],
    ["tile/1/x001/x234/067", { level: 1, index: 1_234_067, width: 256 }],
    ["tile/0/x001/000.p/255", { level: 0, index: 1000, width: 255 }],
    ["tile/63/000", { level: 63, index: 0, width: 256 }],
    ["tile/entries/273.p/112", { level: "entries", index: 273, width: 112 }],
    ["tile/entries/x999/999", { level: "entries", index: 999_999, width: 256 }],
  ])("%s", (path, tile) => {
    expect(parseTilePath(path)).toEqual(tile);
    expect(formatTilePath(tile)).toBe(path);
  });

  it.each([
    "tile/0/0000",
    "tile/0/00",
    "tile/0/x000/001",
    "tile/0/x001",
    "tile/0/001/002",
    "tile/0/X001/002",
    "tile/00/000",
    "tile/01/000",
    "tile/64/000",
    "tile/-1/000",
    "tile/data/000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/000.p/",
    "tile/0/000.p",
    "tile/0/000/",
    "/tile/0/000",
    "tile/0/000?x",
    "tile/0/x999/x999/x999/x999/x999/x999/999",
    "tile/0/٠٠٠",
  ])("refuse %s", (path) => expect(parseTilePath(path)).toBeNull());

  it("are exact inverses", () => {
    const tile = fc.record({
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant("entries" as const)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tile, (one) => {
        expect(parseTilePath(formatTilePath(one))).toEqual(one);
      }),
    );
  });

  it("give each tile's width: only full tiles count in the level above", () => {
    expect(
      [0, 1, 2].map((level) => widthIn({ level, index: level === 0 ? 273 : level === 1 ? 1 : 0 }, 70_000)),
    ).toEqual([112, 17, 1]);
    expect(widthIn({ level: 0, index: 272 }, 70_000)).toBe(256);
    expect(widthIn({ level: 0, index: 274 }, 70_000)).toBe(0);
    expect(widthIn({ level: 1, index: 0 }, 256)).toBe(1);
    expect(widthIn({ level: 1, index: 0 }, 255)).toBe(0);
    expect(widthIn({ level: "entries", index: 0 }, 0)).toBe(0);
  });
});
