import { readFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { formatCheckpoint, parseCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { nodeSignerFromSeed } from "../../../src/node/ed25519.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { Frontier, consistencyProof, leafHash } from "../../../src/core/ledger/merkle.ts";
import { parseSignerKey, parseVerifierKey } from "../../../src/core/ledger/note-key.ts";
import { openNote, signNote } from "../../../src/core/ledger/note.ts";
import { verifyConsistency } from "../../../src/core/ledger/proof.ts";
import { formatTilePath } from "../../../src/core/ledger/tile.ts";
import { TileReader } from "../../../src/core/ledger/tile-reader.ts";
import { readerOf } from "./tree.ts";
import { vectorFolder } from "./vectors.ts";

const ENTRIES = "one two three four five six seven eit nain ten ileven twelf threeten fourten fivten".split(
  " ",
);
const VKEY = parseVerifierKey(
  "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
);
const { name, seed } = parseSignerKey(
  "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg",
);
const LEAVES = ENTRIES.map((entry) => leafHash(utf8ToBytes(entry)));
const SIZES = Array.from({ length: 16 }, (_, size) => size);

const golden = vectorFolder("tlog/tessera/testdata/log");
const read = (...path: string[]) => new Uint8Array(readFileSync(join(golden.path, ...path)));
const tree = (size: number) => parseCheckpoint(openNote(read(`checkpoint.${size}`), [VKEY]).text);

describe.runIf(golden.present)("the golden log of transparency-dev/tessera, byte for byte", () => {
  it.each(SIZES)("checkpoint.%d", (size) => {
    const frontier = new Frontier();
    LEAVES.slice(0, size).forEach((leaf) => frontier.append(leaf));
    const text = formatCheckpoint({ origin: name, size, root: frontier.root() });
    const expected = read(`checkpoint.${size}`);
    for (const signer of [signerFromSeed(seed), nodeSignerFromSeed(seed)])
      expect(utf8ToBytes(signNote(text, [{ name, signer }]))).toEqual(expected);
    const opened = openNote(expected, [VKEY]);
    expect(parseCheckpoint(opened.text)).toEqual({ origin: name, size, root: frontier.root() });
    expect(opened.verified).toHaveLength(1);
  });

  it.each(SIZES.slice(1))("tile/0/000.p/%d and its entries", (size) => {
    expect(concatBytes(...LEAVES.slice(0, size))).toEqual(read("tile/0/000.p", String(size)));
    const bundle = ENTRIES.slice(0, size).flatMap((entry) => [
      Uint8Array.of(0, entry.length),
      utf8ToBytes(entry),
    ]);
    expect(concatBytes(...bundle)).toEqual(read("tile/entries/000.p", String(size)));
  });

  it.each(SIZES)("our reader gets its %d entries from its tiles, and proves that it grew", async (size) => {
    const reader = new TileReader(tree(size), (tile) => Promise.resolve(read(formatTilePath(tile))));
    await reader.checkRoot();
    if (size === 0) return;
    const words = (await reader.entries(0)).map((entry) => new TextDecoder().decode(entry));
    expect(words).toEqual(ENTRIES.slice(0, size));
    const { root: newRoot } = tree(size);
    for (const oldSize of SIZES.slice(1, size + 1)) {
      const proof = await reader.consistencyProof(oldSize);
      verifyConsistency({ oldSize, newSize: size, oldRoot: tree(oldSize).root, newRoot, proof });
    }
  });

  it("every checkpoint is consistent with every later one", () => {
    const roots = SIZES.map((size) => tree(size).root);
    for (const newSize of SIZES)
      for (const oldSize of SIZES.slice(1, newSize + 1)) {
        const proof = consistencyProof(oldSize, newSize, readerOf(LEAVES.slice(0, newSize)));
        const claim = { oldSize, newSize, oldRoot: roots[oldSize]!, newRoot: roots[newSize]!, proof };
        expect(() => verifyConsistency(claim)).not.toThrow();
      }
  });
});
