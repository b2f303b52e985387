import { utf8ToBytes } from "@noble/hashes/utils.js";
import { verifyCosignature } from "./cosignature.ts";
import { verifyEd25519, type Signer } from "./ed25519.ts";
import { COSIGNATURE_V1, ED25519, keyIdOf, type VerifierKey } from "./note-key.ts";
import { formatSignature, parseSignature, type NoteSignature } from "./note-signature.ts";

/** Largest note that is read. */
export const MAX_NOTE_BYTES = 1_000_000;
/** Most signatures that are read; the specification asks for at least 16. */
const MAX_NOTE_SIGNATURES = 100;

/** Why a note is refused: not a note, a trusted key's signature is wrong, or no trusted key has signed. */
export type NoteFault = "malformed" | "invalid_signature" | "unverified";

export class NoteError extends Error {
  readonly fault: NoteFault;
  constructor(fault: NoteFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NoteError";
    this.fault = fault;
  }
}

/** A signer of notes: a key name and the Ed25519 key. */
export interface NoteSigner {
  name: string;
  signer: Signer;
}

export interface Note {
  /** The signed text: up to and including the newline before the blank line. */
  text: string;
  /** Every signature line in order. */
  signatures: NoteSignature[];
}

interface VerifiedSignature extends NoteSignature {
  /** POSIX time that a cosignature/v1 states. */
  timeSeconds?: number;
}

export interface OpenedNote extends Note {
  /** Signatures that verify, each trusted key once (its first line), so that counting them counts keys. */
  verified: VerifiedSignature[];
  /** Lines of other keys: kept, not verified. */
  unverified: NoteSignature[];
}

/**
 * Signs a text as a note (C2SP signed-note) with Ed25519 keys.
 * @throws RangeError if the text does not end in a newline, has another control character or a lone surrogate, or if
 *   there is no signer or a signer's name is not a key name
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith("\n") || !isNoteText(text))
    throw new RangeError("a note's text must be Unicode without control characters and end in a newline");
  if (signers.length === 0) throw new RangeError("a note needs a signer");
  const message = utf8ToBytes(text);
  const lines = signers.map(({ name, signer }) =>
    formatSignature(name, keyIdOf(name, ED25519, signer.publicKey), signer.sign(message)),
  );
  return appendSignatures(`${text}\n`, lines);
}

/**
 * Adds signature lines, given without newlines, to a note: a witness's cosignatures, another key's signature.
 * @throws RangeError on a line that is not a signature line
 */
export function appendSignatures(note: string, lines: readonly string[]): string {
  return note + lines.map((line) => `${parseSignature(line).line}\n`).join("");
}

/**
 * Reads a note without verifying it.
 * @throws NoteError with fault `malformed`
 */
export function parseNote(note: Uint8Array | string): Note {
  const whole = decodeNote(note);
  // The text may contain blank lines: the last blank line separates the signatures.
  const blank = whole.lastIndexOf("\n\n");
  const block = whole.slice(blank + 2);
  if (blank < 0 || !block.endsWith("\n"))
    throw new NoteError(
      "malformed",
      "a note must be text, a blank line and signature lines, each with its newline",
    );
  const lines = block.slice(0, -1).split("\n");
  if (lines.length > MAX_NOTE_SIGNATURES)
    throw new NoteError(
      "malformed",
      `a note must have at most ${MAX_NOTE_SIGNATURES} signatures, got ${lines.length}`,
    );
  return { text: whole.slice(0, blank + 1), signatures: lines.map(readSignature) };
}

/**
 * Reads a note and verifies every signature of a trusted key. Keys that are not trusted are ignored, whatever their
 * lines say; one wrong signature of a trusted key refuses the whole note (C2SP signed-note, section "Signatures").
 * @param verifiers the trusted keys
 * @throws NoteError with fault `malformed`, `invalid_signature`, or `unverified` if no trusted key has signed
 * @throws RangeError if two different trusted keys have the same name and key id
 */
export function openNote(note: Uint8Array | string, verifiers: readonly VerifierKey[]): OpenedNote {
  const trusted = byIdentity(verifiers);
  const { text, signatures } = parseNote(note);
  const verified = new Map<string, VerifiedSignature>();
  const unverified: NoteSignature[] = [];
  for (const signature of signatures) {
    const identity = identityOf(signature);
    const key = trusted.get(identity);
    if (key === undefined) {
      unverified.push(signature);
      continue;
    }
    const checked = checkSignature(key, text, signature);
    if (!verified.has(identity)) verified.set(identity, checked);
  }
  if (verified.size === 0) throw new NoteError("unverified", "no trusted key has signed the note");
  return { text, signatures, verified: [...verified.values()], unverified };
}

function checkSignature(key: VerifierKey, text: string, signature: NoteSignature): VerifiedSignature {
  if (key.type === COSIGNATURE_V1) {
    const timeSeconds = verifyCosignature(key.publicKey, text, signature.signature);
    if (timeSeconds !== null) return { ...signature, timeSeconds };
  } else if (verifyEd25519(key.publicKey, utf8ToBytes(text), signature.signature)) {
    return signature;
  }
  throw new NoteError("invalid_signature", `the signature of ${key.name} (${key.keyId}) does not verify`);
}

/** Name and key id together identify a key; neither does alone. */
function identityOf({ name, keyId }: { name: string; keyId: string }): string {
  return `${name}+${keyId}`;
}

function byIdentity(verifiers: readonly VerifierKey[]): Map<string, VerifierKey> {
  const keys = new Map<string, VerifierKey>();
  for (const key of verifiers) {
    const other = keys.get(identityOf(key));
    if (other !== undefined && (other.type !== key.type || !sameBytes(other.publicKey, key.publicKey)))
      throw new RangeError(`two different keys are named ${identityOf(key)}`);
    keys.set(identityOf(key), key);
  }
  return keys;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function decodeNote(note: Uint8Array | string): string {
  const sizeBytes = typeof note === "string" ? utf8ToBytes(note).length : note.length;
  if (sizeBytes > MAX_NOTE_BYTES)
    throw new NoteError("malformed", `a note must have at most ${MAX_NOTE_BYTES} bytes, got ${sizeBytes}`);
  const text = typeof note === "string" ? note : decodeUtf8(note);
  if (!isNoteText(text))
    throw new NoteError("malformed", "a note must be UTF-8 without control characters other than newline");
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new NoteError("malformed", "a note must be UTF-8", { cause });
  }
}

/** Keeps a byte order mark: it is part of the signed text. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

function isNoteText(text: string): boolean {
  return text.isWellFormed() && !CONTROL.test(text);
}

function readSignature(line: string): NoteSignature {
  try {
    return parseSignature(line);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "not a signature line";
    throw new NoteError("malformed", why, { cause });
  }
}
