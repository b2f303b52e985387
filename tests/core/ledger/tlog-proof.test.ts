import { createHash } from "node:crypto";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { leafHash } from "../../../src/core/ledger/merkle.ts";
import { parseVerifierKey } from "../../../src/core/ledger/note-key.ts";
import { openNote } from "../../../src/core/ledger/note.ts";
import { verifyInclusion } from "../../../src/core/ledger/proof.ts";
import { formatTlogProof, parseTlogProof } from "../../../src/core/ledger/tlog-proof.ts";

const sha = (text: string) => new Uint8Array(createHash("sha256").update(text).digest());
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const HEAD = "c2sp.org/tlog-proof@v1\n";

/** Entry 7 of the golden log of transparency-dev/tessera, as torchwood 0.9.0 formats and cosigns it. */
const TORCHWOOD = `${HEAD}extra c3V5dWFu
index 7
2Q0P5jSR+TdkwdXWyx+GbBWX0KZbNZkWzCjyTPSozsw=
ycRkkNklus5eMVRUvkD1pK321vMrA+jjOiZKU8aOcY4=
zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=
5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=

example.com/log/testdata
15
rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=

— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=
— witness.example.org/w1 bX75BwAAAABrBPa0mQyDKEmsBJmJzp6S2JspZqkYcvbHO8cE2nEyPgLLCMY2VzZJ0M+YXvw7pEaOEQA8H4Kc9pFbpkukwGs/p5j7Ag==
`;

describe("tlog-proof", () => {
  it("of torchwood is read, proves and is printed again", () => {
    const proof = parseTlogProof(TORCHWOOD);
    expect(formatTlogProof(proof)).toBe(TORCHWOOD);
    expect(proof.index).toBe(7);
    expect(proof.extra).toEqual(utf8ToBytes("suyuan"));
    const { text, verified } = openNote(proof.checkpoint, [
      parseVerifierKey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"),
      parseVerifierKey("witness.example.org/w1+6d7ef907+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"),
    ]);
    expect(verified).toHaveLength(2);
    const { size, root } = parseCheckpoint(text);
    const claim = { index: proof.index, size, proof: proof.hashes, root };
    expect(() => verifyInclusion({ ...claim, leafHash: leafHash(utf8ToBytes("eit")) })).not.toThrow();
    expect(() => verifyInclusion({ ...claim, leafHash: leafHash(utf8ToBytes("eight")) })).toThrow(
      "root: expected",
    );
  });

  it.each([
    [
      { index: 5, hashes: [sha("hash1"), sha("hash2")], checkpoint: "test checkpoint\n" },
      `${HEAD}index 5\n${base64(sha("hash1"))}\n${base64(sha("hash2"))}\n\ntest checkpoint\n`,
    ],
    [
      { index: 10, hashes: [sha("hash1")], checkpoint: "data\n", extra: utf8ToBytes("extra information") },
      `${HEAD}extra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n${base64(sha("hash1"))}\n\ndata\n`,
    ],
    [{ index: 0, hashes: [], checkpoint: "checkpoint\n" }, `${HEAD}index 0\n\ncheckpoint\n`],
    [{ index: 0, hashes: [], checkpoint: "c\n", extra: new Uint8Array(0) }, `${HEAD}extra \nindex 0\n\nc\n`],
  ])("prints and reads %#", (proof, text) => {
    expect(formatTlogProof(proof)).toBe(text);
    expect(parseTlogProof(text)).toEqual(proof);
  });

  it("is read back as printed", () =>
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 53 }),
        fc.option(fc.uint8Array(), { nil: undefined }),
        fc.string(),
        (index, hashes, extra, draw) => {
          const proof = { index, hashes, checkpoint: `${draw}\n`, ...(extra && { extra }) };
          expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof);
        },
      ),
    ));

  const hash = base64(sha("a"));
  it.each([
    ["nothing", ""],
    ["another header", "wrong-header\nindex 0\n\ncheckpoint\n"],
    ["another version", "c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint\n"],
    ["no header, as spicy signatures had it", `index 0\n\ncheckpoint\n`],
    ["extra that is not base64", `${HEAD}extra !!notbase64!!\nindex 0\n\ncheckpoint\n`],
    ["extra twice", `${HEAD}extra AA==\nextra AA==\nindex 0\n\ncheckpoint\n`],
    ["extra after the index", `${HEAD}index 0\nextra AA==\n\ncheckpoint\n`],
    ["no index", `${HEAD}\n\ncheckpoint\n`],
    ["no index, but a hash", `${HEAD}${hash}\n\ncheckpoint\n`],
    ["an index that is no number", `${HEAD}index notanumber\n\ncheckpoint\n`],
    ["a negative index", `${HEAD}index -5\n\ncheckpoint\n`],
    ["an index with a leading zero", `${HEAD}index 07\n\ncheckpoint\n`],
    ["an index above 2^53 - 1", `${HEAD}index 9007199254740992\n\ncheckpoint\n`],
    ["an empty index", `${HEAD}index \n\ncheckpoint\n`],
    ["a hash that is not base64", `${HEAD}index 0\n!!notbase64!!\n\ncheckpoint\n`],
    ["a hash of 64 bytes", `${HEAD}index 0\n${base64(new Uint8Array(64))}\n\ncheckpoint\n`],
    ["one hash too many", `${HEAD}index 0\n${`${hash}\n`.repeat(54)}\ncheckpoint\n`],
    ["no blank line", `${HEAD}index 0\n${hash}\ncheckpoint\n`],
    ["an endless line", `${HEAD}index 0\n${"a".repeat(65 * 1024)}\n`],
    ["no checkpoint", `${HEAD}index 0\n\n`],
    ["a cut checkpoint", `${HEAD}index 0\n\ncheckpoint`],
    ["returns", `${HEAD}index 0\n\ncheckpoint\n`.replaceAll("\n", "\r\n")],
  ])("is refused with %s", (_what, text) => expect(() => parseTlogProof(text)).toThrow(RangeError));

  it("is never printed if it is wrong", () => {
    const proof = { index: 0, hashes: [sha("a")], checkpoint: "c\n" };
    for (const change of [
      { index: -1 },
      { index: 2 ** 53 },
      { hashes: [new Uint8Array(31)] },
      { hashes: Array.from({ length: 54 }, () => sha("a")) },
      { checkpoint: "" },
      { checkpoint: "c" },
    ])
      expect(() => formatTlogProof({ ...proof, ...change })).toThrow(RangeError);
  });
});
