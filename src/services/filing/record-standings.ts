import { roleIn } from "../../core/custody/fact.ts";
import { isRefusal } from "../../core/custody/rules/refusal.ts";
import { baseOf, type Standing, standingAfter, standingFactOf } from "../../core/custody/rules/standing.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import { decodeRecord } from "../../core/ledger/record.ts";
import type { OrganisationRow, Place } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import { type Caller, AUTO_APPROVAL } from "../caller.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { Transaction } from "../ledger/transaction.ts";
import type { Service } from "../service.ts";
import { organisationChain, organisationSubject, standingChains } from "./standing.ts";

/** A fact in the store: every organisation has a standing chain. */
const RECORDED = "standingsRecorded";
const YES = "1";
const ORGANISATIONS_A_WRITE = 64;
/** Later than every row: lists are newest first. */
const LAST_PLACE: Place = { at: Number.MAX_SAFE_INTEGER, id: "" };
const SERVICE: Caller = { ...AUTO_APPROVAL, key: "standing" };

/** Notes in a new store that it needs no `standing` records: organisations come with their chains. */
export function noteNewStore(store: Store): void {
  store.service.setMeta(RECORDED, YES);
}

/** What recording needs of a service. */
type Needs = Pick<Service, "store" | "writer" | "platform">;

/**
 * Writes one `standing` record for each organisation of a store that was made before standing chains. Every write is
 * queued before this returns, so that no request comes between; each skips what an earlier start has written, so that a
 * killed start resumes. Does nothing once all are written.
 * @returns resolves when the records are durable
 */
export function recordStandings(needs: Needs): Promise<void> {
  const { store, writer } = needs;
  if (store.service.meta(RECORDED) === YES) return Promise.resolve();
  const writes: Promise<void>[] = [];
  let organisations = 0;
  for (let after: Place | undefined = LAST_PLACE; after !== undefined;) {
    const rows: OrganisationRow[] = store.filing.organisations(after, ORGANISATIONS_A_WRITE);
    organisations += rows.length;
    const missing = rows.filter((row) => isMissing(store, row));
    if (missing.length > 0) writes.push(writer.submit((tx) => recordSome(needs, tx, missing)));
    const last = rows.at(-1);
    after = last && { at: last.filedAt, id: last.id };
  }
  // A store that never had an organisation is asked again: looking costs nothing, and a new store queues no write.
  if (organisations > 0) writes.push(writer.submit((tx) => tx.store.service.setMeta(RECORDED, YES)));
  return Promise.all(writes).then(() => undefined);
}

/** A filing that is not in the log yet gets its chain with its first record. */
function isMissing({ custody }: Store, row: OrganisationRow): boolean {
  return (
    custody.chainNamed(namedChain("standing", row.id)) === undefined &&
    custody.chainNamed(organisationChain(row)) !== undefined
  );
}

function recordSome({ platform }: Needs, tx: Transaction, rows: OrganisationRow[]): void {
  for (const row of rows) {
    if (!isMissing(tx.store, row)) continue;
    const standing = standingOf(tx.store, row);
    if (standing === undefined) continue;
    tx.append(
      administrationDraft(
        {
          kind: "standing",
          caller: SERVICE,
          atMs: tx.nowMs,
          subject: organisationSubject(row),
          chains: standingChains(row),
          public: baseOf(standing),
        },
        platform,
      ),
    );
  }
}

/** The standing that the records of an organisation's own chain give. */
function standingOf({ ledger, custody }: Store, row: OrganisationRow): Standing | undefined {
  const chain = custody.chainNamed(organisationChain(row));
  let standing: Standing | undefined;
  for (const { index } of chain === undefined ? [] : custody.chains.links(chain)) {
    const stored = ledger.record(index);
    const fact = stored && standingFactOf(index, decodeRecord(stored.bytes).statement);
    if (fact?.organisation !== row.id) continue;
    const after = standingAfter(standing, fact, roleIn(fact.actor) ?? "enterprise");
    if (!isRefusal(after)) standing = after;
  }
  return standing;
}
