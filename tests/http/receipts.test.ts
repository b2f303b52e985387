import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entryOf } from "../../src/core/ledger/entry.ts";
import { parseCheckpoint } from "../../src/core/ledger/checkpoint.ts";
import { leafHash } from "../../src/core/ledger/merkle.ts";
import { openNote } from "../../src/core/ledger/note.ts";
import { parseVerifierKey } from "../../src/core/ledger/note-key.ts";
import { ProofError, verifyInclusion } from "../../src/core/ledger/proof.ts";
import { decodeRecord, recordDigest } from "../../src/core/ledger/record.ts";
import { formatTlogProof, parseTlogProof } from "../../src/core/ledger/tlog-proof.ts";
import { expectStatus } from "./actors.ts";
import { at, issue, type Issued, openTrade, positions, told, type Trade } from "./trade.ts";

let t: Trade;
let batch: Issued;
beforeAll(async () => {
  t = await openTrade();
  batch = await issue(t, 8);
  await told(
    t,
    t.maker,
    Array.from({ length: 300 }, () => ({ kind: "storing", at: at(1), subjects: [positions(batch, 0)] })),
  );
});
afterAll(() => t.h.dispose());

const receipt = (index: number | string) => t.h.call("GET", `/v1/records/${index}/receipt`);

describe("a receipt", () => {
  it("of every record verifies under the log's key, with the record's own bytes", async () => {
    const { vkey, size } = expectStatus(await t.h.call("GET", "/v1/log"), 200);
    const key = parseVerifierKey(vkey);
    expect(size).toBeGreaterThan(300);
    for (const index of [0, 1, 2, 7, 255, 256, 257, size - 1]) {
      const answer = await receipt(index);
      expect(answer.status).toBe(200);
      const proof = parseTlogProof(answer.text);
      expect(formatTlogProof(proof)).toBe(answer.text);
      expect(proof.index).toBe(index);
      const checkpoint = parseCheckpoint(openNote(proof.checkpoint, [key]).text);
      expect(checkpoint.size).toBe(size);
      const { text } = await t.h.call("GET", `/v1/records/${index}`, { key: t.officer.key });
      const bytes = new TextEncoder().encode(text);
      const leaf = leafHash(entryOf(bytes, decodeRecord(bytes).chains));
      const claim = { leafHash: leaf, index, proof: proof.hashes, ...checkpoint };
      expect(() => verifyInclusion(claim)).not.toThrow();
      const other = leafHash(Uint8Array.from(bytes, (byte, i) => (i === 40 ? byte ^ 1 : byte)));
      expect(() => verifyInclusion({ ...claim, leafHash: other })).toThrow(ProofError);
    }
  });

  it("proves the record that was acknowledged", async () => {
    const [{ index, digest }] = await told(t, t.maker, {
      kind: "storing",
      at: at(2),
      subjects: [positions(batch, 1)],
    });
    const { text } = await t.h.call("GET", `/v1/records/${index}`, { key: t.maker.key });
    expect(recordDigest(new TextEncoder().encode(text))).toBe(digest);
    expect(parseTlogProof((await receipt(index)).text).index).toBe(index);
  });

  it("exists only for records of the log, by index", async () => {
    const size = t.h.service.store.ledger.size();
    for (const index of [size, size + 1, 999_999_999_999_999]) expectStatus(await receipt(index), 404);
    for (const text of ["-1", "1.5", "1e2", "0x10", "01", "one", "%20", "99999999999999999999"])
      expect(expectStatus(await receipt(text), 400).errors[0].field).toBe("index");
  });
});

describe("a record's bytes", () => {
  it("are shown to its reporter and the authority", async () => {
    const [{ index }] = await told(t, t.maker, {
      kind: "storing",
      at: at(2),
      subjects: [positions(batch, 1)],
    });
    const read = (key?: string) => t.h.call("GET", `/v1/records/${index}`, key ? { key } : {});
    for (const key of [t.maker.key, t.officer.key]) expect((await read(key)).status).toBe(200);
    for (const key of [t.stranger.key, t.lab.key]) expectStatus(await read(key), 404);
    expectStatus(await read(), 401);
  });
});
