import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import {
  COSIGNATURE_V1,
  ED25519,
  formatSignerKey,
  formatVerifierKey,
  makeVerifierKey,
  parseSignerKey,
  parseVerifierKey,
} from "../../../src/core/ledger/note-key.ts";
import { formatSignature, parseSignature } from "../../../src/core/ledger/note-signature.ts";
import {
  MAX_NOTE_BYTES,
  NoteError,
  appendSignatures,
  openNote,
  parseNote,
  signNote,
  type NoteFault,
} from "../../../src/core/ledger/note.ts";

/** Keys, text and signatures of Go's sumdb/note, which its documentation and tests use. */
const PETER_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
const ENOCH_LINE =
  "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=";
const PETER = parseVerifierKey(PETER_VKEY);
const ENOCH = parseVerifierKey(ENOCH_VKEY);
const SIGNED = `${TEXT}\n${PETER_LINE}\n`;
const BOTH = `${SIGNED}${ENOCH_LINE}\n`;

const { name, seed } = parseSignerKey(PETER_SKEY);
const peter = { name, signer: signerFromSeed(seed) };

describe("keys", () => {
  it("the specification's example", () => {
    const vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const key = parseVerifierKey(vkey);
    expect(key).toMatchObject({ name: "example.com/foo", keyId: "530d903a", type: ED25519 });
    expect(formatVerifierKey(key)).toBe(vkey);
  });

  it("the signer key that Go's tools keep", () => {
    expect(formatSignerKey(parseSignerKey(PETER_SKEY))).toBe(PETER_SKEY);
    expect(makeVerifierKey("PeterNeumann", ED25519, peter.signer.publicKey)).toEqual(PETER);
    expect(formatVerifierKey(PETER)).toBe(PETER_VKEY);
  });

  it("a witness's key has its own type, and so its own id", () => {
    const key = makeVerifierKey("PeterNeumann", COSIGNATURE_V1, PETER.publicKey);
    expect(key.keyId).not.toBe(PETER.keyId);
    expect(parseVerifierKey(formatVerifierKey(key))).toEqual(key);
  });

  it("any name and seed are read back as printed", () =>
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1 }).filter((text) => !/[\p{White_Space}+\p{Cc}]/u.test(text)),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (keyName, bytes) => {
          const key = { name: keyName, seed: bytes };
          expect(parseSignerKey(formatSignerKey(key))).toEqual(key);
          const verifier = makeVerifierKey(keyName, ED25519, bytes);
          expect(parseVerifierKey(formatVerifierKey(verifier))).toEqual(verifier);
        },
      ),
      { numRuns: 30 },
    ));

  it.each([
    ["vkey", PETER_VKEY, parseVerifierKey],
    ["signer key", PETER_SKEY, parseSignerKey],
  ] as const)("every piece of a %s, and every change of a character, is refused", (_what, text, parse) => {
    for (let i = 0; i < text.length; i++) {
      expect(() => parse(text.slice(0, i))).toThrow(RangeError);
      expect(() => parse(text.slice(0, i) + text.slice(i + 1))).toThrow(RangeError);
      expect(() => parse(text.slice(i + 1))).toThrow(RangeError);
      const next = String.fromCharCode(text.charCodeAt(i) + 1);
      expect(() => parse(text.slice(0, i) + next + text.slice(i + 1))).toThrow(RangeError);
    }
  });

  it.each([
    ["upper-case id", PETER_VKEY.replace("c74f20a3", "C74F20A3"), "8 lower-case hex"],
    ["wrong id", PETER_VKEY.replace("c74f20a3", "c74f20a4"), "must be c74f20a3"],
    ["space in the name", PETER_VKEY.replace("Peter", "Peter "), "expected a key name"],
    ["unknown type", "a+00000000+AiAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg", "must be of type 1"],
    ["no key", "a+00000000+", "type 1"],
    ["a trailing newline", `${PETER_VKEY}\n`, "base64"],
  ])("refuses a vkey with %s", (_what, vkey, why) => expect(() => parseVerifierKey(vkey)).toThrow(why));

  it("never shows a signer key in a message", () => {
    const material = PETER_SKEY.slice(-44);
    for (const bad of [
      `${PETER_SKEY}A`,
      PETER_SKEY.replace("c74f20a3", "c74f20a4"),
      PETER_SKEY.slice(12),
      `PRIVATE+KEY+${material}`,
      `PRIVATE+KEY+ ${material}`,
      PETER_SKEY.replace("c74f20a3+", ""),
    ]) {
      const error = attempt(() => parseSignerKey(bad), RangeError);
      expect(error).toBeInstanceOf(RangeError);
      expect(`${(error as RangeError).stack}`).not.toContain(material.slice(0, 8));
    }
  });

  it.each(["", "a b", "a\u00a0b", "a\u0085b", "a\u2028b", "a\u3000", "a+b", "a\nb", "a\u0000", "\ud800"])(
    "%j is no key name",
    (bad) => {
      expect(() => makeVerifierKey(bad, ED25519, PETER.publicKey)).toThrow(RangeError);
      expect(() => formatSignature(bad, "00000000", new Uint8Array(64))).toThrow(RangeError);
      expect(() => signNote(TEXT, [{ name: bad, signer: peter.signer }])).toThrow(RangeError);
    },
  );
});

