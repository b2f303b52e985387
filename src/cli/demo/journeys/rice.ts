import { type PackedGoods, readFixture } from "../fixtures.ts";
import { share } from "../packing.ts";
import { clear } from "./clearance.ts";
import { makeAndPack } from "./production.ts";
import { BANGKOK, each, NANSHA, type Stage, type Travelled } from "./stage.ts";
import { emptyAndStore, load, sail } from "./voyage.ts";

/** Thai rice by 0110: some labels spoiled at the press, the rest on pallets, sold by the supermarket. */
export async function rice(stage: Stage): Promise<Travelled & { spoiled: number[] }> {
  const { custody, actors } = stage;
  const goods = readFixture("rice", stage.nowMs) as PackedGoods;
  const mill = actors.enterprise("mill");
  const retailer = actors.enterprise("retailer");
  const made = await makeAndPack(stage, goods, 33, BANGKOK);
  const { batch, commissioned, packed } = made;
  const spoiled = { batch: batch.id, first: commissioned, last: batch.codes.length - 1 };
  await custody.report(mill, [
    {
      kind: "voiding",
      at: custody.at(33, 8),
      subjects: [spoiled],
      fields: { cause: "spoiled at the press" },
    },
  ]);
  const loads = share(packed.pallets, goods.packing.containers);
  const units = await load(stage, mill, loads, 32, BANGKOK);
  const voyage = { units, from: mill, carrier: actors.enterprise("line"), to: retailer };
  const route = {
    origin: BANGKOK,
    destination: NANSHA,
    leaves: 31,
    arrives: 25,
    billOfLading: "BL-EXAMPLE-45",
  };
  await sail(stage, { ...voyage, ...route });
  await custody.report(retailer, [
    {
      kind: "declaring",
      at: custody.at(25, 14, 20),
      subjects: each(units),
      declaration: { tradeMode: "0110", category: "food", customsOffice: "5167", originCountry: "TH" },
      documents: [{ type: "cert", number: "ASEAN-EXAMPLE-0006" }],
    },
  ]);
  await clear(stage, units, 25);
  await emptyAndStore(stage, retailer, units, packed.pallets, 24);
  await custody.report(retailer, [
    { kind: "unpacking", at: custody.at(20, 8), subjects: [], from: packed.pallets[0] },
    { kind: "selling", at: custody.at(18, 12), subjects: [{ batch: batch.id, first: 0, last: 169 }] },
  ]);
  return {
    ...made,
    spoiled: Array.from({ length: batch.codes.length - commissioned }, (_, i) => commissioned + i),
  };
}
