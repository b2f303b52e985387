import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { nobleSha256 } from "../../../src/core/ledger/merkle.ts";
import { Heads } from "../../../src/services/audit/heads.ts";

const digest = (n: number): Uint8Array => nobleSha256(Uint8Array.of(n >>> 8, n));

describe("the positions of chain walks", () => {
  it("are kept for any number of chains by id, the newest place of each", () => {
    const heads = new Heads();
    const ids = Array.from({ length: 5000 }, (_, i) => 7 * i + 1);
    for (const id of ids) heads.set(id, "node:x", 0, digest(id));
    for (const id of ids.filter((one) => one % 2 === 0)) heads.set(id, "node:x", id, digest(id + 1));
    expect(heads.size).toBe(ids.length);
    for (const id of ids)
      expect(heads.get(id, "another name")).toEqual(
        id % 2 === 0
          ? { n: id, digest: bytesToHex(digest(id + 1)) }
          : { n: 0, digest: bytesToHex(digest(id)) },
      );
    expect(heads.get(2, "node:x")).toBeUndefined();
    expect([...heads.missing]).toEqual([]);
  });

  it("are kept by name for chains that the store lacks", () => {
    const heads = new Heads();
    heads.set(undefined, "node:a", 3, digest(1));
    heads.set(1, "node:b", 0, digest(2));
    expect(heads.get(undefined, "node:a")).toEqual({ n: 3, digest: bytesToHex(digest(1)) });
    expect(heads.get(undefined, "node:b")).toBeUndefined();
    expect([...heads.missing]).toEqual(["node:a"]);
    expect(heads.size).toBe(2);
  });
});
