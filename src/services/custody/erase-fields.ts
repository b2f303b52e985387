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
  /** The record whose sealed fields are erased. */
  record: number;
  /** Digests of the erased fields: they stay in the record, so every proof stays valid. */
  digests: string[];
  /** The log index of the record of the erasure. */
  index: number;
}

/**
 * Erases sealed fields of a record for good, for its reporter or the authority. The record keeps their digests, so that
 * every proof stays valid, and a new record documents the erasure.
 * @param names names of the fields in the disclosures
 * @throws Problem not_found, invalid_request for a field that is missing or erased
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
    const event = tx.store.custody.recorded.event(index);
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

/** The chain of the record's reporter; the ledger's chain for records of the service itself. */
function about({ store, identity }: Service, reporter: string): { subject: Subject; chains: string[] } {
  const row = store.filing.organisation(reporter);
  if (row) return { subject: organisationSubject(row), chains: [organisationChain(row)] };
  return { subject: { ledger: identity.origin }, chains: [namedChain("ledger", identity.origin)] };
}

function eraseOne(tx: Transaction, index: number, name: string, field: string): string {
  const found = tx.store.ledger.disclosures(index).find(({ text }) => openDisclosure(text).name === name);
  if (found === undefined)
    throw invalid(field, `record ${index} has no sealed field ${name}`, "the name of a stored sealed field");
  tx.store.ledger.eraseDisclosure(index, found.digest);
  return found.digest;
}
