import type { Actor } from "../actors.ts";
import type { DemoEvent } from "../custody.ts";
import type { PackedGoods } from "../fixtures.ts";
import type { Stage, Travelled } from "./stage.ts";

/** Which cartons of a pallet are sold, by which seller; unpacked that many days ago and sold a day later. */
export interface Sale {
  pallet: number;
  cartons: number;
  seller: Actor;
  daysAgo: number;
}

/** Opens a pallet and its first cartons, and sells their items. */
export async function sellPallet(
  { custody }: Stage,
  { batch, packed }: Travelled,
  { packing }: PackedGoods,
  sale: Sale,
): Promise<void> {
  const firstCarton = sale.pallet * packing.pallet;
  const cartons = packed.cartons.slice(firstCarton, firstCarton + sale.cartons);
  const first = firstCarton * packing.carton;
  const last = first + cartons.length * packing.carton - 1;
  const open = (from: string): DemoEvent => ({
    kind: "unpacking",
    at: custody.at(sale.daysAgo, 8),
    subjects: [],
    from,
  });
  await custody.report(sale.seller, [
    open(packed.pallets[sale.pallet] as string),
    ...cartons.map(open),
    { kind: "selling", at: custody.at(sale.daysAgo - 1, 12), subjects: [{ batch: batch.id, first, last }] },
  ]);
}
