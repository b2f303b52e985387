import { bytesToHex } from "@noble/hashes/utils.js";
import { entryOver, MAX_CHAINS } from "../../core/ledger/entry.ts";
import { type Frontier, leafHash, type Sha256 } from "../../core/ledger/merkle.ts";
import { type ChainLink, encodeRecord, type LedgerRecord } from "../../core/ledger/record.ts";
import type { ChainHead } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";
import { Problem } from "../problem.ts";
import type { Appended, RecordDraft } from "./transaction.ts";

/**
 * Makes a record of a draft and stores it: the record with its leaf, the chains that it extends, what custody derives
 * from it, and its sealed fields. Advances `frontier`, the right edge of the log; the caller resets it on a rollback.
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
  const { ledger } = store;
  const index = frontier.size;
  const parts = draft.chains.toSorted((a, b) => (a.of < b.of ? -1 : 1));
  const heads = parts.map(({ of, known = ledger.chain(of) }) => known ?? null);
  const record: LedgerRecord = {
    v: 1,
    recorded: new Date(nowMs).toISOString(),
    chains: parts.map(({ of }, i) => linkAfter(of, heads[i] ?? null)),
    statement: draft.statement,
    ...(draft.signature === undefined ? {} : { signature: draft.signature }),
  };
  const bytes = encodeRecord(record);
  const digest = sha256(bytes);
  const leaf = leafHash(entryOver(digest, record.chains, sha256), sha256);
  ledger.addRecord(index, bytes, leaf);
  for (const done of frontier.append(leaf))
    if (done.level > 0 && done.level % 8 === 0) ledger.addTreeHash(done.level, done.index, done.hash);
  parts.forEach((part, i) => extendChain(store, { part, head: heads[i] ?? null, index, digest, draft }));
  addEvent(store, index, draft);
  for (const entry of draft.disclosures) ledger.addDisclosure(index, entry);
  return { index, digest: bytesToHex(digest), recorded: record.recorded };
}

interface Extension {
  part: RecordDraft["chains"][number];
  head: ChainHead | null;
  index: number;
  digest: Uint8Array;
  draft: RecordDraft;
}

function extendChain({ ledger, custody }: Store, { part, head, index, digest, draft }: Extension): void {
  const { of, node, move = "none" } = part;
  const n = head?.length ?? 0;
  const chain = head?.id ?? (node ? ledger.addNodeChain(of, digest) : ledger.addChain(of, digest));
  if (head) ledger.advanceChain(chain, n + 1, digest);
  else if (node) custody.addNode(node.start, node.level, chain);
  custody.addLink({ chain, n, index, at: Date.parse(draft.statement.at), part: part.part, move });
}

function addEvent({ custody }: Store, index: number, draft: RecordDraft): void {
  const { statement } = draft;
  custody.addEvent({
    index,
    kind: statement.kind,
    at: Date.parse(statement.at),
    organisation: statement.actor.organisation,
    statement: statement.id,
    unit: draft.unit ?? null,
    to: draft.to ?? null,
    carrier: draft.carrier ?? null,
    recall: draft.recall ?? null,
    corrects: draft.corrects ?? null,
  });
}

function linkAfter(of: string, head: ChainHead | null): ChainLink {
  return { of, n: head?.length ?? 0, prev: head?.head ? bytesToHex(head.head) : null };
}
