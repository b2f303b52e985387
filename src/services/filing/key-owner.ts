import type { Role } from "../../core/custody/vocabulary.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import type { Store } from "../../store/store.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { RecordDraft, Transaction } from "../ledger/transaction.ts";
import { notFound, Problem } from "../problem.ts";
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

/**
 * The owner of a key that a caller makes: an owner whose keys it manages, and for an authority any enterprise too.
 * @throws Problem not_found for another organisation
 */
export function keyMaker(service: Service, caller: Caller, organisation = caller.organisation): KeyOwner {
  const row = caller.role === "authority" ? service.store.filing.organisation(organisation) : undefined;
  if (row?.role === "enterprise") return { id: row.id, role: row.role };
  return keyOwner(service, caller, organisation);
}

/** @throws Problem conflict where the owner is an organisation that is not approved */
export function requireKeyable(store: Store, owner: KeyOwner): void {
  const status = store.filing.standing(owner.id);
  if (status !== undefined && status !== "approved")
    throw new Problem("conflict", `the ${owner.role} is ${status}: keys are made for approved organisations`);
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