describe("signing", () => {
  it("gives Go's note, byte for byte", () => expect(signNote(TEXT, [peter])).toBe(SIGNED));

  it("appends another's line", () => {
    expect(appendSignatures(SIGNED, [ENOCH_LINE])).toBe(BOTH);
    expect(appendSignatures(SIGNED, [])).toBe(SIGNED);
    for (const bad of ["", `${ENOCH_LINE}\n`, ENOCH_LINE.slice(2), `${ENOCH_LINE} x`, "— EnochRoot AAAA"])
      expect(() => appendSignatures(SIGNED, [bad])).toThrow(RangeError);
  });

  it.each(["", "no newline", "tab\t\n", "bell\u0007\n", "return\r\n", "\ud800\n"])(
    "refuses the text %j",
    (text) => expect(() => signNote(text, [peter])).toThrow(RangeError),
  );

  it("needs a signer", () => expect(() => signNote(TEXT, [])).toThrow(RangeError));

  it("opens the notes that it signs", () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "—", " ", "溯", "\u{1f600}") }), (draw) => {
        const text = `${draw}\n`;
        const opened = openNote(signNote(text, [peter]), [PETER]);
        expect(opened.text).toBe(text);
        expect(opened.verified).toHaveLength(1);
      }),
      { numRuns: 50 },
    ));
});

