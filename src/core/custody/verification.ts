import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { parseCode } from "../code/check.ts";
import { codeLeafHash } from "../code/leaf.ts";
import { decodeBase64 } from "../ledger/base64.ts";
import type { Bundle } from "../ledger/bundle.ts";
import { chainTag, nodeChain, unitChain } from "../ledger/chain.ts";
import type { Shown, ShownChain } from "../ledger/completeness.ts";
import { digestOf, openDisclosure } from "../ledger/disclosure.ts";
import { decodeEntry, type LogEntry } from "../ledger/entry.ts";
import { leafHash } from "../ledger/merkle.ts";
import type { VerifierKey } from "../ledger/note-key.ts";
import { type Cosigned, type Policy, policyOfKeys, requireCosigned } from "../ledger/policy.ts";
import { pathNodes, rootFromMultiProof } from "../ledger/proof.ts";
import { checkActorSignature, type LoggedRecord, openRecord } from "../ledger/receipt.ts";
import type { LedgerRecord } from "../ledger/record.ts";
import {
  compareMoments,
  type Fact,
  type FactReader,
  inWindow,
  type Moment,
  momentOf,
  type Thing,
  type UnitKey,
  type Window,
} from "./fact.ts";
import { entersUnit, type Journey, journeyOf } from "./journey.ts";
import { type State, stateOf } from "./state.ts";
import { isCustodySubject, partOf, readStatement } from "./statement.ts";

/** The result of verifying a bundle: the proven facts, and the limits of the proof. */
export interface Verified {
  code: string;
  origin: string;
  /** Size of the log at the checkpoint. */
  size: number;
  /** The policy's witnesses that cosigned the checkpoint, with the POSIX time that each states. */
  cosigned: Cosigned["cosigned"];
  /** The checkpoint's tree and the chains, for comparing them with the log's entries: `checkCompleteness`. */
  shown: Shown;
  batch: { id: string; position: number; count: number; issued: Record<string, unknown> };
  journey: Journey;
  state: State;
  /** Every record in full, by log index. */
  records: Map<number, LedgerRecord>;
  /** Disclosed sealed fields, by log index. */
  disclosed: Map<number, { name: string; value: unknown }[]>;
  /** Public names of organisations and goods, from their filing records. */
  names: Map<string, unknown>;
  /** Indices of the records with a verified signature of their actor. */
  signed: number[];
  /** The claim that rests on the signer of the checkpoint, as a sentence; the log's entries can prove it. */
  onWord: string;
  /** Facts that neither the file nor the log can prove, as sentences. */
  limits: string[];
}

/** The bundle does not prove its claim; the message has the expected and the found value. */
class VerificationError extends Error {
  override readonly name = "VerificationError";
}

type Hidden = LogEntry & { leaf: Uint8Array };

/**
 * Verifies a bundle with only the ledger's public key: the checkpoint's signature, every record's inclusion, every
 * chain's order, the code's place in its batch's commitment; then derives the journey from the records.
 * @param trust the ledger's key, or a policy whose quorum must have cosigned the checkpoint
 * @throws VerificationError, QuorumError, NoteError, ProofError, RecordError, RangeError
 */
export function verifyBundle(bundle: Bundle, trust: VerifierKey | Policy): Verified {
  const policy = "logs" in trust ? trust : policyOfKeys([trust]);
  const { checkpoint, cosigned } = requireCosigned(policy, bundle.checkpoint);
  const { origin, size, root } = checkpoint;
  equal("origin", origin, bundle.origin);
  const opened = openRecords(bundle);
  const hidden = openEntries(bundle);
  proveInclusion(bundle, opened, hidden, checkpoint);
  const issued = findIssuing(bundle, opened);
  const ancestors = proveCode(bundle, issued);
  const chains = checkChains(bundle, opened, hidden, ancestors);
  checkUnits(bundle);
  const reader = new BundleReader(bundle.batch, opened, ancestors);
  const journey = journeyOf(reader, { segment: { level: 0, start: bundle.batch.position } });
  const state = stateOf(journey, issuer(issued));
  const [contradiction] = state.contradictions;
  if (contradiction)
    fail(`record ${contradiction.index} breaks the rule ${contradiction.rule}: ${contradiction.message}`);
  checkNothingHidden(bundle, journey, ancestors);
  return {
    code: bundle.code,
    origin,
    size,
    cosigned,
    shown: { size, root, chains },
    batch: {
      id: bundle.batch.id,
      position: bundle.batch.position,
      count: issued.statement.public["count"] as number,
      issued: issued.statement.public,
    },
    journey,
    state,
    records: new Map([...opened].map(([index, { record }]) => [index, record])),
    disclosed: openDisclosures(bundle, opened),
    names: publicNames(opened),
    signed: checkSignatures(origin, opened),
    onWord: onWord(bundle, size),
    limits: limitsOf(bundle, journey, hidden.size, cosigned),
  };
}

