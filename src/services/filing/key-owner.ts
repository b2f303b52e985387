import type { Role } from "../../core/custody/vocabulary.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { RecordDraft, Transaction } from "../ledger/transaction.ts";
import { notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { organisationSubject, standingChains } from "./standing.ts";

/** The owner of a key: an organisation or the operator. */
export interface KeyOwner {
  id: string;
  role: Role;
}

const OPERATOR: KeyOwner = { id: "operator", role: "operator" };

/**
 * The owner whose keys a caller manages: itself, or for the operator any organisation.
 * @throws Problem not_found for another organisation
 */
export function keyOwner(service: Service, caller: Caller, organisation = caller.organisation): KeyOwner {
  if (caller.role !== "operator" && organisation !== caller.organisation)
    throw notFound("organisation", organisation);
  if (organisation === OPERATOR.id) return OPERATOR;
  const row = service.store.filing.organisation(organisation);
  if (row === undefined) throw notFound("organisation", organisation);
  return { id: row.id, role: row.role };
}

/** The record of a new or revoked key, whose id records name as `by`. Keys of the operator are on the ledger's chain. */
export function keyDraft(
  service: Service,
  tx: Transaction,
  caller: Caller,
  owner: KeyOwner,
  change: { key: string; revoked: boolean },
): RecordDraft {
  const { origin } = service.identity;
  const about =
    owner.role === "operator"
      ? { subject: { ledger: origin }, chains: [namedChain("ledger", origin)] }
      : {
          subject: organisationSubject({ role: owner.role, id: owner.id }),
          chains: standingChains({ role: owner.role, id: owner.id }),
        };
  const input = { kind: "issuing_key", caller, atMs: tx.nowMs, ...about };
  return administrationDraft(
    change.revoked
      ? { ...input, kind: "revoking_key", public: { key: change.key } }
      : { ...input, public: { key: change.key } },
    service.platform,
  );
}
