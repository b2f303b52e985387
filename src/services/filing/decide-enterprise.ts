import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest, Transaction } from "../ledger/writer.ts";
import type { Caller, Service } from "../service.ts";
import { type Decision, outcomeOf, requireRequested } from "./decision.ts";
import { enterpriseOf, organisationChain, organisationOf, organisationSubject } from "./standing.ts";
import { organisationView, type OrganisationView } from "./view.ts";

/**
 * The authority approves an enterprise or declines it with a reason. A declined one may file anew.
 * @throws Problem not_found, conflict where it is decided already
 */
export async function decideEnterprise(
  service: Service,
  caller: Caller,
  id: string,
  decision: Decision,
  once?: WriteRequest,
): Promise<OrganisationView> {
  const answer = await service.writer.submitOnce(once, (tx) => {
    requireRequested("enterprise", enterpriseOf(tx.store, id).status);
    decideOrganisation(service, tx, caller, id, decision);
    return organisationView(service, organisationOf(tx.store, id));
  });
  return answer.value;
}

/** Sets an organisation's status and records who decided so. The reason is for the one it concerns. */
export function decideOrganisation(
  service: Service,
  tx: Transaction,
  caller: Caller,
  id: string,
  decision: Decision,
): void {
  const row = organisationOf(tx.store, id);
  const { status, reason } = outcomeOf(decision);
  tx.store.filing.decideOrganisation(id, status, reason, tx.nowMs);
  tx.append(
    administrationDraft(
      {
        kind: "deciding",
        caller,
        atMs: tx.nowMs,
        subject: organisationSubject(row),
        chains: [organisationChain(row)],
        public: { decision: status },
        ...(reason === null ? {} : { sealed: { owner: { reason } } }),
      },
      service.platform,
    ),
  );
}
