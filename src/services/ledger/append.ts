import { bytesToHex } from "@noble/hashes/utils.js";
import { entryOver, MAX_CHAINS } from "../../core/ledger/entry.ts";
import { type Frontier, leafHash, type Sha256 } from "../../core/ledger/merkle.ts";
import { type ChainLink, encodeRecord, type LedgerRecord } from "../../core/ledger/record.ts";
import type { ChainKey } from "../../store/derived/chains.ts";
import type { Extension } from "../../store/derived/custody.ts";
import type { Store } from "../../store/store.ts";
import { Problem } from "../problem.ts";
import type { Appended, RecordDraft } from "./transaction.ts";

/**
 * Makes a record of a draft and stores it: the record with its leaf, and its sealed fields; custody applies it. Advances
 * `frontier`, the right edge of the log; the caller resets it on a rollback.
 * @param nowMs the record's `recorded` time
 * @throws Problem too_large for more than 3,000 chains
 */
export function appendRecord(
  store: Store,
  frontier: Frontier,
  sha256: Sha256,
  draft: RecordDraft,
  nowMs: number,
): Appended {
  if (draft.chains.length > MAX_CHAINS)
    throw new Problem("too_large", `one record extends at most ${MAX_CHAINS} chains: split it into several`);
  const { ledger, custody } = store;
  const index = frontier.size;
  const chains =
    draft.chains.length === 1 ? draft.chains : draft.chains.toSorted((a, b) => (a.of < b.of ? -1 : 1));
  const extended = chains.map(({ of, part, move = "none", node, batch }): Extension => {
    return { key: node ?? custody.keyNamed(of), part, move, batch };
  });
  const record: LedgerRecord = {
    v: 1,
    recorded: new Date(nowMs).toISOString(),
    chains: chains.map(({ of }, i) => linkAfter(store, sha256, of, (extended[i] as Extension).key)),
    statement: draft.statement,
    ...(draft.signature === undefined ? {} : { signature: draft.signature }),
  };
  const bytes = encodeRecord(record);
  const digest = sha256(bytes);
  const leaf = leafHash(entryOver(digest, record.chains, sha256), sha256);
  ledger.addRecord(index, bytes, leaf, digest);
  for (const done of frontier.append(leaf))
    if (done.level > 0 && done.level % 8 === 0) ledger.addTreeHash(done.level, done.index, done.hash);
  apply(store, index, draft, extended);
  for (const entry of draft.disclosures) ledger.addDisclosure(index, entry);
  return { index, digest: bytesToHex(digest), recorded: record.recorded, extended };
}

function apply({ custody }: Store, index: number, draft: RecordDraft, extended: Extension[]): void {
  const { statement, unit, to, carrier, recall, corrects } = draft;
  custody.apply({
    index,
    atMs: draft.atMs ?? Date.parse(statement.at),
    kind: statement.kind,
    organisation: statement.actor.organisation,
    statement: statement.id,
    unit,
    to,
    carrier,
    recall,
    corrects,
    extends: extended,
  });
}

function linkAfter({ ledger, custody }: Store, sha256: Sha256, of: string, key: ChainKey): ChainLink {
  const n = custody.chains.length(key);
  if (n === 0) return { of, n, prev: null };
  const last = ledger.digest(custody.chains.lastIndex(key) as number, sha256);
  if (last === undefined) throw new RangeError(`the last record of ${of} is missing`);
  return { of, n, prev: bytesToHex(last) };
}
