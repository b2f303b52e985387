import { namedChain } from "../../core/ledger/chain.ts";
import { openDisclosure } from "../../core/ledger/disclosure.ts";
import type { Subject } from "../../core/ledger/record.ts";
import { organisationChain, organisationSubject } from "../filing/standing.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest, Transaction } from "../ledger/transaction.ts";
import { invalid, notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";

export interface Erasure {
  /** The record whose sealed fields are forgotten. */
  record: number;
  /** Digests of what was forgotten: they stay in the record, and every proof with them. */
  digests: string[];
  /** The log index of the record that says so. */
  index: number;
}

/**
 * Forgets sealed fields of a record for good, at the reporter's or the authority's word. The record keeps their digests,
 * so that every proof stays valid, and a record of its own says that it happened.
 * @param names of the fields, as the disclosures have them
 * @throws Problem not_found, invalid_request for a field that is not there (any more)
 */
export async function eraseFields(
  service: Service,
  caller: Caller,
  index: number,
  names: string[],
  reason: string,
  once?: WriteRequest,
): Promise<Erasure> {
  const { value } = await service.writer.submitOnce(once, (tx) => {
    const event = tx.store.custody.event(index);
    const may =
      caller.role === "authority" ||
      caller.role === "operator" ||
      event?.organisation === caller.organisation;
    if (event === undefined || !may) throw notFound("record", String(index));
    const digests = names.map((name, i) => eraseOne(tx, index, name, `names.${i}`));
    const appended = tx.append(
      administrationDraft(
        {
          kind: "erasing",
          caller,
          atMs: tx.nowMs,
          ...about(service, event.organisation),
          public: { record: index, digests, reason },
        },
        service.platform,
      ),
    );
    return { record: index, digests, index: appended.index };
  });
  service.store.purge();
  return value;
}

/** The chain of whoever reported the record; the service's own for what it did itself. */
function about({ store, identity }: Service, reporter: string): { subject: Subject; chains: string[] } {
  const row = store.filing.organisation(reporter);
  if (row) return { subject: organisationSubject(row), chains: [organisationChain(row)] };
  return { subject: { ledger: identity.origin }, chains: [namedChain("ledger", identity.origin)] };
}

function eraseOne(tx: Transaction, index: number, name: string, field: string): string {
  const found = tx.store.ledger.disclosures(index).find(({ text }) => openDisclosure(text).name === name);
  if (found === undefined)
    throw invalid(field, `record ${index} has no sealed field ${name}`, "a field that is kept");
  tx.store.ledger.eraseDisclosure(index, found.digest);
  return found.digest;
}