function openRecords(bundle: Bundle): Map<number, LoggedRecord> {
  const opened = new Map<number, LoggedRecord>();
  for (const { index, record } of bundle.records) {
    if (opened.has(index)) fail(`record ${index} is listed twice`);
    opened.set(index, openRecord(utf8ToBytes(record)));
  }
  return opened;
}

function openEntries(bundle: Bundle): Map<number, Hidden> {
  const hidden = new Map<number, Hidden>();
  for (const { index, entry } of bundle.entries) {
    const bytes = decodeBase64(entry);
    if (hidden.has(index)) fail(`entry ${index} is listed twice`);
    hidden.set(index, { ...decodeEntry(bytes), leaf: leafHash(bytes) });
  }
  return hidden;
}

/** Proves all records and entries under the one signed root. */
function proveInclusion(
  bundle: Bundle,
  opened: Map<number, LoggedRecord>,
  hidden: Map<number, Hidden>,
  { size, root }: { size: number; root: Uint8Array },
): void {
  const leaves = [...opened, ...hidden]
    .map(([index, { leaf }]) => ({ index, hash: leaf }))
    .sort((a, b) => a.index - b.index);
  const found = rootFromMultiProof(leaves, size, bundle.proof.map(decodeBase64));
  equal("root of the log", bytesToHex(root), bytesToHex(found));
}

/** The issuing record of the batch, which commits to its codes. There must be exactly one. */
function findIssuing(bundle: Bundle, opened: Map<number, LoggedRecord>): LedgerRecord {
  const of = `batch:${bundle.batch.id}`;
  const found = [...opened.values()].filter(
    ({ record }) => record.statement.kind === "issuing" && record.chains.some((link) => link.of === of),
  );
  if (found.length !== 1)
    fail(`expected one issuing record of batch ${bundle.batch.id}, found ${found.length}`);
  return (found[0] as LoggedRecord).record;
}

/** Proves the code's place in the commitment; the path's hashes name every chain that may speak of it. */
function proveCode(bundle: Bundle, issued: LedgerRecord): string[] {
  const { root, count } = issued.statement.public as { root: string; count: number };
  const { position, blind, path } = bundle.batch;
  equal("spelling of the code", parseCode(bundle.code), bundle.code);
  const leaf = codeLeafHash(hexToBytes(blind), bundle.code);
  const nodes = pathNodes(leaf, position, count, path.map(decodeBase64));
  equal("root of the batch", root, bytesToHex((nodes.at(-1) as { hash: Uint8Array }).hash));
  return nodes.map(({ hash }) => nodeChain(hash));
}

/**
 * Checks that every listed chain is complete: places from 0 without gaps, in log order, each with the digest of the
 * one before.
 */
function checkChains(
  bundle: Bundle,
  opened: Map<number, LoggedRecord>,
  hidden: Map<number, Hidden>,
  ancestors: string[],
): ShownChain[] {
  const declared = new Map(bundle.chains.map(({ of, length }) => [of, length]));
  if (declared.size !== bundle.chains.length) fail("a chain is listed twice");
  for (const of of [`batch:${bundle.batch.id}`, ...ancestors])
    if (!declared.has(of)) fail(`chain ${of} of the code is missing from the listed chains`);
  return bundle.chains.map(({ of, length }) => ({ of, indices: checkChain(of, length, opened, hidden) }));
}

/** @returns the log index of each place */
function checkChain(
  of: string,
  length: number,
  opened: Map<number, LoggedRecord>,
  hidden: Map<number, Hidden>,
): number[] {
  const places = placesOf(of, opened, hidden);
  if (places.length !== length)
    fail(`chain ${of}: expected ${length} records, as listed, found ${places.length}`);
  places.forEach(({ n, index, prev }, i) => {
    if (n !== i) fail(`chain ${of}: expected place ${i}, found place ${n}`);
    const before = places[i - 1];
    if (before && before.index >= index)
      fail(`chain ${of}: record ${index} must come after record ${before.index} in the log`);
    if (prev !== undefined) equal(`prev of record ${index} in ${of}`, before?.digest ?? null, prev);
  });
  return places.map(({ index }) => index);
}

interface ChainPlace {
  n: number;
  index: number;
  digest: string;
  /** Undefined for an entry, which has no `prev`. */
  prev: string | null | undefined;
}

