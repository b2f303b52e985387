import type { Role } from "../../core/custody/vocabulary.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { RecordDraft, Transaction } from "../ledger/transaction.ts";
import { notFound } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { organisationChain, organisationSubject } from "./standing.ts";

/** Whose key it is: an organisation's, or the operator's. */
export interface KeyOwner {
  id: string;
  role: Role;
}

const OPERATOR: KeyOwner = { id: "operator", role: "operator" };

/**
 * Whose keys a caller means: its own, or for the operator anybody's.
 * @throws Problem not_found for those of others
 */
export function keyOwner(service: Service, caller: Caller, organisation = caller.organisation): KeyOwner {
  if (caller.role !== "operator" && organisation !== caller.organisation)
    throw notFound("organisation", organisation);
  if (organisation === OPERATOR.id) return OPERATOR;
  const row = service.store.filing.organisation(organisation);
  if (row === undefined) throw notFound("organisation", organisation);
  return { id: row.id, role: row.role };
}

/** The record of a key made or revoked: its id is what records name as `by`. The operator's are on the ledger's chain. */
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
          chains: [organisationChain({ role: owner.role, id: owner.id })],
        };
  const input = { kind: "issuing_key", caller, atMs: tx.nowMs, ...about };
  return administrationDraft(
    change.revoked
      ? { ...input, kind: "revoking_key", public: { key: change.key } }
      : { ...input, public: { key: change.key } },
    service.platform,
  );
}
