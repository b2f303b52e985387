import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalBytes, canonicalText, parseCanonical } from "./canonical.ts";
import { encodeBase64, decodeBase64 } from "./base64.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { nobleSha256, type Sha256 } from "./merkle.ts";
import { originLine } from "./origin.ts";

const encoder = new TextEncoder();
const INTEGERS = { integersOnly: true } as const;

/** The version of the record format. Every change of the format takes a new number. */
const RECORD_VERSION = 1;

/** A record's place in one chain: it is the `n`-th (from 0) record of chain `of`; `prev` is the digest of the one before. */
export interface ChainLink {
  of: string;
  n: number;
  /** Lower-case hex SHA-256 of record n-1 of this chain; null where n is 0. */
  prev: string | null;
}

/** The part of a subject; absent for the event's own subject. */
export type Part = "parent" | "input" | "output";

/**
 * A subject of a statement. Positions are 0-based and ranges half-open. Units appear only as the hash in their
 * chain's name.
 */
export type Subject =
  | { batch: string; segments: [number, number][]; as?: Part }
  | { unit: string; as?: Part }
  | { batch: string }
  | { enterprise: string }
  | { assessor: string }
  | { authority: string }
  | { product: string }
  | { ledger: string };

/** The author of a statement: an organisation's opaque id, and the person or system in it. */
interface Actor {
  organisation: string;
  by: string;
}

export type PublicFields = { [name: string]: unknown };

/** An actor's statement. `id` is chosen by the actor and unique per organisation; `at` is RFC 3339 with a zone. */
export interface Statement {
  kind: string;
  id: string;
  at: string;
  actor: Actor;
  subjects: Subject[];
  public: PublicFields;
  /** Sorted SD-JWT digests (RFC 9901) of the fields that only some readers may see. */
  sealed: string[];
}

/** An actor's Ed25519 signature (base64) over `signedMessage`, with the public key (base64) that verifies it. */
export interface StatementSignature {
  key: string;
  value: string;
}

export interface LedgerRecord {
  v: typeof RECORD_VERSION;
  /** When the service recorded it: RFC 3339, UTC, milliseconds; never goes backwards along the log. */
  recorded: string;
  /** Sorted by `of`, each chain once. */
  chains: ChainLink[];
  statement: Statement;
  signature?: StatementSignature;
}

/** A record breaks a rule of the format. */
export class RecordError extends Error {
  readonly rule: string;
  constructor(rule: string, message: string) {
    super(message);
    this.name = "RecordError";
    this.rule = rule;
  }
}

/**
 * The canonical bytes (RFC 8785) of a record: stored and hashed as they are, never rebuilt. @throws TypeError if a
 * value has no canonical form, RecordError if a rule of the format is broken
 */
export function encodeRecord(record: LedgerRecord): Uint8Array {
  checkRecord(record);
  return encoder.encode(recordText(record));
}

/** `canonicalText` in a third of the time: the members of a record stand in order here, and only what the actor chose is sorted. */
function recordText(record: LedgerRecord): string {
  const { v, recorded, chains, statement, signature } = record;
  try {
    const signed =
      signature === undefined
        ? ""
        : `"signature":{"key":${quoted(signature.key)},"value":${quoted(signature.value)}},`;
    const links = chains.map(linkText).join(",");
    return `{"chains":[${links}],"recorded":"${recorded}",${signed}"statement":${statementText(statement)},"v":${v}}`;
  } catch {
    // It names the whole path of what has no canonical form.
    return canonicalText(record, INTEGERS);
  }
}

function linkText({ of, n, prev }: ChainLink): string {
  return `{"n":${n},"of":${quoted(of)},"prev":${prev === null ? "null" : `"${prev}"`}}`;
}

function statementText({ kind, id, at, actor, subjects, public: said, sealed }: Statement): string {
  const by = `{"by":${quoted(actor.by)},"organisation":${quoted(actor.organisation)}}`;
  return (
    `{"actor":${by},"at":${quoted(at)},"id":${quoted(id)},"kind":${quoted(kind)},` +
    `"public":${memberText(said)},"sealed":${memberText(sealed)},` +
    `"subjects":[${subjects.map(subjectText).join(",")}]}`
  );
}

/** Most records have goods of one batch, as the event's own subject. */
function subjectText(subject: Subject): string {
  if (!("segments" in subject) || Object.keys(subject).length !== 2) return canonicalText(subject, INTEGERS);
  // `checkSegments` saw that they are pairs of integers.
  const segments = subject.segments.map(([from, to]) => `[${from},${to}]`).join(",");
  return `{"batch":${quoted(subject.batch)},"segments":[${segments}]}`;
}

/** Most events have no public and no sealed fields. */
function memberText(value: object): string {
  for (const _ in value) return canonicalText(value, INTEGERS);
  return Array.isArray(value) ? (value.length === 0 ? "[]" : canonicalText(value, INTEGERS)) : "{}";
}

function quoted(text: string): string {
  if (!text.isWellFormed()) throw new RangeError("a lone surrogate");
  return JSON.stringify(text);
}

/**
 * Reads a stored record strictly: only the exact canonical bytes of a well-formed record pass.
 * @throws RecordError
 */
