import { bytesToHex } from "@noble/hashes/utils.js";
import { parseCheckpoint } from "../../core/ledger/checkpoint.ts";
import { entryOver } from "../../core/ledger/entry.ts";
import { Frontier, leafHash } from "../../core/ledger/merkle.ts";
import { openNote } from "../../core/ledger/note.ts";
import type { VerifierKey } from "../../core/ledger/note-key.ts";
import { verifyInclusion } from "../../core/ledger/proof.ts";
import {
  type ChainLink,
  decodeRecord,
  type LedgerRecord,
  verifyStatement,
} from "../../core/ledger/record.ts";
import type { ChainKey, LinkRow } from "../../store/derived/chains.ts";
import type { StoredRecord } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";
import type { Platform } from "../../platform.ts";
import { recordProof } from "../ledger/log.ts";
import type { Commitments, Committed } from "./commitments.ts";
import { Derived } from "./derived.ts";
import { checkFiles, checkReports } from "./files.ts";
import { type Break, Findings } from "./findings.ts";
import { Heads } from "./heads.ts";
import { RecordAudit } from "./record-audit.ts";

export interface AuditResult {
  ok: boolean;
  /** Size of the audited log, and its signed root in hex. */
  size: number;
  root: string;
  records: number;
  chains: number;
  batches: number;
  codes: number;
  /** At most 20, in order. */
  breaks: Break[];
}

/** The inputs of an audit: the store, the log's key, and the epoch keys, if available, to recompute commitments. */
export interface Audited {
  store: Store;
  key: VerifierKey;
  platform: Platform;
  commitments?: Commitments;
  /** Receives the progress: records, chains and batches done, and their totals. */
  progress?: (done: number, total: number) => void;
}

interface Checkpoint {
  size: number;
  root: Uint8Array;
}

/** A record read from the store. */
interface Checked {
  record: LedgerRecord | undefined;
  digest: Uint8Array;
  /** Whether its signature verifies; true where it has none. */
  verifies: boolean;
}

interface Recomputed extends Checked {
  leaf: Uint8Array;
}

/** The work of one event-loop turn, some milliseconds: the process may be serving scans. */
const RECORDS_A_TURN = 16;

/**
 * Audits the whole ledger at its newest checkpoint: rehashes every record, recomputes every entry and the tree, walks every
 * chain, compares the derived rows of custody, hashes every stored file, and recomputes the commitment of every batch.
 */
export async function auditLedger(audited: Audited): Promise<AuditResult> {
  const { store, platform } = audited;
  const findings = new Findings();
  const checkpoint = openCheckpoint(audited, findings);
  findings.compare("checkpoint", "records under the checkpoint", store.ledger.size(), checkpoint.size);
  const derived = new Derived(store, platform, findings);
  // Other threads hash the codes while this one reads the records.
  const [figures, committed] = await Promise.all([
    checkLedger(audited, checkpoint, derived, findings),
    audited.commitments?.checkAll(),
  ]);
  await checkFiles(store, platform, findings);
  return resultOf(findings, checkpoint, figures, committed);
}

