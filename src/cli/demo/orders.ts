import type { Client } from "../client.ts";
import type { Actor, Actors } from "./actors.ts";
import { type DemoBatch, issueCodes } from "./batch.ts";
import { type MixedContainer, type PackedGoods, readFixture, type VehicleGoods } from "./fixtures.ts";

const SINGLE = ["infant-formula", "cream", "egg-rolls", "rice", "vehicle"] as const;
const MIXED = "mixed-container";

/** Goods with their order, as a fixture has them. */
interface Ordered {
  product: Record<string, unknown>;
  order: Record<string, unknown>;
}

/** The batches of the story. All are ordered before it starts: no event may be of a time before its codes were ordered. */
export class Orders {
  private readonly batches = new Map<string, DemoBatch>();

  /** @throws Error for goods that no fixture orders */
  of({ product }: Pick<Ordered, "product">): DemoBatch {
    const batch = this.batches.get(JSON.stringify(product));
    if (batch === undefined) throw new Error(`no codes were ordered for ${JSON.stringify(product["names"])}`);
    return batch;
  }

  /** Orders the codes of every fixture. @throws CommandFailed */
  static async place(client: Client, actors: Actors, nowMs: number): Promise<Orders> {
    const orders = new Orders();
    const add = async (owner: Actor, goods: Ordered): Promise<void> => {
      orders.batches.set(JSON.stringify(goods.product), await issueCodes(client, actors, owner, goods));
    };
    for (const name of SINGLE) {
      const goods = readFixture(name, nowMs) as PackedGoods | VehicleGoods;
      await add(actors.enterprise(goods.owner), goods);
    }
    const mixed = readFixture(MIXED, nowMs) as MixedContainer;
    await Promise.all(mixed.kinds.map((kind) => add(actors.enterprise(mixed.owner), kind)));
    return orders;
  }
}
