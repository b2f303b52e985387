import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ancestorsOf, coalesce, rootLevel, segmentsOf, sizeOf } from "../../../src/core/custody/segment.ts";
import { leafHash, packedRoot } from "../../../src/core/ledger/merkle.ts";

const range = fc
  .integer({ min: 1, max: 400 })
  .chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.integer({ min: 0, max: count - 1 }),
      fc.integer({ min: 0, max: count - 1 }),
    ),
  )
  .map(([count, a, b]) => ({ count, from: Math.min(a, b), to: Math.max(a, b) + 1 }));

function covered(segments: { level: number; start: number }[], count: number): number[] {
  return segments.flatMap(({ level, start }) =>
    Array.from({ length: Math.min(start + 2 ** level, count) - start }, (_, i) => start + i),
  );
}

/** The hash that names a segment's chain, straight from the definition. */
function nodeHash(level: number, start: number, count: number): string {
  const positions = Array.from({ length: Math.min(start + 2 ** level, count) - start }, (_, i) => start + i);
  const leaves = positions.map((i) => leafHash(new TextEncoder().encode(`${i}`)));
  return Buffer.from(packedRoot(new Uint8Array(Buffer.concat(leaves)))).toString("hex");
}

describe("segments", () => {
  it("of a range cover it exactly, are aligned, and are as few as possible", () => {
    fc.assert(
      fc.property(range, ({ count, from, to }) => {
        const segments = segmentsOf({ from, to }, count);
        expect(covered(segments, count)).toEqual(Array.from({ length: to - from }, (_, i) => from + i));
        for (const { level, start } of segments) expect(start % 2 ** level).toBe(0);
        expect(segments.length).toBe(fewest(from, to === count ? 2 ** rootLevel(count) : to, count));
      }),
    );
  });

  it("of a position have as many distinct hashes as the tree has nodes above it", () => {
    for (const count of [1, 2, 3, 5, 6, 7, 8, 13, 21]) {
      for (let position = 0; position < count; position++) {
        const chains = ancestorsOf({ level: 0, start: position }, count);
        const hashes = chains.map(({ level, start }) => nodeHash(level, start, count));
        expect(new Set(hashes).size).toBe(hashes.length);
        const all = Array.from({ length: rootLevel(count) + 1 }, (_, level) =>
          nodeHash(level, position - (position % 2 ** level), count),
        );
        expect(hashes).toEqual([...new Set(all)]);
      }
    }
  });

  it("that are one node at several levels have one name: a range's segments are among its positions' ancestors", () => {
    fc.assert(
      fc.property(range, ({ count, from, to }) => {
        for (const segment of segmentsOf({ from, to }, count)) {
          const ancestors = ancestorsOf({ level: 0, start: segment.start }, count);
          expect(ancestors).toContainEqual(segment);
        }
      }),
    );
  });

  it("of anything but a range of the batch are refused", () => {
    for (const bad of [
      { from: -1, to: 1 },
      { from: 2, to: 2 },
      { from: 3, to: 2 },
      { from: 0, to: 11 },
      { from: 0.5, to: 2 },
    ])
      expect(() => segmentsOf(bad, 10)).toThrow(RangeError);
  });

  it("of ranges that touch or overlap are joined", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 9 })), { maxLength: 20 }),
        (pairs) => {
          const ranges = pairs.map(([from, size]) => ({ from, to: from + size }));
          const members = new Set(
            ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)),
          );
          const joined = coalesce(ranges);
          expect(sizeOf(joined)).toBe(members.size);
          joined.forEach(({ from }, i) => expect(from).toBeGreaterThan(joined[i - 1]?.to ?? -1));
        },
      ),
    );
  });
});

/** The least number of aligned power-of-two runs, counted bit by bit. */
function fewest(from: number, to: number, count: number): number {
  let segments = 0;
  for (let at = from; at < Math.min(to, count); segments++) {
    let span = 1;
    while (at % (span * 2) === 0 && at + span * 2 <= to) span *= 2;
    at += span;
  }
  return segments;
}
