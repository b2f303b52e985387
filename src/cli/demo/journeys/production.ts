import type { PackedGoods } from "../fixtures.ts";
import { packingEvents } from "../packing.ts";
import type { Port, Stage, Travelled } from "./stage.ts";

/** What happens between commissioning and packing. */
export type BeforePacking = (made: Travelled["batch"]) => Promise<void>;

/** The owner orders codes, puts them onto the goods, and packs these into cartons and onto pallets. */
export async function makeAndPack(
  stage: Stage,
  goods: PackedGoods,
  daysAgo: number,
  place: Port,
  beforePacking: BeforePacking = () => Promise.resolve(),
): Promise<Travelled> {
  const { custody, actors, ssccs } = stage;
  const owner = actors.enterprise(goods.owner);
  const batch = stage.orders.of(goods);
  const commissioned = goods.commissioned ?? batch.codes.length;
  const subjects = [{ batch: batch.id, first: 0, last: commissioned - 1 }];
  const { carton, pallet } = goods.packing;
  await custody.report(owner, [
    { kind: "applying", at: custody.at(daysAgo, 6), subjects, place },
    { kind: "commissioning", at: custody.at(daysAgo, 7), subjects, place },
  ]);
  await beforePacking(batch);
  const plan = { count: commissioned, carton, pallet, daysAgo };
  const { events, packed } = packingEvents(custody, ssccs, batch, plan);
  await custody.report(owner, events);
  return { batch, packed, commissioned };
}
