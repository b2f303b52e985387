import { type PackedGoods, readFixture } from "../fixtures.ts";
import { share } from "../packing.ts";
import { clear } from "./clearance.ts";
import { makeAndPack } from "./production.ts";
import { sellPallet } from "./retail.ts";
import { each, HONG_KONG, NANSHA, type Stage, type Travelled } from "./stage.ts";
import { emptyAndStore, load, sail } from "./voyage.ts";

/** Hong Kong egg rolls by 0110 under CEPA, half of them in the container that is used three times. */
export async function eggRolls(stage: Stage): Promise<Travelled & { container: string }> {
  const { custody, actors } = stage;
  const goods = readFixture("egg-rolls", stage.nowMs) as PackedGoods;
  const retailer = actors.enterprise("retailer");
  const bakery = actors.enterprise("bakery");
  const made = await makeAndPack(stage, goods, 42, HONG_KONG);
  const loads = share(made.packed.pallets, goods.packing.containers);
  const units = await load(stage, bakery, loads, 41, HONG_KONG);
  const voyage = { units, from: bakery, carrier: actors.enterprise("line"), to: retailer };
  const route = {
    origin: HONG_KONG,
    destination: NANSHA,
    leaves: 40,
    arrives: 39,
    billOfLading: "BL-EXAMPLE-0922",
  };
  await sail(stage, { ...voyage, ...route });
  const declaration = {
    tradeMode: "0110",
    category: "food",
    customsOffice: "5167",
    originCountry: "HK",
    declaredOn: custody.at(39, 0).slice(0, 10),
    preference: "CEPA",
    certificateOfOrigin: goods.certificateOfOrigin,
  };
  await custody.report(retailer, [
    { kind: "declaring", at: custody.at(39, 14, 20), subjects: each(units), declaration },
  ]);
  await clear(stage, units, 39);
  await emptyAndStore(stage, retailer, units, made.packed.pallets, 38);
  const half = made.packed.pallets.length / 2;
  for (const pallet of [0, half])
    await sellPallet(stage, made, goods, { pallet, cartons: 20, seller: retailer, daysAgo: 30 });
  return { ...made, container: units[0] as string };
}
