import { namedChain } from "../../core/ledger/chain.ts";
import { type Decision, outcomeOf, requireRequested } from "../filing/decision.ts";
import { enterpriseOf } from "../filing/standing.ts";
import { productOf } from "../filing/decide-product.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest, Transaction } from "../ledger/writer.ts";
import { Problem } from "../problem.ts";
import type { Caller, Service } from "../service.ts";
import { batchOf, batchView, type BatchView } from "./view.ts";

/**
 * The authority approves an order, whose codes are made then, or declines it with a reason.
 * @throws Problem not_found, conflict where it is decided already, or its enterprise or goods are not approved
 */
export async function decideBatch(
  service: Service,
  caller: Caller,
  id: string,
  decision: Decision,
  once?: WriteRequest,
): Promise<BatchView> {
  const answer = await service.writer.submitOnce(once, (tx) => {
    const row = batchOf(tx.store, id);
    requireRequested("order", row.status);
    if (decision.decision === "approve") {
      requireApproved("enterprise", enterpriseOf(tx.store, row.organisation).status);
      requireApproved("product", productOf(tx.store, row.product).status);
    }
    recordBatchDecision(service, tx, caller, id, decision);
    return batchView(service, batchOf(tx.store, id));
  });
  if (answer.value.status === "approved" && !answer.replayed) service.issuer.enqueue(id);
  return answer.value;
}

/** Sets an order's status and records who decided so. */
export function recordBatchDecision(
  service: Pick<Service, "platform">,
  tx: Transaction,
  caller: Caller,
  id: string,
  decision: Decision,
): void {
  const { status, reason } = outcomeOf(decision);
  tx.store.batches.decide(id, status, reason, tx.nowMs);
  tx.append(
    administrationDraft(
      {
        kind: "deciding",
        caller,
        atMs: tx.nowMs,
        subject: { batch: id },
        chains: [namedChain("batch", id)],
        public: { decision: status },
        ...(reason === null ? {} : { sealed: { owner: { reason } } }),
      },
      service.platform,
    ),
  );
}

function requireApproved(what: string, status: string): void {
  if (status !== "approved")
    throw new Problem("conflict", `the ${what} is ${status}: approve it before this order`);
}