describe("opening", () => {
  it("sorts the lines into verified and unverified, unchanged", () => {
    const opened = openNote(BOTH, [PETER]);
    expect(opened.text).toBe(TEXT);
    expect(opened.verified).toEqual([parseSignature(PETER_LINE)]);
    expect(opened.unverified).toEqual([parseSignature(ENOCH_LINE)]);
    expect(opened.signatures.map(({ line }) => line)).toEqual([PETER_LINE, ENOCH_LINE]);
    expect(opened.verified[0]).toMatchObject({ name: "PeterNeumann", keyId: "c74f20a3" });
    expect(openNote(utf8ToBytes(BOTH), [ENOCH, PETER]).verified.map((line) => line.name)).toEqual([
      "PeterNeumann",
      "EnochRoot",
    ]);
  });

  it("the text may have blank lines and look like signatures: the last blank line separates them", () => {
    const text = `${BOTH}\n\n— PeterNeumann AAAA\n`;
    const opened = openNote(signNote(text, [peter]), [PETER]);
    expect(opened.text).toBe(text);
    expect(opened.signatures).toHaveLength(1);
  });

  it("a key is known by name and id together", () => {
    const misnamed = SIGNED.replace("— PeterNeumann", "— PeterNeumanm");
    const wrongId = SIGNED.replace("x08go", "x08gp");
    for (const note of [misnamed, wrongId]) expect(faultOf(note, [PETER])).toBe("unverified");
    expect(faultOf(SIGNED, [ENOCH])).toBe("unverified");
    expect(faultOf(SIGNED, [])).toBe("unverified");
  });

  it("one wrong signature of a trusted key refuses the note, however many are right", () => {
    const wrong = formatSignature("EnochRoot", "af0cfe78", parseSignature(PETER_LINE).signature);
    expect(faultOf(`${SIGNED}${wrong}\n`, [PETER, ENOCH])).toBe("invalid_signature");
    expect(openNote(`${SIGNED}${wrong}\n`, [PETER]).verified).toHaveLength(1);
    expect(faultOf(SIGNED.replace("problem is", "problem was"), [PETER])).toBe("invalid_signature");
    const repeatedWrong = formatSignature("PeterNeumann", "c74f20a3", parseSignature(ENOCH_LINE).signature);
    expect(faultOf(`${SIGNED}${repeatedWrong}\n`, [PETER])).toBe("invalid_signature");
    const long = formatSignature("PeterNeumann", "c74f20a3", new Uint8Array(67));
    expect(faultOf(`${TEXT}\n${long}\n`, [PETER])).toBe("invalid_signature");
  });

  it("counts a key once, however many lines it signs", () => {
    const opened = openNote(`${SIGNED}${PETER_LINE}\n${PETER_LINE}\n`, [PETER, PETER]);
    expect(opened.verified).toHaveLength(1);
    expect(opened.signatures).toHaveLength(3);
  });

  it("two different keys of one name and id are the caller's mistake", () => {
    const twin = { ...PETER, publicKey: ENOCH.publicKey };
    expect(() => openNote(SIGNED, [PETER, twin])).toThrow(RangeError);
  });

  it("reads 100 signatures, not 101", () => {
    const full = `${TEXT}\n${`${PETER_LINE}\n`.repeat(100)}`;
    expect(openNote(full, [PETER]).signatures).toHaveLength(100);
    expect(faultOf(`${full}${PETER_LINE}\n`, [PETER])).toBe("malformed");
  });

  it("reads 1,000,000 bytes, not one more", () => {
    const rest = MAX_NOTE_BYTES - utf8ToBytes(`\n\n${PETER_LINE}\n`).length;
    const full = signNote(`${"a".repeat(rest)}\n`, [peter]);
    expect(utf8ToBytes(full)).toHaveLength(MAX_NOTE_BYTES);
    expect(openNote(full, [PETER]).text).toHaveLength(rest + 1);
    expect(faultOf(`a${full}`, [PETER])).toBe("malformed");
    expect(faultOf(utf8ToBytes(`a${full}`), [PETER])).toBe("malformed");
    expect(faultOf("溯".repeat(MAX_NOTE_BYTES / 2), [PETER])).toBe("malformed");
  });

  it.each<[string, string | Uint8Array]>([
    ["nothing", ""],
    ["no signature", TEXT],
    ["a blank line and no signature", `${TEXT}\n`],
    ["no blank line", `${TEXT}${PETER_LINE}\n`],
    ["a last line without newline", SIGNED.slice(0, -1)],
    ["another line among the signatures", `${SIGNED}Unexpected line.\n`],
    ["a hyphen for the dash", SIGNED.replace("— ", "- ")],
    ["an en dash", SIGNED.replace("— ", "– ")],
    ["two spaces", SIGNED.replace("— ", "—  ")],
    ["a space in the name", SIGNED.replace("PeterNeumann", "Peter Neumann")],
    ["a wide space in the name", SIGNED.replace("PeterNeumann", "Peter\u3000Neumann")],
    ["a plus in the name", SIGNED.replace("PeterNeumann", "Peter+Neumann")],
    ["an empty name", SIGNED.replace("PeterNeumann", "")],
    ["base64 without padding", SIGNED.replace("nAM=", "nAM")],
    ["base64 with loose bits", SIGNED.replace("nAM=", "nAN=")],
    ["a key id alone", `${TEXT}\n— PeterNeumann x08gow==\n`],
    ["no base64", `${TEXT}\n— PeterNeumann \n`],
    ["a return", SIGNED.replaceAll("\n", "\r\n")],
    ["a tab in the text", `\t${SIGNED}`],
    ["a zero byte", `\u0000${SIGNED}`],
    ["a lone surrogate", `\ud800${SIGNED}`],
    ["bytes that are not UTF-8", Uint8Array.from([0xff, ...utf8ToBytes(SIGNED)])],
    ["an overlong newline", Uint8Array.from([0xc0, 0x8a, ...utf8ToBytes(SIGNED)])],
  ])("%s is malformed", (_what, note) => {
    expect(faultOf(note, [PETER])).toBe("malformed");
    expect(() => parseNote(note)).toThrow(NoteError);
  });

  it("a byte order mark is part of the text, and was not signed", () =>
    expect(faultOf(hexToBytes(`efbbbf${Buffer.from(SIGNED).toString("hex")}`), [PETER])).toBe(
      "invalid_signature",
    ));

  it("no changed byte of a note verifies", () => {
    const whole = utf8ToBytes(SIGNED);
    for (let i = 0; i < whole.length; i++)
      for (const mask of [0x01, 0x02, 0x20, 0x80]) {
        const changed = whole.with(i, whole[i]! ^ mask);
        expect(() => openNote(changed, [PETER]), `byte ${i}`).toThrow(NoteError);
      }
  });

  it("a changed byte in another's line neither verifies that line nor loses ours", () => {
    const whole = utf8ToBytes(BOTH);
    for (let i = utf8ToBytes(SIGNED).length; i < whole.length; i++) {
      const changed = whole.with(i, whole[i]! ^ 0x01);
      for (const keys of [[PETER], [PETER, ENOCH]]) {
        const opened = attempt(() => openNote(changed, keys), NoteError);
        const outcome = opened instanceof NoteError ? opened.fault : opened.verified.map((line) => line.name);
        expect([["PeterNeumann"], "malformed", "invalid_signature"]).toContainEqual(outcome);
      }
    }
  });
});

/** Why a note is refused; null if it opens. */
function faultOf(note: string | Uint8Array, keys: Parameters<typeof openNote>[1]): NoteFault | null {
  const opened = attempt(() => openNote(note, keys), NoteError);
  return opened instanceof NoteError ? opened.fault : null;
}

/** The action's result, or the error that it throws, which must be of this class. */
function attempt<T, E extends Error>(action: () => T, expected: new (...args: never[]) => E): T | E {
  try {
    return action();
  } catch (error) {
    if (error instanceof expected) return error;
    throw error;
  }
}