async function checkLedger(
  audited: Audited,
  checkpoint: Checkpoint,
  derived: Derived,
  findings: Findings,
): Promise<{ records: number; chains: number }> {
  const { store, platform } = audited;
  const heads = new Heads();
  const rules = new RecordAudit(store, findings);
  const frontier = new Frontier(undefined, platform.sha256);
  let previous = "";
  const checkSlice = (from: number, to: number): void => {
    const rows = store.ledger.records(from, to);
    checkPlaces(rows, from, to, findings);
    for (const row of rows) {
      const { record, digest, leaf, verifies } = checkRecord(audited, row, findings);
      for (const done of frontier.append(leaf))
        if (done.level > 0 && done.level % 8 === 0) checkKept(store, done, findings);
      if (record === undefined) continue;
      rules.takeNext(row.index, record, verifies);
      derived.checkRecord(row.index, record);
      if (record.recorded < previous)
        findings.add("recorded", `record ${row.index}`, `not before ${previous}`, record.recorded);
      previous = record.recorded;
      for (const link of record.chains) step(link, row.index, digest, heads, findings);
    }
  };
  const { batches, numberedChains } = derived;
  const total = checkpoint.size + numberedChains + batches.length;
  const told = (done: number): void => audited.progress?.(Math.min(done, total), total);
  for (let from = 0; from < checkpoint.size; from += RECORDS_A_TURN) {
    const to = Math.min(from + RECORDS_A_TURN, checkpoint.size);
    store.reading(() => checkSlice(from, to));
    told(to);
    await platform.yield();
  }
  findings.compare(
    "root",
    `checkpoint of ${checkpoint.size}`,
    bytesToHex(checkpoint.root),
    bytesToHex(frontier.root()),
  );
  await derived.checkNumbered(checkpoint.size, (chains) =>
    told(checkpoint.size + Math.min(chains, numberedChains)),
  );
  await rules.checkOrganisations(checkpoint.size, () => platform.yield());
  await derived.checkNodes(checkpoint.size);
  derived.checkRecalls(checkpoint.size);
  await derived.checkCodes(batches, (done) => told(checkpoint.size + numberedChains + done));
  return { records: frontier.size, chains: heads.size };
}

function resultOf(
  findings: Findings,
  { size, root }: Checkpoint,
  figures: { records: number; chains: number },
  { batches = 0, codes = 0, findings: others }: Partial<Committed> = {},
): AuditResult {
  if (others) findings.addAll(others);
  const { breaks } = findings;
  return { ok: breaks.length === 0, size, root: bytesToHex(root), ...figures, batches, codes, breaks };
}

/** A part of the ledger. */
export interface ChainScope {
  chains: Iterable<ChainKey>;
  /** Batches whose commitments are recomputed, and the status of their codes. */
  batches: string[];
  /** The item key of the one code whose status is recomputed; absent for all codes of the batches. */
  code?: number;
}

/**
 * Audits some chains: walks each from its start, rehashes its records and proves each under the checkpoint.
 */
export async function auditChains(
  audited: Audited,
  { chains, batches, code }: ChainScope,
): Promise<AuditResult> {
  const { store, platform } = audited;
  const findings = new Findings();
  const checkpoint = openCheckpoint(audited, findings);
  const derived = new Derived(store, platform, findings);
  const heads = new Heads();
  const rules = new RecordAudit(store, findings);
  const checked = new Map<number, Checked & { keys: (ChainKey | undefined)[] }>();
  const checkLink = (key: ChainKey, { index, n }: LinkRow): void => {
    const of = nameOf(store, key);
    const row = store.ledger.record(index);
    if (row === undefined)
      return void findings.add("missing", `record ${index}`, `record ${n} of ${of}`, "nothing");
    const known = checked.get(index);
    const { record, digest, verifies } = known ?? proveRecord(audited, row, checkpoint, findings);
    const keys = known?.keys ?? (record ? derived.checkRecord(index, record) : []);
    if (known === undefined) {
      checked.set(index, { record, digest, verifies, keys });
      if (record) rules.takeAlone(index, record, verifies);
    }
    if (record === undefined) return;
    const link = record.chains[keys.findIndex((one) => one !== undefined && nameOf(store, one) === of)];
    if (link === undefined) findings.add("chain", `record ${index}`, `a place in ${of}`, "none");
    else step(link, index, digest, heads, findings);
  };
  for (const key of chains) {
    const links = derived.linksOf(key).filter(({ index }) => index < checkpoint.size);
    for (let from = 0; from < links.length; from += RECORDS_A_TURN) {
      store.reading(() => {
        for (const link of links.slice(from, from + RECORDS_A_TURN)) checkLink(key, link);
      });
      await platform.yield();
    }
    if (typeof key === "number") derived.checkChain(key);
  }
  if (code === undefined) await derived.checkCodes(batches);
  else derived.checkCode(code);
  await checkReports(store, platform, checked.keys(), findings);
  const committed = await audited.commitments?.check(batches);
  return resultOf(findings, checkpoint, { records: checked.size, chains: heads.size }, committed);
}

