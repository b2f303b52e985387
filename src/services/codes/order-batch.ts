import { namedChain } from "../../core/ledger/chain.ts";
import type { OrganisationRow } from "../../store/filing.ts";
import type { Store } from "../../store/store.ts";
import { approvedEnterprise, organisationChain, productOf } from "../filing/standing.ts";
import { AUTO_APPROVAL, type Caller } from "../caller.ts";
import { newId } from "../id.ts";
import { administrationDraft } from "../ledger/statement.ts";
import type { WriteRequest, Transaction } from "../ledger/transaction.ts";
import { notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { recordDecision } from "../filing/decision.ts";
import { decidableBatch } from "./decide-batch.ts";
import { type OrderInput, readOrder, type SoundOrder } from "./order.ts";
import { batchOf, batchView, type BatchView } from "./view.ts";
import { orderTerms } from "./terms.ts";

/**
 * Orders codes for a lot of an approved enterprise's approved goods. The order waits for the authority, unless the settings
 * or the enterprise's terms approve it at once; approval starts issuing.
 * @throws Problem invalid_request that names the fields, forbidden, not_found for goods of others, conflict where the
 * goods are not approved or a VIN has a code already, quota_exceeded
 */
export async function orderBatch(
  service: Service,
  caller: Caller,
  input: OrderInput,
  once?: WriteRequest,
): Promise<BatchView> {
  const id = newId("bat");
  const answer = await service.writer.submitOnce(once, (tx) => {
    const owner = approvedEnterprise(tx.store, caller);
    const product = productOf(tx.store, input.product);
    if (product.organisation !== owner.id) throw notFound("product", input.product);
    if (product.status !== "approved")
      throw new Problem("conflict", `the product is ${product.status}: codes are for approved goods`);
    const order = readOrder(input, product, tx.nowMs);
    requireQuota(service, tx.store, owner, input.quantity);
    requireFreeVins(tx.store, order.terms.vins);
    tx.store.batches.add({
      id,
      organisation: owner.id,
      product: product.id,
      status: "requested",
      lot: input.lot,
      mode: order.mode,
      category: product.category,
      gtin: product.gtin,
      quantity: input.quantity,
      terms: JSON.stringify(order.terms),
      valueUsdCents: order.valueUsdCents,
      withPin: input.withPin ?? false,
      requestedAt: tx.nowMs,
    });
    recordOrder(service, tx, caller, id, input, order);
    if (service.settings.autoApprove || owner.autoApprove)
      recordDecision(service, tx, AUTO_APPROVAL, decidableBatch(tx.store, batchOf(tx.store, id)), {
        decision: "approve",
      });
    return batchView(service, batchOf(tx.store, id));
  });
  if (answer.value.status === "approved" && !answer.replayed) service.issuer.enqueue(answer.value.id);
  return answer.value;
}

function requireQuota(service: Service, store: Store, owner: OrganisationRow, quantity: number): void {
  const quota = owner.quota ?? service.settings.defaultQuota;
  const ordered = store.batches.ordered(owner.id);
  if (ordered + quantity > quota)
    throw new Problem(
      "quota_exceeded",
      `${quantity} codes more than the ${ordered} already ordered or issued would exceed the quota of ${quota}`,
      { extra: { quota, ordered } },
    );
}

/** A vehicle has one code: its VIN must be in no batch and in no open order. */
function requireFreeVins(store: Store, vins: string[]): void {
  if (vins.length === 0) return;
  const ordered = new Set(
    (["requested", "approved", "issuing"] as const)
      .flatMap((status) => store.batches.withStatus(status))
      .filter((row) => row.category === "vehicles")
      .flatMap((row) => orderTerms(row).vins),
  );
  const fields = vins.flatMap((vin, index) =>
    ordered.has(vin) || store.batches.vehicle(vin) !== undefined
      ? [{ field: `vins.${index}`, problem: "duplicate", expected: "a vehicle that has no code yet" }]
      : [],
  );
  if (fields.length > 0)
    throw new Problem("conflict", "a vehicle has a code or an order already", { fields });
}

/** Records the order; everything is sealed but the quantity and the goods. */
function recordOrder(
  service: Service,
  tx: Transaction,
  caller: Caller,
  id: string,
  input: OrderInput,
  { mode, terms }: SoundOrder,
): void {
  const { productionDate, expiryDate, originCountry, destinationCountry, declaredValue } = terms;
  tx.append(
    administrationDraft(
      {
        kind: "ordering",
        caller,
        atMs: tx.nowMs,
        subject: { batch: id },
        chains: [
          namedChain("batch", id),
          namedChain("product", input.product),
          organisationChain({ role: "enterprise", id: caller.organisation }),
        ],
        public: {
          enterprise: caller.organisation,
          product: input.product,
          quantity: input.quantity,
          tradeMode: mode,
        },
        sealed: {
          owner: {
            lot: input.lot,
            originCountry,
            ...(productionDate === undefined ? {} : { productionDate }),
            ...(expiryDate === undefined ? {} : { expiryDate }),
            ...(destinationCountry === undefined ? {} : { destinationCountry }),
          },
          authority: {
            declaredValue,
            ...(Object.keys(terms.mode).length === 0 ? {} : { mode: terms.mode }),
          },
        },
      },
      service.platform,
    ),
  );
}