function placesOf(of: string, opened: Map<number, LoggedRecord>, hidden: Map<number, Hidden>): ChainPlace[] {
  const places: ChainPlace[] = [];
  for (const [index, { record, digest }] of opened)
    for (const link of record.chains)
      if (link.of === of) places.push({ n: link.n, index, digest, prev: link.prev });
  const tag = bytesToHex(chainTag(of));
  for (const [index, { digest, chains }] of hidden)
    for (const chain of chains)
      if (bytesToHex(chain.tag) === tag)
        places.push({ n: chain.n, index, digest: bytesToHex(digest), prev: undefined });
  return places.sort((a, b) => a.n - b.n);
}

/** Checks that the units are those of the listed chains, and that number and salt hash to the name of the chain. */
function checkUnits({ chains, units }: Bundle): void {
  const listed = chains.map(({ of }) => of).filter((of) => of.startsWith("unit:"));
  if (units.length !== listed.length)
    fail(`expected ${listed.length} units, one for each listed chain of a unit, found ${units.length}`);
  units.forEach(({ of, id, salt }, i) => {
    equal(`unit ${i}`, listed[i] as string, of);
    if ((id === undefined) !== (salt === undefined))
      fail(`unit ${of} must have both number and salt, or neither`);
    if (id !== undefined && salt !== undefined)
      equal(`chain of unit ${id}`, unitChain(hexToBytes(salt), id), of);
  });
}

/** Checks that all records of the code's own chains are in full, and that its units' chains are listed. */
function checkNothingHidden(bundle: Bundle, journey: Journey, ancestors: string[]): void {
  const own = new Set([`batch:${bundle.batch.id}`, ...ancestors].map((of) => bytesToHex(chainTag(of))));
  for (const { index, entry } of bundle.entries)
    for (const { tag } of decodeEntry(decodeBase64(entry)).chains)
      if (own.has(bytesToHex(tag)))
        fail(
          `record ${index} of the code's own chains is withheld: expected the record in full, found its entry`,
        );
  const listed = new Set(bundle.chains.map(({ of }) => of));
  for (const { unit } of journey.stays)
    if (!listed.has(unit as string)) fail(`chain ${unit} of a unit is missing from the listed chains`);
}

function openDisclosures(bundle: Bundle, opened: Map<number, LoggedRecord>): Verified["disclosed"] {
  const disclosed: Verified["disclosed"] = new Map();
  for (const { index, disclosures } of bundle.records) {
    const { sealed } = (opened.get(index) as LoggedRecord).record.statement;
    const fields = disclosures.map((text) => {
      if (!sealed.includes(digestOf(text)))
        fail(`record ${index} has no digest of a field that is disclosed for it`);
      const { name, value } = openDisclosure(text);
      return { name, value };
    });
    if (fields.length > 0) disclosed.set(index, fields);
  }
  return disclosed;
}

function checkSignatures(origin: string, opened: Map<number, LoggedRecord>): number[] {
  const signed = [...opened].filter(([index, logged]) => checkActorSignature(origin, index, logged));
  return signed.map(([index]) => index).sort((a, b) => a - b);
}

/** Names from the filing records, at place 0 of the chains of organisations and products. */
function publicNames(opened: Map<number, LoggedRecord>): Map<string, unknown> {
  const names = new Map<string, unknown>();
  for (const { record } of opened.values())
    for (const { of, n } of record.chains)
      if (n === 0 && /^(enterprise|assessor|authority|product):/.test(of) && record.statement.public["names"])
        names.set(of.slice(of.indexOf(":") + 1), record.statement.public["names"]);
  return names;
}

function issuer(issued: LedgerRecord): string {
  const { enterprise } = issued.statement.public as { enterprise?: string };
  return enterprise ?? issued.statement.actor.organisation;
}

function onWord({ batch, chains }: Bundle, size: number): string {
  const nodes = chains.filter(({ of }) => of.startsWith("node:")).length;
  const units = chains.filter(({ of }) => of.startsWith("unit:")).length;
  return (
    `The chains of the code (its batch ${batch.id}; ${nodes} nodes above it; ${units} units that it was in) had no ` +
    `further records when the log had ${size}.`
  );
}

function limitsOf(
  bundle: Bundle,
  journey: Journey,
  hidden: number,
  cosigned: Cosigned["cosigned"],
): string[] {
  const limits = [
    cosigned.length === 0
      ? "Nothing shows that all readers were given the same log: compare the checkpoint with a witness or another copy."
      : `Only its witnesses state that all readers were given the same log: ${cosigned.map(({ name }) => name).join(", ")}.`,
    "An event that nobody reported and a copied label leave no trace here.",
  ];
  if (hidden > 0)
    limits.push(
      `${hidden} further records of shared units are shown without their content: only the service states that they lie ` +
        "outside the time these goods were inside.",
    );
  if (journey.steps.some(({ fact }) => fact.part === "output"))
    limits.push("The history of the bulk goods that these were made from is not in this file.");
  if (bundle.units.some(({ id }) => id === undefined))
    limits.push("The numbers of the cartons, pallets or containers are not disclosed to this reader.");
  return limits;
}

