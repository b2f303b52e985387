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
  recordDigest,
  verifyStatement,
} from "../../core/ledger/record.ts";
import type { LinkRow } from "../../store/derived/events.ts";
import type { ChainHead, StoredRecord } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";
import type { Platform } from "../../platform.ts";
import { recordProof } from "../ledger/log.ts";
import type { Commitments, Committed } from "./commitments.ts";
import { Derived } from "./derived.ts";
import { checkFiles, checkReports } from "./files.ts";
import { type Break, Findings } from "./findings.ts";
import { type Head, Heads } from "./heads.ts";
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
const CHAINS_A_TURN = 16;

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
      const chains = derived.checkRecord(row.index, record);
      if (record.recorded < previous)
        findings.add("recorded", `record ${row.index}`, `not before ${previous}`, record.recorded);
      previous = record.recorded;
      record.chains.forEach((link, i) => step(link, chains[i], row.index, digest, heads, findings));
    }
  };
  const { batches, lastChain } = derived;
  const total = checkpoint.size + lastChain + batches.length;
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
  await checkHeads(audited, heads, checkpoint.size, derived, findings, (chain) =>
    told(checkpoint.size + Math.min(chain, lastChain)),
  );
  await rules.checkOrganisations(checkpoint.size, () => platform.yield());
  await derived.checkNodes();
  derived.checkRecalls(checkpoint.size);
  await derived.checkCodes(batches, (done) => told(checkpoint.size + lastChain + done));
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
  /** Ids of chains. */
  chains: Iterable<number>;
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
  const checked = new Map<number, Checked>();
  const checkLink = (chain: ChainHead, { index, n }: LinkRow): void => {
    const row = store.ledger.record(index);
    if (row === undefined)
      return void findings.add("missing", `record ${index}`, `record ${n} of ${chain.of}`, "nothing");
    const known = checked.get(index);
    const { record, digest, verifies } = known ?? proveRecord(audited, row, checkpoint, findings);
    if (known === undefined) {
      checked.set(index, { record, digest, verifies });
      if (record) {
        rules.takeAlone(index, record, verifies);
        derived.checkRecord(index, record);
      }
    }
    if (record === undefined) return;
    const link = record.chains.find((one) => one.of === chain.of);
    if (link === undefined) findings.add("chain", `record ${index}`, `a place in ${chain.of}`, "none");
    else step(link, chain, index, digest, heads, findings);
  };
  for (const id of chains) {
    const chain = store.ledger.chainById(id);
    if (chain === undefined) continue;
    const links = store.custody.links(id).filter(({ index }) => index < checkpoint.size);
    for (let from = 0; from < links.length; from += RECORDS_A_TURN) {
      store.reading(() => {
        for (const link of links.slice(from, from + RECORDS_A_TURN)) checkLink(chain, link);
      });
      await platform.yield();
    }
    // The chain may have been extended during the audit.
    const now = store.ledger.chainById(id) ?? chain;
    checkHead(audited, now, heads.get(id, chain.of), checkpoint.size, findings);
    derived.checkChain(now);
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
  chain: ChainHead | undefined,
  index: number,
  digest: Uint8Array,
  heads: Heads,
  findings: Findings,
): void {
  const head = heads.get(chain?.id, of);
  const next = head === undefined ? 0 : head.n + 1;
  if (n !== next) findings.add("chain", `record ${index}, place in ${of}`, String(next), String(n));
  const before = head?.digest ?? null;
  if (prev !== before) findings.add("chain", `record ${index}, prev in ${of}`, String(before), String(prev));
  heads.set(chain?.id, of, n, digest);
}

/** Checks that the stored head of every chain is where the walk ended. */
async function checkHeads(
  audited: Audited,
  heads: Heads,
  size: number,
  derived: Derived,
  findings: Findings,
  told: (chain: number) => void,
): Promise<void> {
  const { store, platform } = audited;
  for (let after = 0; ;) {
    const chains = store.ledger.chainsAfter(after, CHAINS_A_TURN);
    if (chains.length === 0) break;
    store.reading(() => {
      for (const chain of chains) {
        checkHead(audited, chain, heads.get(chain.id, chain.of), size, findings);
        derived.checkChain(chain);
      }
    });
    after = (chains.at(-1) as ChainHead).id;
    told(after);
    await platform.yield();
  }
  for (const of of heads.missing) findings.add("chain", of, "a chain", "none");
}

/**
 * Checks a chain's stored length and head against the walk. Records appended during the audit are no break, if the chain
 * continues to them without a gap.
 * @param head where the walk of the records under the checkpoint ended
 * @param size of the log under the checkpoint
 */
function checkHead(
  { store, platform }: Audited,
  chain: ChainHead,
  head: Head | undefined,
  size: number,
  findings: Findings,
): void {
  const walked = head === undefined ? 0 : head.n + 1;
  const later = store.custody.links(chain.id, walked).filter(({ index }) => index >= size);
  const last = later.at(-1) && store.ledger.record((later.at(-1) as { index: number }).index);
  const digest = last ? recordDigest(last.bytes, platform.sha256) : (head?.digest ?? "");
  const stored = chain.head === null ? "" : bytesToHex(chain.head);
  findings.compare("chain", `${chain.of}, length`, walked + later.length, chain.length);
  findings.compare("chain", `${chain.of}, head`, digest, stored);
  findings.compare("derived", `${chain.of}, links`, chain.length, store.custody.countLinks(chain.id));
}
