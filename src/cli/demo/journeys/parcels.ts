import type { DemoEvent } from "../custody.ts";
import type { PackedGoods } from "../fixtures.ts";
import { GUANGZHOU, NANSHA, type Stage, type Travelled } from "./stage.ts";

/** Cartons of the first pallet that are opened for parcels. */
const CARTONS = 20;

/**
 * Bonded retail: the platform sells, the warehouse packs parcels of two, the courier delivers, one comes back.
 * Resolves with the number of parcels.
 */
export async function sendParcels(stage: Stage, made: Travelled, { packing }: PackedGoods): Promise<number> {
  const { custody, actors } = stage;
  const platform = actors.enterprise("platform");
  const warehouse = actors.enterprise("warehouse");
  const { batch, packed } = made;
  const cartons = packed.cartons.slice(0, CARTONS);
  const sold = { batch: batch.id, first: 0, last: cartons.length * packing.carton - 1 };
  const parcels = Array.from({ length: (sold.last + 1) / 2 }, (_, n) => parcelOf(n));
  await custody.report(warehouse, [
    { kind: "unpacking", at: custody.at(7, 8), subjects: [], from: packed.pallets[0] },
    ...cartons.map((from): DemoEvent => ({ kind: "unpacking", at: custody.at(7, 9), subjects: [], from })),
    { kind: "delegating", at: custody.at(7, 10), subjects: [sold], to: platform.id },
  ]);
  await custody.report(platform, [{ kind: "selling", at: custody.at(6, 20), subjects: [sold] }]);
  await packAndDeliver(stage, batch.id, parcels);
  await custody.report(warehouse, [
    { kind: "unpacking", at: custody.at(2, 10), subjects: [], from: parcels.at(-1) },
    {
      kind: "returning",
      at: custody.at(1, 9),
      subjects: [{ batch: batch.id, first: sold.last - 1, last: sold.last }],
      fields: { reason: "ordered twice" },
    },
  ]);
  return parcels.length;
}

/** The warehouse packs two items into each parcel and hands the parcels to the courier, who delivers them. */
async function packAndDeliver({ custody, actors }: Stage, batch: string, parcels: string[]): Promise<void> {
  const warehouse = actors.enterprise("warehouse");
  const courier = actors.enterprise("courier");
  const own = parcels.map((parcel) => ({ unit: parcel }));
  await custody.report(warehouse, [
    ...parcels.map((into, n): DemoEvent => {
      const subjects = [{ batch, first: 2 * n, last: 2 * n + 1 }];
      return { kind: "packing", at: custody.at(5, 9), subjects, into };
    }),
    { kind: "dispatching", at: custody.at(5, 15), subjects: own },
    { kind: "delegating", at: custody.at(5, 16), subjects: own, to: courier.id },
  ]);
  // A licence plate number belongs to the organisation that assigned it: others name that one too.
  const delivered = parcels.map((parcel) => ({ unit: parcel.replace("lpn:", `lpn:${warehouse.id}/`) }));
  await custody.report(courier, [
    { kind: "departing", at: custody.at(5, 18), subjects: delivered, place: NANSHA },
    { kind: "arriving", at: custody.at(3, 11), subjects: delivered, place: GUANGZHOU },
  ]);
}

function parcelOf(n: number): string {
  return `lpn:PARCEL-${String(n + 1).padStart(4, "0")}`;
}