/** Reads custody's facts from the records of a bundle; a unit's key is its chain's name. */
class BundleReader implements FactReader {
  private readonly byChain = new Map<string, Fact[]>();
  private readonly batch: Bundle["batch"];
  private readonly ancestors: string[];

  constructor(batch: Bundle["batch"], opened: Map<number, LoggedRecord>, ancestors: string[]) {
    this.batch = batch;
    this.ancestors = ancestors;
    const corrections = correctionsOf(opened);
    for (const [index, { record }] of opened) this.addRecord(index, record, corrections);
    for (const facts of this.byChain.values()) facts.sort((a, b) => compareMoments(momentOf(a), momentOf(b)));
  }

  facts(thing: Thing, window: Window): Fact[] {
    const chains = "unit" in thing ? [thing.unit as string] : this.ancestors;
    return chains
      .flatMap((of) => this.byChain.get(of) ?? [])
      .filter((fact) => inWindow(momentOf(fact), window))
      .sort((a, b) => compareMoments(momentOf(a), momentOf(b)));
  }

  entered(unit: UnitKey, before: Moment): Fact | undefined {
    return (this.byChain.get(unit as string) ?? []).findLast(
      (fact) =>
        entersUnit(fact) && fact.correctedBy === undefined && compareMoments(momentOf(fact), before) < 0,
    );
  }

  emptied(unit: UnitKey, from: Moment): Fact | undefined {
    return (this.byChain.get(unit as string) ?? []).find(
      (fact) => fact.empties && fact.correctedBy === undefined && compareMoments(momentOf(fact), from) >= 0,
    );
  }

  /** Version 1 of the format does not have the history of transformation inputs. */
  inputs(): Thing[] {
    return [];
  }

  private addRecord(index: number, record: LedgerRecord, corrections: Map<number, number>): void {
    const read = readStatement(record.statement);
    if (read === undefined) return;
    const parts = new Map<string, Fact["part"]>();
    for (const subject of record.statement.subjects.filter(isCustodySubject))
      if ("unit" in subject) parts.set(`unit:${subject.unit}`, partOf(subject));
    for (const { of } of record.chains) {
      if (of.startsWith("node:") && !this.ancestors.includes(of)) continue;
      const part = parts.get(of) ?? this.partOfCode(index, record);
      const fact: Fact = { index, kind: read.kind, atMs: read.atMs, organisation: read.organisation, part };
      if (read.parent !== undefined) fact.unit = `unit:${read.parent}`;
      if (read.empties && part === "parent") fact.empties = true;
      if (read.to !== undefined) fact.to = read.to;
      if (read.carrier !== undefined) fact.carrier = read.carrier;
      if (read.recall !== undefined) fact.recall = read.recall;
      const correctedBy = corrections.get(index);
      if (correctedBy !== undefined) fact.correctedBy = correctedBy;
      const known = this.byChain.get(of);
      if (known) known.push(fact);
      else this.byChain.set(of, [fact]);
    }
  }

  /** A record on one of the code's nodes must name a segment that holds the code. */
  private partOfCode(index: number, { statement }: LedgerRecord): Fact["part"] {
    const { id, position } = this.batch;
    const subject = statement.subjects
      .filter(isCustodySubject)
      .find(
        (one) =>
          "batch" in one &&
          one.batch === id &&
          one.segments.some(([from, to]) => from <= position && position < to),
      );
    if (subject === undefined)
      return fail(`record ${index} is on a chain of the code, but names no segment that holds the code`);
    return partOf(subject);
  }
}

function correctionsOf(opened: Map<number, LoggedRecord>): Map<number, number> {
  const byStatement = new Map<string, number>();
  for (const [index, { record }] of opened)
    byStatement.set(`${record.statement.actor.organisation} ${record.statement.id}`, index);
  const corrections = new Map<number, number>();
  for (const [index, { record }] of opened) {
    const corrects = readStatement(record.statement)?.corrects;
    const target = corrects && byStatement.get(`${corrects.organisation} ${corrects.id}`);
    if (target !== undefined) corrections.set(target, index);
  }
  return corrections;
}

function equal(what: string, expected: string | null, found: string | null): void {
  if (expected !== found) fail(`${what}: expected ${expected}, found ${found}`);
}

function fail(message: string): never {
  throw new VerificationError(message);
}
