import { namedChain } from "../../core/ledger/chain.ts";
import type { BatchRow } from "../../store/batches.ts";
import type { Store } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import { type Decidable, decide, type Decision } from "../filing/decision.ts";
import { enterpriseOf, productOf } from "../filing/standing.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { batchOf, batchView, type BatchView } from "./view.ts";

/**
 * The authority approves an order, which starts issuing, or declines it with a reason.
 * @throws Problem not_found, conflict where it is decided already, or its enterprise or goods are not approved
 */
export async function decideBatch(
  service: Service,
  caller: Caller,
  id: string,
  decision: Decision,
  once?: WriteRequest,
): Promise<BatchView> {
  const find = (store: Store): Decidable => decidableBatch(store, batchOf(store, id));
  const view = (store: Store): BatchView => batchView(service, batchOf(store, id));
  const { value, replayed } = await decide(service, caller, decision, { find, view }, once);
  if (value.status === "approved" && !replayed) service.issuer.enqueue(id);
  return value;
}

/** An order, to be decided. */
export function decidableBatch(store: Store, { id, status, organisation, product }: BatchRow): Decidable {
  return {
    what: "order",
    status,
    subject: { batch: id },
    chains: [namedChain("batch", id)],
    requireApprovable() {
      requireApproved("enterprise", enterpriseOf(store, organisation).status);
      requireApproved("product", productOf(store, product).status);
    },
    store: (decided, reason, atMs) => store.batches.decide(id, decided, reason, atMs),
  };
}

function requireApproved(what: string, status: string): void {
  if (status !== "approved")
    throw new Problem("conflict", `the ${what} is ${status}: approve it before this order`);
}
