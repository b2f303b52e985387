import { namedChain } from "../../core/ledger/chain.ts";
import type { ProductRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { type Decidable, decide, type Decision } from "./decision.ts";
import { enterpriseOf, productOf } from "./standing.ts";
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
  const find = (store: Store): Decidable => decidableProduct(store, productOf(store, id));
  const view = (store: Store): ProductView => productView(productOf(store, id));
  return (await decide(service, caller, decision, { find, view }, once)).value;
}

/** Filed goods, to be decided. */
export function decidableProduct(store: Store, { id, status, organisation }: ProductRow): Decidable {
  return {
    what: "product",
    status,
    subject: { product: id },
    chains: [namedChain("product", id)],
    requireApprovable() {
      const enterprise = enterpriseOf(store, organisation);
      if (enterprise.status !== "approved")
        throw new Problem(
          "conflict",
          `the enterprise's filing is ${enterprise.status}: approve it before its goods`,
        );
    },
    store: (decided, reason, atMs) => store.filing.decideProduct(id, decided, reason, atMs),
  };
}
