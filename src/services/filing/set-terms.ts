import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";
import { enterpriseOf, organisationSubject, standingChains } from "./standing.ts";
import { organisationView, type OrganisationView } from "./view.ts";

export interface TermsInput {
  /** Most codes it may have on order or out; null for the service's default. */
  quota: number | null;
  /** Its goods and orders are approved without the authority, within the quota. */
  autoApprove: boolean;
}

/**
 * The authority sets what an enterprise may order. A quota below what is out already stops new orders only.
 * @throws Problem not_found
 */
export async function setTerms(
  service: Service,
  caller: Caller,
  id: string,
  terms: TermsInput,
  once?: WriteRequest,
): Promise<OrganisationView> {
  const answer = await service.writer.submitOnce(once, (tx) => {
    const row = enterpriseOf(tx.store, id);
    tx.store.filing.setTerms(id, terms.autoApprove, terms.quota);
    tx.append(
      administrationDraft(
        {
          kind: "granting",
          caller,
          atMs: tx.nowMs,
          subject: organisationSubject(row),
          chains: standingChains(row),
          public: { autoApprove: terms.autoApprove },
          sealed: { owner: { quota: terms.quota } },
        },
        service.platform,
      ),
    );
    return organisationView(service, enterpriseOf(tx.store, id));
  });
  return answer.value;
}