function openCheckpoint({ store, key }: Audited, findings: Findings): Checkpoint {
  const stored = store.ledger.checkpoint();
  if (stored === undefined) throw new RangeError("the store has no checkpoint: it was never started");
  try {
    const { size, root } = parseCheckpoint(openNote(stored.note, [key]).text);
    return { size, root };
  } catch (error) {
    findings.add("checkpoint", "checkpoint", `a note signed by ${key.name}`, (error as Error).message);
    return { size: stored.size, root: new Uint8Array(32) };
  }
}

/** Checks that each index of the log has its record. */
function checkPlaces(rows: StoredRecord[], from: number, to: number, findings: Findings): void {
  if (rows.length === to - from) return;
  const there = new Set(rows.map(({ index }) => index));
  for (let index = from; index < to; index++)
    if (!there.has(index)) findings.add("missing", `record ${index}`, "a record", "none");
}

/** The record of a stored row (undefined for bytes that are no record), with its recomputed digest and leaf. */
function checkRecord({ key, platform }: Audited, row: StoredRecord, findings: Findings): Recomputed {
  const { sha256 } = platform;
  const at = `record ${row.index}`;
  const digest = sha256(row.bytes);
  let record: LedgerRecord;
  try {
    record = decodeRecord(row.bytes);
  } catch (error) {
    findings.add("record", at, "the canonical bytes of a record", (error as Error).message);
    // An unreadable record has no entry; its bytes change the root.
    return { record: undefined, digest, leaf: leafHash(row.bytes, sha256), verifies: true };
  }
  const leaf = leafHash(entryOver(digest, record.chains, sha256), sha256);
  findings.compare("leaf", at, bytesToHex(row.leaf), bytesToHex(leaf));
  const { signature, statement } = record;
  const verifies = signature === undefined || verifyStatement(key.name, statement, signature);
  return { record, digest, leaf, verifies };
}

function proveRecord(
  audited: Audited,
  row: StoredRecord,
  checkpoint: Checkpoint,
  findings: Findings,
): Recomputed {
  const recomputed = checkRecord(audited, row, findings);
  try {
    const proof = recordProof(audited.store, row.index, checkpoint.size, audited.platform.sha256);
    verifyInclusion({ leafHash: recomputed.leaf, index: row.index, proof, ...checkpoint });
  } catch (error) {
    findings.add(
      "inclusion",
      `record ${row.index}`,
      `under root ${bytesToHex(checkpoint.root)}`,
      (error as Error).message,
    );
  }
  return recomputed;
}

function checkKept(
  store: Store,
  done: { level: number; index: number; hash: Uint8Array },
  findings: Findings,
): void {
  const kept = store.ledger.treeHash(done.level, done.index);
  findings.compare(
    "tree",
    `node ${done.level}/${done.index}`,
    bytesToHex(done.hash),
    kept === undefined ? "none" : bytesToHex(kept),
  );
}

/** One step along a chain: `n` must be the next, and `prev` the digest of the record before. */
function step(
  { of, n, prev }: ChainLink,
  index: number,
  digest: Uint8Array,
  heads: Heads,
  findings: Findings,
): void {
  const head = heads.get(of);
  const next = head === undefined ? 0 : head.n + 1;
  if (n !== next) findings.add("chain", `record ${index}, place in ${of}`, String(next), String(n));
  const before = head?.digest ?? null;
  if (prev !== before) findings.add("chain", `record ${index}, prev in ${of}`, String(before), String(prev));
  heads.set(of, n, digest);
}

/** The name of a chain; of a node, its place. */
function nameOf({ custody }: Store, key: ChainKey): string {
  return typeof key === "number"
    ? (custody.nameOf(key) ?? `chain ${key}`)
    : `the node of level ${key.level} at ${key.start}`;
}
