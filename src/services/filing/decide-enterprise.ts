import type { OrganisationRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import type { Transaction, WriteRequest } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { type Decidable, decide, type Decision, recordDecision } from "./decision.ts";
import { numberApplicants, numberHolder } from "./legal-identity.ts";
import { enterpriseOf, organisationSubject, standingChains } from "./standing.ts";
import { recordApproval, recordRefusal } from "./waiting.ts";
import { organisationView, type OrganisationView } from "./view.ts";

/**
 * The authority approves an enterprise or declines it with a reason. Approval writes the filing and everything that waits
 * with it into the log, and declines other filings of the same number. A declined enterprise may file again.
 * @throws Problem not_found, conflict where it is decided already or another holds its number
 */
export async function decideEnterprise(
  service: Service,
  caller: Caller,
  id: string,
  decision: Decision,
  once?: WriteRequest,
): Promise<OrganisationView> {
  const find = (store: Store): Decidable =>
    decidableOrganisation(service, store, caller, enterpriseOf(store, id));
  const view = (store: Store): OrganisationView => organisationView(service, enterpriseOf(store, id));
  return (await decide(service, caller, decision, { find, view }, once)).value;
}

/** An organisation's filing, to be decided. */
export function decidableOrganisation(
  service: Service,
  store: Store,
  caller: Caller,
  row: OrganisationRow,
): Decidable {
  return {
    what: row.role,
    status: row.status,
    subject: organisationSubject(row),
    chains: standingChains(row),
    requireApprovable() {
      if (numberHolder(store, row) !== undefined)
        throw new Problem(
          "conflict",
          "another organisation with this identification number is approved: decline this filing",
        );
    },
    store: (status, reason, atMs) => store.filing.decideOrganisation(row.id, status, reason, atMs),
    record: (tx, draft, status) =>
      (status === "approved" ? recordApproval : recordRefusal)(tx, row.id, draft),
    settle: (tx) => declineOthers(service, tx, caller, row),
  };
}

/** One number belongs to one organisation: approving one filing of it declines the others that wait. */
function declineOthers(service: Service, tx: Transaction, caller: Caller, approved: OrganisationRow): void {
  const reason = "another filing of this identification number was approved";
  for (const row of numberApplicants(tx.store, approved)) {
    const other = decidableOrganisation(service, tx.store, caller, row);
    recordDecision(service, tx, caller, other, { decision: "decline", reason });
  }
}
