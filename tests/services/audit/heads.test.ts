import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { nobleSha256 } from "../../../src/core/ledger/merkle.ts";
import { Heads } from "../../../src/services/audit/heads.ts";

const digest = (n: number): Uint8Array => nobleSha256(Uint8Array.of(n >>> 8, n));
const hexOf = (n: number): string => bytesToHex(digest(n));

describe("the positions of chain walks", () => {
  it("are kept for any number of chains by name, the newest place of each", () => {
    const heads = new Heads();
    const names = Array.from(
      { length: 5000 },
      (_, i) => [`node:${hexOf(i)}`, `unit:${hexOf(i + 5000)}`, `batch:${i}`][i % 3]!,
    );
    names.forEach((of, i) => heads.set(of, 0, digest(i)));
    names.forEach((of, i) => {
      if (i % 2 === 0) heads.set(of, i, digest(i + 1));
    });
    expect(heads.size).toBe(names.length);
    names.forEach((of, i) =>
      expect(heads.get(of)).toEqual(
        i % 2 === 0 ? { n: i, digest: hexOf(i + 1) } : { n: 0, digest: hexOf(i) },
      ),
    );
    expect(heads.get(`node:${hexOf(20_000)}`)).toBeUndefined();
    expect(heads.get("batch:another")).toBeUndefined();
  });

  it("are kept apart for names that begin alike", () => {
    const heads = new Heads();
    const names = ["a", "b", "c"].map((end) => `node:${"7".repeat(63)}${end}`);
    names.forEach((of, i) => heads.set(of, i, digest(i)));
    heads.set(names[1]!, 9, digest(9));
    expect(names.map((of) => heads.get(of))).toEqual([
      { n: 0, digest: hexOf(0) },
      { n: 9, digest: hexOf(9) },
      { n: 2, digest: hexOf(2) },
    ]);
    expect(heads.get(`node:${"7".repeat(63)}d`)).toBeUndefined();
    expect(heads.size).toBe(3);
  });

  it("are kept apart for a node and a unit of the same hash, which a forged log may name", () => {
    const heads = new Heads();
    heads.set(`node:${hexOf(1)}`, 3, digest(1));
    expect(heads.get(`unit:${hexOf(1)}`)).toBeUndefined();
    heads.set(`unit:${hexOf(1)}`, 0, digest(2));
    expect(heads.get(`node:${hexOf(1)}`)).toEqual({ n: 3, digest: hexOf(1) });
    expect(heads.get(`unit:${hexOf(1)}`)).toEqual({ n: 0, digest: hexOf(2) });
    expect(heads.size).toBe(2);
  });
});
