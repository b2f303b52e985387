import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { decodeBase64 } from "../../../src/core/ledger/base64.ts";
import { parseCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import {
  ED25519,
  makeVerifierKey,
  parseVerifierKey,
  type VerifierKey,
} from "../../../src/core/ledger/note-key.ts";
import { NoteError, openNote } from "../../../src/core/ledger/note.ts";
import { ProofError, verifyConsistency } from "../../../src/core/ledger/proof.ts";
import { vectorFolder } from "./vectors.ts";

const litewitness = vectorFolder("tlog/torchwood/cmd/litewitness/testdata");

describe.runIf(litewitness.present)("the witness exchanges of FiloSottile/torchwood", () => {
  it("a witness made of our parts answers add-checkpoint as litewitness does", () => {
    const origin = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
    const publicKey = hexToBytes("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f");
    const witness = new Witness(makeVerifierKey(origin, ED25519, publicKey));
    const all = exchanges("litewitness.txt");
    expect(all.map(({ body }) => witness.addCheckpoint(body))).toEqual(all.map(({ status }) => status));
    expect(all.map(({ status }) => status)).toEqual([200, 403, 403, 422, 422, 200, 409, 200, 409]);
  });

  it("sum.golang.org's own note opens; its origin, which has spaces, is not read as a checkpoint", () => {
    const key = parseVerifierKey("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
    const [first] = exchanges("sumdb.txt");
    const { text } = openNote(first!.body.slice("old 0\n\n".length), [key]);
    expect(text.split("\n").slice(0, 2)).toEqual(["go.sum database tree", "35225469"]);
    expect(() => parseCheckpoint(text)).toThrow("origin must be");
  });
});

/** A minimal witness of one log; only the status of its answers counts (C2SP tlog-witness). */
class Witness {
  readonly #key: VerifierKey;
  #size = 0;
  #root = new Uint8Array(0);

  constructor(key: VerifierKey) {
    this.#key = key;
  }

  addCheckpoint(body: string): number {
    const head = body.slice(0, body.indexOf("\n\n"));
    const [old = "", ...proof] = head.split("\n");
    try {
      const { size, root } = parseCheckpoint(openNote(body.slice(head.length + 2), [this.#key]).text);
      const claim = { oldSize: this.#size, newSize: size, oldRoot: this.#root, newRoot: root };
      if (old !== `old ${this.#size}`) return 409;
      if (this.#size > 0) verifyConsistency({ ...claim, proof: proof.map(decodeBase64) });
      [this.#size, this.#root] = [size, root.slice()];
      return 200;
    } catch (error) {
      if (error instanceof NoteError) return 403;
      if (error instanceof ProofError) return 422;
      throw error;
    }
  }
}

/** Requests of a hurl script: the body between the fences, and the status that must answer it. */
function exchanges(file: string): { body: string; status: number }[] {
  const script = readFileSync(join(litewitness.path, file), "utf8");
  return [...script.matchAll(/```\n(old [\s\S]*?\n)```\nHTTP (\d+)/g)].map(([, body, status]) => ({
    body: body!,
    status: Number(status),
  }));
}
