import { bytesToHex } from "@noble/hashes/utils.js";
import { parseCheckpoint } from "../../ledger/checkpoint.ts";
import { entryOf } from "../../ledger/entry.ts";
import { Frontier, leafHash } from "../../ledger/merkle.ts";
import { openNote } from "../../ledger/note.ts";
import type { VerifierKey } from "../../ledger/note-key.ts";
import { verifyInclusion } from "../../ledger/proof.ts";
import {
  type ChainLink,
  decodeRecord,
  type LedgerRecord,
  recordDigest,
  verifyStatement,
} from "../../ledger/record.ts";
import type { ChainHead, StoredRecord } from "../../store/ledger.ts";
import type { Store } from "../../store/store.ts";
import type { Platform } from "../platform.ts";
import { recordProof } from "../ledger/log.ts";
import type { Commitments } from "./commitments.ts";
import { Derived } from "./derived.ts";
import { type Break, Findings } from "./findings.ts";

export interface AuditResult {
  ok: boolean;
  /** Size of the log that was audited, and its signed root in hex. */
  size: number;
  root: string;
  records: number;
  chains: number;
  batches: number;
  codes: number;
  /** At most 20, the first first. */
  breaks: Break[];
}

/** What an audit reads: the store, the log's key, and what recomputes batches' commitments where the keys are at hand. */
export interface Audited {
  store: Store;
  key: VerifierKey;
  platform: Platform;
  commitments?: Commitments;
  /** Told how far it is: records or codes done, of how many. */
  progress?: (done: number, total: number) => void;
}

const SLICE = 512;

interface ChainState {
  n: number;
  digest: string;
}

/**
 * Audits the whole ledger as it stood at its newest checkpoint: rehashes every stored record, works out every entry
 * and the tree anew, walks every chain, compares what custody derived, recomputes every batch's commitment.
 */
export async function auditLedger(audited: Audited): Promise<AuditResult> {
  const { store, platform } = audited;
  const findings = new Findings();
  const checkpoint = openCheckpoint(audited, findings);
  findings.compare("checkpoint", "records under the checkpoint", store.ledger.size(), checkpoint.size);
  const derived = new Derived(store, platform, findings);
  const heads = new Map<string, ChainState>();
  const frontier = new Frontier(undefined, platform.sha256);
  let previous = "";
  for (let from = 0; from < checkpoint.size; from += SLICE) {
    const to = Math.min(from + SLICE, checkpoint.size);
    const rows = store.ledger.records(from, to);
    checkPlaces(rows, from, to, findings);
    for (const row of rows) {
      const record = checkRecord(audited, row, findings);
      if (record) derived.checkRecord(row.index, record);
      for (const done of frontier.append(leafOf(audited, row, record)))
        if (done.level > 0 && done.level % 8 === 0) checkKept(store, done, findings);
      if (record === undefined) continue;
      if (record.recorded < previous)
        findings.add("recorded", `record ${row.index}`, `not before ${previous}`, record.recorded);
      previous = record.recorded;
      walk(record, row, heads, audited, findings);
    }
    audited.progress?.(to, checkpoint.size);
    await platform.breathe();
  }
  findings.compare(
    "root",
    `checkpoint of ${checkpoint.size}`,
    bytesToHex(checkpoint.root),
    bytesToHex(frontier.root()),
  );
  await checkHeads(audited, heads, checkpoint.size, derived, findings);
  derived.checkRecalls(checkpoint.size);
  await derived.checkCodes(derived.batches);
  const committed = await audited.commitments?.checkAll(findings);
  return resultOf(findings, checkpoint, { records: frontier.size, chains: heads.size, ...committed });
}

function resultOf(
  { breaks }: Findings,
  { size, root }: { size: number; root: Uint8Array },
  figures: { records: number; chains: number; batches?: number; codes?: number },
): AuditResult {
  return { ok: breaks.length === 0, size, root: bytesToHex(root), batches: 0, codes: 0, ...figures, breaks };
}

/** A part of the ledger. */
export interface ChainScope {
  /** Ids of chains. */
  chains: Iterable<number>;
  /** Batches whose commitments are recomputed, and the status of their codes. */
  batches: string[];
  /** The item key of the one code whose status is worked out anew; absent for all of the batches'. */
  code?: number;
}

/**
 * Audits some chains only: walks each from its beginning, rehashes its records and proves each under the checkpoint.
 */
export async function auditChains(
  audited: Audited,
  { chains, batches, code }: ChainScope,
): Promise<AuditResult> {
  const { store, platform } = audited;
  const findings = new Findings();
  const checkpoint = openCheckpoint(audited, findings);
  const derived = new Derived(store, platform, findings);
  const heads = new Map<string, ChainState>();
  const checked = new Map<number, LedgerRecord | undefined>();
  for (const id of chains) {
    const chain = store.ledger.chainById(id);
    if (chain === undefined) continue;
    for (const link of store.custody.links(id)) {
      if (link.index >= checkpoint.size) break;
      const row = store.ledger.record(link.index);
      if (row === undefined) {
        findings.add("missing", `record ${link.index}`, `record ${link.n} of ${chain.of}`, "nothing");
        continue;
      }
      const known = checked.has(link.index);
      const record = known ? checked.get(link.index) : proveRecord(audited, row, checkpoint, findings);
      if (record && !known) derived.checkRecord(link.index, record);
      checked.set(link.index, record);
      if (record) stepOf(chain.of, record, row, heads, audited, findings);
    }
    checkHead(audited, chain, heads.get(chain.of), checkpoint.size, findings);
    derived.checkChain(chain);
    await platform.breathe();
  }
  if (code === undefined) await derived.checkCodes(batches);
  else derived.checkCode(code);
  const committed = await audited.commitments?.check(batches, findings);
  return resultOf(findings, checkpoint, { records: checked.size, chains: heads.size, ...committed });
}

