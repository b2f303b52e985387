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
import { type LoggedRecord, openRecord } from "../ledger/receipt.ts";
import type { LedgerRecord } from "../ledger/record.ts";
import { BundleReader } from "./bundle-reader.ts";
import { type Journey, journeyOf, PackedInCircle } from "./journey.ts";
import { judgeShown, type ShownActors } from "./shown-actors.ts";
import { judgeUnits } from "./shown-units.ts";
import { contradictionsOf, type State, stateOf } from "./state.ts";
import { equal, fail, failRule } from "./verification-error.ts";

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
  /** What the bundle does not show, as sentences: it is verified only where this is empty. */
  notShown: string[];
  /** The claim that rests on the signer of the checkpoint, as a sentence; the log's entries can prove it. */
  onWord: string;
  /** Facts that neither the file nor the log can prove, as sentences. */
  limits: string[];
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
  checkActorRecords(bundle, opened);
  proveInclusion(bundle, opened, hidden, checkpoint);
  const issued = findIssuing(bundle, opened);
  const ancestors = proveCode(bundle, issued);
  const chains = checkChains(bundle, opened, hidden, ancestors);
  checkUnits(bundle);
  const reader = new BundleReader(bundle.batch, opened, ancestors);
  const actors = judgeShown(origin, bundle, opened);
  const { journey, state, unitsNotShown } = replay(reader, bundle, issuer(issued), actors);
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
    signed: actors.signed,
    notShown: [...actors.notShown, ...hiddenRecords(hidden.size), ...unitsNotShown],
    onWord: onWord(bundle, size),
    limits: [...limitsOf(bundle, journey, cosigned), ...actors.onWord],
  };
}

/** Works out the journey again, and those of its units. @throws VerificationError for a rule of custody that they break */
function replay(
  reader: BundleReader,
  bundle: Bundle,
  owner: string,
  { boundFrom }: ShownActors,
): { journey: Journey; state: State; unitsNotShown: string[] } {
  try {
    const journey = journeyOf(reader, { segment: { level: 0, start: bundle.batch.position } });
    const state = stateOf(journey, owner);
    const units = judgeUnits(reader, bundle, boundFrom);
    const [contradiction] = [...contradictionsOf(state, boundFrom), ...units.contradictions];
    if (contradiction === undefined) return { journey, state, unitsNotShown: units.notShown };
    const { rule, index, kind, message } = contradiction;
    return failRule({ rule, record: index, expected: `no ${kind} that contradicts it`, found: message });
  } catch (error) {
    if (!(error instanceof PackedInCircle)) throw error;
    const expected = "units that are packed one into the other";
    return failRule({ rule: "packed_in_a_circle", expected, found: error.message });
  }
}

function hiddenRecords(hidden: number): string[] {
  if (hidden === 0) return [];
  return [
    `${hidden} records of shared units are shown without their content: a hold or a release may be among them, ` +
      "and only the service states that they lie outside the time these goods were inside.",
  ];
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

/** Checks that every listed standing chain is there in full, before a proof fails for a reason that says less. */
function checkActorRecords({ chains }: Bundle, opened: Map<number, LoggedRecord>): void {
  const places = new Map<string, number>();
  for (const { record } of opened.values())
    for (const { of } of record.chains) places.set(of, (places.get(of) ?? 0) + 1);
  for (const { of, length } of chains) {
    const found = places.get(of) ?? 0;
    if (of.startsWith("standing:") && found !== length)
      failRule({
        rule: "actor_records_missing",
        expected: `${length} records of chain ${of}, as listed`,
        found: String(found),
      });
  }
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

/** Checks that all records of the code's own chains and its actors' are in full, and that its units' chains are listed. */
function checkNothingHidden(bundle: Bundle, journey: Journey, ancestors: string[]): void {
  const actors = bundle.chains.map(({ of }) => of).filter((of) => of.startsWith("standing:"));
  const inFull = [`batch:${bundle.batch.id}`, ...ancestors, ...actors];
  const own = new Set(inFull.map((of) => bytesToHex(chainTag(of))));
  for (const { index, entry } of bundle.entries)
    for (const { tag } of decodeEntry(decodeBase64(entry)).chains)
      if (own.has(bytesToHex(tag)))
        fail(
          `record ${index} of a chain that is shown in full is withheld: expected the record in full, found its entry`,
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
  const actors = chains.filter(({ of }) => of.startsWith("standing:")).length;
  return (
    `The chains of the code (its batch ${batch.id}; ${nodes} nodes above it; ${units} units that it was in) and the ` +
    `standing of its ${actors} organisations had no ` +
    `further records when the log had ${size}.`
  );
}

function limitsOf(bundle: Bundle, journey: Journey, cosigned: Cosigned["cosigned"]): string[] {
  const limits = [
    cosigned.length === 0
      ? "Nothing shows that all readers were given the same log: compare the checkpoint with a witness or another copy."
      : `Only its witnesses state that all readers were given the same log: ${cosigned.map(({ name }) => name).join(", ")}.`,
    "An event that nobody reported and a copied label leave no trace here.",
  ];
  if (journey.steps.some(({ fact }) => fact.part === "output"))
    limits.push("The history of the bulk goods that these were made from is not in this file.");
  if (bundle.units.some(({ id }) => id === undefined))
    limits.push("The numbers of the cartons, pallets or containers are not disclosed to this reader.");
  return limits;
}
