import type { OrganisationRow } from "../../store/filing.ts";
import type { Caller } from "../caller.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { organisationOf, organisationSubject, standingChains } from "./standing.ts";
import { organisationView, type OrganisationView } from "./view.ts";

/** A change of an approved organisation's standing. A suspension has a reason, which the organisation reads. */
export type StandingChange =
  | { decision: "suspend"; reason: string }
  | { decision: "reinstate"; reason?: string | undefined };

const CHANGES = {
  suspend: { from: "approved", to: "suspended", kind: "suspending", public: { decision: "suspended" } },
  reinstate: { from: "suspended", to: "approved", kind: "reinstating", public: { decision: "reinstated" } },
} as const;

/**
 * Suspends an approved organisation, or reinstates it. While suspended it cannot report, order, file or make keys; its
 * records stay, it reads its own data, and scans of its goods are answered.
 * @throws Problem not_found, forbidden for an authority whose caller is not the operator, conflict where the organisation is
 * not approved (suspend) or not suspended (reinstate)
 */
export async function changeStanding(
  service: Service,
  caller: Caller,
  id: string,
  change: StandingChange,
  once?: WriteRequest,
): Promise<OrganisationView> {
  const { value } = await service.writer.submitOnce(once, (tx) => {
    const row = organisationOf(tx.store, id);
    const { from, to, kind, public: fields } = CHANGES[change.decision];
    requireMay(caller, row);
    if (row.status !== from)
      throw new Problem(
        "conflict",
        `the ${row.role} is ${row.status}: one can ${change.decision} only an organisation that is ${from}`,
      );
    const reason = change.reason ?? null;
    tx.store.filing.decideOrganisation(id, to, reason, tx.nowMs);
    tx.append(
      administrationDraft(
        {
          kind,
          caller,
          atMs: tx.nowMs,
          subject: organisationSubject(row),
          chains: standingChains(row),
          public: fields,
          ...(reason === null ? {} : { sealed: { owner: { reason } } }),
        },
        service.platform,
      ),
    );
    return organisationView(service, organisationOf(tx.store, id));
  });
  return value;
}

/** Authorities are registered by the operator, so one authority cannot suspend another. */
function requireMay(caller: Caller, { role }: OrganisationRow): void {
  if (role === "authority" && caller.role !== "operator")
    throw new Problem("forbidden", "only the operator may suspend or reinstate an authority");
}
