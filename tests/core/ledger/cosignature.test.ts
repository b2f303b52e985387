import { describe, expect, it } from "vitest";
import { formatCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { cosign, verifyCosignature } from "../../../src/core/ledger/cosignature.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import {
  COSIGNATURE_V1,
  ED25519,
  makeVerifierKey,
  parseVerifierKey,
} from "../../../src/core/ledger/note-key.ts";
import { formatSignature, parseSignature } from "../../../src/core/ledger/note-signature.ts";
import { appendSignatures, openNote, signNote } from "../../../src/core/ledger/note.ts";

const origin = "trace.example.org/log";
const text = formatCheckpoint({ origin, size: 5, root: new Uint8Array(32).fill(9), extensions: ["extra"] });
const log = { name: origin, signer: signerFromSeed(new Uint8Array(32).fill(1)) };
const LOG = makeVerifierKey(origin, ED25519, log.signer.publicKey);
const witness = signerFromSeed(new Uint8Array(32).fill(2));
const WITNESS = makeVerifierKey("witness.example.org/w1", COSIGNATURE_V1, witness.publicKey);
const note = signNote(text, [log]);

describe("cosignature/v1", () => {
  it("verifies in the note, with its time, extension lines included", () => {
    const line = cosign(text, WITNESS.name, witness, 1_679_315_147);
    const opened = openNote(appendSignatures(note, [line]), [LOG, WITNESS]);
    expect(opened.text).toBe(text);
    expect(opened.verified.map(({ name, timeSeconds }) => [name, timeSeconds])).toEqual([
      [origin, undefined],
      ["witness.example.org/w1", 1_679_315_147],
    ]);
  });

  it("is what torchwood 0.9.0's witness signs", () => {
    const vkey = "witness.example.org/w1+6d7ef907+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    const checkpoint = "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n";
    const line =
      "— witness.example.org/w1 bX75BwAAAABrBPa0mQyDKEmsBJmJzp6S2JspZqkYcvbHO8cE2nEyPgLLCMY2VzZJ0M+YXvw7pEaOEQA8H4Kc9pFbpkukwGs/p5j7Ag==";
    expect(parseVerifierKey(vkey)).toEqual(WITNESS);
    expect(openNote(`${checkpoint}\n${line}\n`, [WITNESS]).verified[0]?.timeSeconds).toBe(0x6b04f6b4);
    expect(cosign(checkpoint, WITNESS.name, witness, 0x6b04f6b4)).toBe(line);
  });

  it("is ignored without the witness's key, and refused with any byte changed under that key", () => {
    const { signature, keyId } = parseSignature(cosign(text, WITNESS.name, witness, 1));
    for (let i = 0; i < signature.length; i++) {
      const changed = signature.with(i, signature[i]! ^ 1);
      const line = formatSignature(WITNESS.name, keyId, changed);
      expect(verifyCosignature(witness.publicKey, text, changed)).toBeNull();
      expect(() => openNote(appendSignatures(note, [line]), [LOG, WITNESS])).toThrow("does not verify");
      expect(openNote(appendSignatures(note, [line]), [LOG]).verified).toHaveLength(1);
    }
  });

  it("is bound to its type, checkpoint and key", () => {
    const { signature } = parseSignature(cosign(text, WITNESS.name, witness, 1));
    expect(verifyCosignature(witness.publicKey, text, signature)).toBe(1);
    expect(verifyCosignature(witness.publicKey, text.replace("\n5\n", "\n6\n"), signature)).toBeNull();
    expect(verifyCosignature(witness.publicKey, text.replace("extra", "other"), signature)).toBeNull();
    expect(verifyCosignature(log.signer.publicKey, text, signature)).toBeNull();
    expect(verifyCosignature(witness.publicKey, text, signature.slice(8))).toBeNull();
    // A plain signature by the same key says nothing of time or consistency.
    const plain = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1, ...witness.sign(new TextEncoder().encode(text))]);
    expect(verifyCosignature(witness.publicKey, text, plain)).toBeNull();
  });

  it("a later line of the same witness is kept, and counts once", () => {
    const lines = [1, 2].map((time) => cosign(text, WITNESS.name, witness, time));
    const opened = openNote(appendSignatures(note, lines), [WITNESS]);
    expect(opened.verified.map(({ timeSeconds }) => timeSeconds)).toEqual([1]);
    expect(opened.signatures.map(({ line }) => line).slice(1)).toEqual(lines);
  });

  it("accepts times from 0 to 2^53 - 1", () => {
    for (const time of [0, 2 ** 32, 2 ** 53 - 1]) {
      const { signature } = parseSignature(cosign(text, WITNESS.name, witness, time));
      expect(verifyCosignature(witness.publicKey, text, signature)).toBe(time);
    }
    for (const time of [-1, 0.5, 2 ** 53, NaN])
      expect(() => cosign(text, WITNESS.name, witness, time)).toThrow("timeSeconds");
    // Signed rightly, but no number holds such a time and its neighbours apart.
    const message = new TextEncoder().encode(`cosignature/v1\ntime ${2 ** 53}\n${text}`);
    const far = Uint8Array.from([0, 0x20, 0, 0, 0, 0, 0, 0, ...witness.sign(message)]);
    expect(verifyCosignature(witness.publicKey, text, far)).toBeNull();
  });

  it("refuses a text without its newline, and an invalid name", () => {
    expect(() => cosign(text.trimEnd(), WITNESS.name, witness, 1)).toThrow("newline");
    expect(() => cosign(text, "a witness", witness, 1)).toThrow("key name");
  });
});
