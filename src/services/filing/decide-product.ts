import { namedChain } from "../../core/ledger/chain.ts";
import type { ProductRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest, Transaction } from "../ledger/writer.ts";
import { notFound, Problem } from "../problem.ts";
import type { Caller, Service } from "../service.ts";
import { type Decision, outcomeOf, requireRequested } from "./decision.ts";
import { enterpriseOf } from "./standing.ts";
import { productView, type ProductView } from "./view.ts";

/**
 * The authority approves filed goods or declines them with a reason.
 * @throws Problem not_found, conflict where they are decided already or their enterprise is not approved
 */
export async function decideProduct(
  service: Service,
  caller: Caller,
  id: string,
  decision: Decision,
  once?: WriteRequest,
): Promise<ProductView> {
  const answer = await service.writer.submitOnce(once, (tx) => {
    const row = productOf(tx.store, id);
    requireRequested("product", row.status);
    const { status } = enterpriseOf(tx.store, row.organisation);
    if (decision.decision === "approve" && status !== "approved")
      throw new Problem("conflict", `the enterprise's filing is ${status}: approve it before its goods`);
    recordProductDecision(service, tx, caller, id, decision);
    return productView(productOf(tx.store, id));
  });
  return answer.value;
}

/**
 * Goods that were filed.
 * @throws Problem not_found
 */
export function productOf(store: Store, id: string): ProductRow {
  const row = store.filing.product(id);
  if (row === undefined) throw notFound("product", id);
  return row;
}

/** Sets the status of goods and records who decided so. */
export function recordProductDecision(
  service: Service,
  tx: Transaction,
  caller: Caller,
  id: string,
  decision: Decision,
): void {
  const { status, reason } = outcomeOf(decision);
  tx.store.filing.decideProduct(id, status, reason, tx.nowMs);
  tx.append(
    administrationDraft(
      {
        kind: "deciding",
        caller,
        atMs: tx.nowMs,
        subject: { product: id },
        chains: [namedChain("product", id)],
        public: { decision: status },
        ...(reason === null ? {} : { sealed: { owner: { reason } } }),
      },
      service.platform,
    ),
  );
}