export function decodeRecord(bytes: Uint8Array): LedgerRecord {
  let value: unknown;
  try {
    value = parseCanonical(bytes, { integersOnly: true });
  } catch (error) {
    throw new RecordError("canonical", `record bytes are not canonical JSON: ${(error as Error).message}`);
  }
  checkRecord(value as LedgerRecord);
  return value as LedgerRecord;
}

/** Lower-case hex SHA-256 of a record's bytes. */
export function recordDigest(bytes: Uint8Array, sha: Sha256 = nobleSha256): string {
  return bytesToHex(sha(bytes));
}

/** The bytes an actor signs: domain, the ledger's origin, the canonical statement. */
export function signedMessage(origin: string, statement: Statement): Uint8Array {
  const text = canonicalBytes(statement, { integersOnly: true });
  const head = utf8ToBytes(`suyuan/statement/v1\n${origin}\n`);
  const message = new Uint8Array(head.length + text.length);
  message.set(head);
  message.set(text, head.length);
  return message;
}

/**
 * Whether a statement's signature verifies under the key that it names, for this log or an earlier log of its line,
 * whose records it continues. The registry's records show the owner of the key.
 */
export function verifyStatement(
  origin: string,
  statement: Statement,
  signature: StatementSignature,
): boolean {
  const key = decodeBase64(signature.key);
  const value = decodeBase64(signature.value);
  return originLine(origin).some((name) => verifyEd25519(key, signedMessage(name, statement), value));
}

export function encodeSignature(publicKey: Uint8Array, value: Uint8Array): StatementSignature {
  return { key: encodeBase64(publicKey), value: encodeBase64(value) };
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const RECORDED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const HEX_DIGEST = /^[0-9a-f]{64}$/;

function checkRecord(record: LedgerRecord): void {
  only(record, ["v", "recorded", "chains", "statement", "signature"], "record");
  const version: number = record.v;
  if (version !== RECORD_VERSION)
    throw new RecordError("version", `record version must be ${RECORD_VERSION}, got ${version}`);
  if (typeof record.recorded !== "string" || !RECORDED.test(record.recorded))
    throw new RecordError("recorded", "recorded must be RFC 3339 in UTC with milliseconds");
  checkChains(record.chains);
  checkStatement(record.statement);
  if (record.signature !== undefined) {
    only(record.signature, ["key", "value"], "signature");
    if (decodeLength(record.signature.key) !== 32 || decodeLength(record.signature.value) !== 64)
      throw new RecordError("signature", "signature must have a 32-byte key and a 64-byte value in base64");
  }
}

function checkChains(chains: ChainLink[]): void {
  if (!Array.isArray(chains) || chains.length === 0)
    throw new RecordError("chains", "a record must extend at least one chain");
  let last = "";
  for (const link of chains) {
    only(link, ["of", "n", "prev"], "chain");
    if (typeof link.of !== "string" || link.of <= last)
      throw new RecordError("chains", `chains must be sorted and distinct: ${link.of} after ${last}`);
    last = link.of;
    if (!Number.isSafeInteger(link.n) || link.n < 0 || link.n > 0xffffffff)
      throw new RecordError("chains", `n of ${link.of} must be an unsigned 32-bit integer`);
    const wellFormed = link.n === 0 ? link.prev === null : HEX_DIGEST.test(link.prev ?? "");
    if (!wellFormed)
      throw new RecordError("chains", `prev of ${link.of} must be ${link.n === 0 ? "null" : "a digest"}`);
  }
}

function checkStatement(statement: Statement): void {
  only(statement, ["kind", "id", "at", "actor", "subjects", "public", "sealed"], "statement");
  for (const name of ["kind", "id", "at"] as const)
    if (typeof statement[name] !== "string" || statement[name] === "")
      throw new RecordError("statement", `statement.${name} must be a non-empty string`);
  if (!RFC3339.test(statement.at) || Number.isNaN(Date.parse(statement.at)))
    throw new RecordError("statement", `statement.at must be RFC 3339 with a zone, got ${statement.at}`);
  only(statement.actor, ["organisation", "by"], "actor");
  if (typeof statement.actor.organisation !== "string" || typeof statement.actor.by !== "string")
    throw new RecordError("statement", "statement.actor must have organisation and by");
  if (!Array.isArray(statement.subjects) || statement.subjects.length === 0)
    throw new RecordError("statement", "a statement must have at least one subject");
  for (const subject of statement.subjects) if ("segments" in subject) checkSegments(subject.segments);
  if (!Array.isArray(statement.sealed)) throw new RecordError("statement", "statement.sealed must be a list");
  for (let i = 1; i < statement.sealed.length; i++)
    if ((statement.sealed[i] as string) <= (statement.sealed[i - 1] as string))
      throw new RecordError("statement", "statement.sealed must be sorted and distinct");
}

function checkSegments(segments: [number, number][]): void {
  let end = -1;
  for (const [from, to] of segments) {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from <= end || to <= from)
      throw new RecordError("segments", `segments must be sorted, apart and not empty: [${from}, ${to})`);
    end = to;
  }
}

function only(value: object, names: string[], what: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new RecordError("fields", `${what} must be an object`);
  for (const name of Object.keys(value))
    if (!names.includes(name)) throw new RecordError("fields", `${what} has an unknown field ${name}`);
}

function decodeLength(text: string): number {
  try {
    return decodeBase64(text).length;
  } catch {
    return -1;
  }
}
