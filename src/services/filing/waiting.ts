import type { Store } from "../../store/store.ts";
import type { RecordDraft, Transaction } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";

/** The most filings outside the log. One more removes the oldest. */
const MAX_FILINGS = 10_000;
/** The most records that wait with one filing: its goods and decisions on them. */
const MAX_RECORDS = 100;
/** A filing that nobody approved is removed after 90 days. */
const EXPIRES_AFTER_MS = 90 * 24 * 3_600_000;

/**
 * Keeps the record of a filing outside the log until the authority approves it, since anybody can file. Removes at most two
 * filings that expired or are too many, the oldest first.
 */
export function keepFiling(tx: Transaction, organisation: string, filing: RecordDraft): void {
  const { filing: rows } = tx.store;
  let count = rows.waitingFilings();
  for (const oldest of rows.oldestWaiting(2)) {
    if (count < MAX_FILINGS && oldest.at > tx.nowMs - EXPIRES_AFTER_MS) break;
    rows.removeUnrecorded(oldest.organisation);
    count -= 1;
  }
  rows.addWaiting(organisation, 0, tx.nowMs, JSON.stringify(filing));
}

/**
 * Appends a record about an organisation or its goods. While the organisation's filing is not in the log, the record waits
 * with it.
 * @throws Problem conflict where 100 records wait
 */
export function recordOrKeep(tx: Transaction, organisation: string, draft: RecordDraft): void {
  const { filing: rows } = tx.store;
  const waiting = rows.waitingCount(organisation);
  if (waiting === 0) {
    tx.append(draft);
    return;
  }
  if (waiting >= MAX_RECORDS)
    throw new Problem(
      "conflict",
      `${MAX_RECORDS - 1} goods and decisions wait for the approval of ${organisation}, which is the most: decide its filing first`,
    );
  rows.addWaiting(organisation, waiting, tx.nowMs, JSON.stringify(draft));
}

/** Appends an approval: after the filing that waits for it, and before the records that wait with the filing. */
export function recordApproval(tx: Transaction, organisation: string, approval: RecordDraft): void {
  const [filing, ...others] = waitingDrafts(tx.store, organisation);
  if (filing !== undefined) tx.append(filing);
  tx.append(approval);
  for (const draft of others) tx.append(draft);
  tx.store.filing.dropWaiting(organisation, 0);
}

/** Appends a refusal where the filing is in the log. Otherwise the filing stays outside until it expires, without its goods. */
export function recordRefusal(tx: Transaction, organisation: string, refusal: RecordDraft): void {
  if (tx.store.filing.waitingCount(organisation) === 0) tx.append(refusal);
  else tx.store.filing.dropWaiting(organisation, 1);
}

function waitingDrafts(store: Store, organisation: string): RecordDraft[] {
  return store.filing.waiting(organisation).map((draft) => JSON.parse(draft) as RecordDraft);
}