function openCheckpoint({ store, key }: Audited, findings: Findings): { size: number; root: Uint8Array } {
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

/** Each place of the log has its record. */
function checkPlaces(rows: StoredRecord[], from: number, to: number, findings: Findings): void {
  if (rows.length === to - from) return;
  const there = new Set(rows.map(({ index }) => index));
  for (let index = from; index < to; index++)
    if (!there.has(index)) findings.add("missing", `record ${index}`, "a record", "none");
}

/** The record of a stored row; undefined where the bytes are not a record any more. */
function checkRecord(audited: Audited, row: StoredRecord, findings: Findings): LedgerRecord | undefined {
  let record: LedgerRecord;
  try {
    record = decodeRecord(row.bytes);
  } catch (error) {
    findings.add(
      "record",
      `record ${row.index}`,
      "the canonical bytes of a record",
      (error as Error).message,
    );
    return undefined;
  }
  findings.compare(
    "leaf",
    `record ${row.index}`,
    bytesToHex(row.leaf),
    bytesToHex(leafOf(audited, row, record)),
  );
  if (record.signature && !verifyStatement(audited.key.name, record.statement, record.signature))
    findings.add(
      "signature",
      `record ${row.index}`,
      `a signature of ${record.statement.actor.organisation}`,
      "one that does not verify",
    );
  return record;
}

function leafOf({ platform }: Audited, row: StoredRecord, record: LedgerRecord | undefined): Uint8Array {
  // An unreadable record has no entry; its bytes alone already make the root come out wrong.
  if (record === undefined) return leafHash(row.bytes, platform.sha256);
  return leafHash(entryOf(row.bytes, record.chains, platform.sha256), platform.sha256);
}

function proveRecord(
  audited: Audited,
  row: StoredRecord,
  checkpoint: { size: number; root: Uint8Array },
  findings: Findings,
): LedgerRecord | undefined {
  const record = checkRecord(audited, row, findings);
  try {
    const proof = recordProof(audited.store, row.index, checkpoint.size, audited.platform.sha256);
    verifyInclusion({ leafHash: leafOf(audited, row, record), index: row.index, proof, ...checkpoint });
  } catch (error) {
    findings.add(
      "inclusion",
      `record ${row.index}`,
      `under root ${bytesToHex(checkpoint.root)}`,
      (error as Error).message,
    );
  }
  return record;
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

/** One step along each of a record's chains. */
function walk(
  { chains }: LedgerRecord,
  row: StoredRecord,
  heads: Map<string, ChainState>,
  { platform }: Audited,
  findings: Findings,
): void {
  const digest = recordDigest(row.bytes, platform.sha256);
  for (const link of chains) walkOne(link, row.index, digest, heads, findings);
}

/** One step along the one chain that is being walked, which the record must extend. */
function stepOf(
  of: string,
  { chains }: LedgerRecord,
  row: StoredRecord,
  heads: Map<string, ChainState>,
  { platform }: Audited,
  findings: Findings,
): void {
  const link = chains.find((one) => one.of === of);
  if (link === undefined) return findings.add("chain", `record ${row.index}`, `a place in ${of}`, "none");
  walkOne(link, row.index, recordDigest(row.bytes, platform.sha256), heads, findings);
}

/** One step along one chain: the place must be the next, and `prev` the digest of the record before. */
function walkOne(
  { of, n, prev }: ChainLink,
  index: number,
  digest: string,
  heads: Map<string, ChainState>,
  findings: Findings,
): void {
  const head = heads.get(of);
  findings.compare("chain", `record ${index}, place in ${of}`, head === undefined ? 0 : head.n + 1, n);
  findings.compare("chain", `record ${index}, prev in ${of}`, head?.digest ?? null, prev);
  heads.set(of, { n, digest });
}

/** Every chain's stored head must be where the walk ended. */
async function checkHeads(
  audited: Audited,
  heads: Map<string, ChainState>,
  size: number,
  derived: Derived,
  findings: Findings,
): Promise<void> {
  const { store, platform } = audited;
  const missing = new Set(heads.keys());
  let nodes = 0;
  for (let after = 0; ;) {
    const chains = store.ledger.chainsAfter(after, SLICE);
    if (chains.length === 0) break;
    for (const chain of chains) {
      missing.delete(chain.of);
      if (chain.of.startsWith("node:")) nodes++;
      checkHead(audited, chain, heads.get(chain.of), size, findings);
      derived.checkChain(chain);
    }
    after = (chains.at(-1) as { id: number }).id;
    // Chains that begin while others write are counted together with their nodes: after the last of them.
    if (chains.length < SLICE) break;
    await platform.breathe();
  }
  derived.checkNodes(nodes);
  for (const of of missing) findings.add("chain", of, "a chain", "none");
}

/**
 * A chain's stored length and head are where the walk ended. Records that came while the audit ran are no break: then
 * the chain goes on from there to them without a gap.
 * @param head where the walk of the records under the checkpoint ended
 * @param size of the log under the checkpoint
 */
function checkHead(
  { store, platform }: Audited,
  chain: ChainHead,
  head: ChainState | undefined,
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
