import type { OrganisationRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import type { Service } from "../service.ts";
import { type Decidable, decide, type Decision } from "./decision.ts";
import { enterpriseOf, organisationSubject, standingChains } from "./standing.ts";
import { organisationView, type OrganisationView } from "./view.ts";

/**
 * The authority approves an enterprise or declines it with a reason. A declined enterprise may file again.
 * @throws Problem not_found, conflict where it is decided already
 */
export async function decideEnterprise(
  service: Service,
  caller: Caller,
  id: string,
  decision: Decision,
  once?: WriteRequest,
): Promise<OrganisationView> {
  const find = (store: Store): Decidable => decidableOrganisation(store, enterpriseOf(store, id));
  const view = (store: Store): OrganisationView => organisationView(service, enterpriseOf(store, id));
  return (await decide(service, caller, decision, { find, view }, once)).value;
}

/** An organisation's filing, to be decided. */
export function decidableOrganisation({ filing }: Store, row: OrganisationRow): Decidable {
  return {
    what: row.role,
    status: row.status,
    subject: organisationSubject(row),
    chains: standingChains(row),
    store: (status, reason, atMs) => filing.decideOrganisation(row.id, status, reason, atMs),
  };
}
