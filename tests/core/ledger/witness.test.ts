import { utf8ToBytes } from "@noble/hashes/utils.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafHash } from "../../../src/core/ledger/merkle.ts";
import { appendSignatures, openNote, signNote } from "../../../src/core/ledger/note.ts";
import { formatSignature } from "../../../src/core/ledger/note-signature.ts";
import { TileReader } from "../../../src/core/ledger/tile-reader.ts";
import {
  decideAddCheckpoint,
  formatAddCheckpoint,
  parseAddCheckpoint,
  type WitnessDecision,
} from "../../../src/core/ledger/witness.ts";
import { entriesOf, KEY, LyingLog, ORIGIN, SIGNER } from "./lying-log.ts";

/** The decision of a witness that last cosigned `kept`. */
function decide(body: string, kept?: LyingLog): WitnessDecision {
  return decideAddCheckpoint(body, (origin) =>
    origin === ORIGIN ? { keys: [KEY], checkpoint: kept?.checkpoint() } : undefined,
  );
}

/** The request that an honest log sends. */
async function request(log: LyingLog, oldSize: number, note = log.checkpoint()): Promise<string> {
  const proof = await new TileReader(log.tree, log.fetch).consistencyProof(oldSize);
  return formatAddCheckpoint({ oldSize, proof, checkpoint: note });
}

const SIX = new LyingLog(entriesOf(6));
const NINE = new LyingLog(entriesOf(9));

describe("an add-checkpoint request", () => {
  it("is read back as printed", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const requests = fc.record({
      oldSize: fc.maxSafeNat(),
      proof: fc.array(hash, { maxLength: 63 }),
      checkpoint: fc.string(),
    });
    fc.assert(
      fc.property(requests, (one) => {
        expect(parseAddCheckpoint(formatAddCheckpoint(one))).toEqual(one);
      }),
    );
  });

  it.each([
    "",
    "old 1",
    "old 1\n",
    "\n\n",
    "old 01\n\nx",
    "old -1\n\nx",
    "old 1 \n\nx",
    "Old 1\n\nx",
    "old 9007199254740993\n\nx",
    "old 1\nAAAA\n\nx",
    `old 1\n${`${"A".repeat(43)}=\n`.repeat(64)}\nx`,
    `old 1\r\n\r\nx`,
  ])("%j is not valid, and answered with 400", (body) => {
    expect(() => parseAddCheckpoint(body)).toThrow(RangeError);
    expect(decide(body)).toMatchObject({ status: 400 });
  });

  it("has no more than 63 hashes", () => {
    const proof = SIX.entries
      .concat(...Array.from({ length: 10 }, () => SIX.entries))
      .map((one) => leafHash(one));
    expect(() => formatAddCheckpoint({ oldSize: 1, proof, checkpoint: "" })).toThrow("at most 63");
  });
});

describe("a witness", () => {
  it("cosigns a log's first checkpoint, and each that continues the last", async () => {
    expect(decide(await request(SIX, 0))).toMatchObject({ status: 200, origin: ORIGIN });
    for (let before = 1; before <= 9; before++)
      expect(decide(await request(NINE, before), new LyingLog(entriesOf(before)))).toMatchObject({
        status: 200,
        text: openNote(NINE.checkpoint(), [KEY]).text,
        checkpoint: NINE.checkpoint(),
      });
    const empty = new LyingLog([]);
    expect(decide(await request(empty, 0))).toMatchObject({ status: 200 });
    expect(decide(await request(NINE, 0), empty)).toMatchObject({ status: 200 });
    // Of nothing there is one tree.
    const rootOfSomething = NINE.checkpoint().split("\n")[2]!;
    const text = `${ORIGIN}\n0\n${rootOfSomething}\n`;
    expect(decide(await request(empty, 0, signNote(text, [SIGNER])))).toMatchObject({ status: 409 });
  });

  it("answers a stale request with the size that it knows", async () => {
    for (const old of [0, 5, 7])
      expect(decide(await request(NINE, old), SIX)).toEqual({
        status: 409,
        body: "6\n",
        mediaType: "text/x.tlog.size",
      });
    expect(decide(await request(NINE, 6))).toMatchObject({ status: 409, body: "0\n" });
  });

  it("answers another root of a size that it cosigned with 409, without a size to retry from", async () => {
    expect(decide(await request(new LyingLog(entriesOf(6, 2)), 6), SIX)).toMatchObject({
      status: 409,
      mediaType: "text/plain; charset=utf-8",
      conflict: { origin: ORIGIN, checkpoint: new LyingLog(entriesOf(6, 2)).checkpoint() },
    });
  });

  it("refuses a rewritten history, and a cut, changed or needless proof, with 422", async () => {
    const rewritten = new LyingLog(entriesOf(9).with(2, entriesOf(9)[3]!));
    const conflict = { origin: ORIGIN, checkpoint: rewritten.checkpoint() };
    const noted = appendSignatures(rewritten.checkpoint(), [stranger(1)]);
    expect(decide(await request(rewritten, 6, noted), SIX)).toMatchObject({ status: 422, conflict });
    const { proof, ...rest } = parseAddCheckpoint(await request(NINE, 6));
    const other = leafHash(utf8ToBytes("other"));
    const wrong = [proof.slice(1), proof.slice(0, -1), [...proof, other], proof.with(0, other), []];
    for (const one of wrong)
      expect(decide(formatAddCheckpoint({ ...rest, proof: one }), SIX)).toMatchObject({ status: 422 });
    for (const [log, oldSize] of [
      [SIX, 0],
      [SIX, 6],
    ] as const) {
      const body = formatAddCheckpoint({ oldSize, proof: [other], checkpoint: log.checkpoint() });
      expect(decide(body, oldSize === 0 ? undefined : SIX)).toMatchObject({ status: 422 });
    }
  });

  it("does not know other logs (404), nor other keys' signatures (403)", async () => {
    const elsewhere = NINE.checkpoint("elsewhere.example.org/log");
    expect(decide(await request(NINE, 0, elsewhere))).toMatchObject({ status: 404 });
    const forged = NINE.checkpoint().replace("\n9\n", "\n8\n");
    expect(decide(await request(NINE, 0, forged))).toMatchObject({ status: 403 });
    const unsigned = NINE.checkpoint().replace(/— \S+ \S+\n$/, `${stranger(1)}\n`);
    expect(decide(await request(NINE, 0, unsigned))).toMatchObject({ status: 403 });
    expect(decide(await request(NINE, 0, `${ORIGIN}\nno note\n`))).toMatchObject({ status: 403 });
  });

  it("refuses an old size above the checkpoint's, and a checkpoint without a line, with 400", async () => {
    const body = formatAddCheckpoint({ oldSize: 9, proof: [], checkpoint: SIX.checkpoint() });
    expect(decide(body, NINE)).toMatchObject({ status: 400 });
    expect(decide(await request(NINE, 0, "no note"))).toMatchObject({ status: 400 });
  });

  it("does not store other keys' lines", async () => {
    const others = Array.from({ length: 99 }, (_, i) => stranger(i));
    const note = appendSignatures(NINE.checkpoint(), others);
    expect(decide(await request(NINE, 0, note))).toMatchObject({
      status: 200,
      checkpoint: NINE.checkpoint(),
    });
  });
});

/** A signature line of an unknown signer. */
function stranger(i: number): string {
  return formatSignature("stranger.example.org", i.toString(16).padStart(8, "0"), new Uint8Array(64));
}
