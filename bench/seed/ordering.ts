import { decideBatch } from "../../src/services/codes/decide-batch.ts";
import { orderBatch } from "../../src/services/codes/order-batch.ts";
import type { Service } from "../../src/services/service.ts";
import type { Caller } from "../../src/services/caller.ts";
import type { FiledGoods } from "./filing.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of the examples: a market shop's unified social credit code. */
const SHOP = "91440111MA0000090E";

/** One order of codes for goods, as its enterprise gives it. */
export interface Order {
  goods: FiledGoods;
  quantity: number;
  lot: string;
  valueUsd: string;
}

/** What an order's body says. */
export function orderInput({ goods, quantity, lot, valueUsd }: Order, nowMs: number) {
  return {
    product: goods.id,
    quantity,
    lot,
    tradeMode: goods.family.tradeMode,
    ...(goods.family.category === "food"
      ? { productionDate: date(nowMs - 10 * DAY_MS), expiryDate: date(nowMs + 700 * DAY_MS) }
      : {}),
    ...(goods.family.tradeMode === "1039" ? { market: { shopUscc: SHOP, purchaseSlipNo: lot } } : {}),
    declaredValue: { amount: valueUsd, currency: "USD" },
  };
}

/** Orders codes and has the order approved; they are made behind the answer. */
export async function orderCodes(service: Service, authority: Caller, order: Order): Promise<string> {
  const { id } = await orderBatch(
    service,
    order.goods.owner.caller,
    orderInput(order, service.platform.now()),
  );
  await decideBatch(service, authority, id, { decision: "approve" });
  return id;
}

function date(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
