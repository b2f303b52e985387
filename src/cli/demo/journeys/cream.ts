import { type PackedGoods, readFixture } from "../fixtures.ts";
import { clear } from "./clearance.ts";
import { makeAndPack } from "./production.ts";
import { sellPallet } from "./retail.ts";
import { each, GUANGZHOU, INCHEON, type Stage, type Travelled } from "./stage.ts";
import { sail } from "./voyage.ts";

/** Korean cream by 9610: by air, sold by the platform. */
export async function cream(stage: Stage): Promise<Travelled> {
  const { custody, actors } = stage;
  const goods = readFixture("cream", stage.nowMs) as PackedGoods;
  const platform = actors.enterprise("platform");
  const made = await makeAndPack(stage, goods, 16, INCHEON);
  const { pallets } = made.packed;
  const voyage = {
    units: pallets,
    from: actors.enterprise("cosmetics"),
    carrier: actors.enterprise("courier"),
  };
  const route = { to: platform, origin: INCHEON, destination: GUANGZHOU, leaves: 14, arrives: 13 };
  await sail(stage, { ...voyage, ...route, billOfLading: "AWB-EXAMPLE-118" });
  await custody.report(platform, [
    {
      kind: "declaring",
      at: custody.at(13, 14, 20),
      subjects: each(pallets),
      declaration: {
        tradeMode: "9610",
        category: "consumer_goods",
        customsOffice: "5141",
        originCountry: "KR",
        transport: { vehicleNo: "EX118", voyageNo: "EX118", billNo: "AWB-EXAMPLE-118" },
      },
    },
  ]);
  await clear(stage, pallets, 13);
  await sellPallet(stage, made, goods, { pallet: 0, cartons: 10, seller: platform, daysAgo: 9 });
  await custody.report(platform, [
    { kind: "storing", at: custody.at(12, 10), subjects: each(pallets.slice(1)), place: GUANGZHOU },
  ]);
  return made;
}
