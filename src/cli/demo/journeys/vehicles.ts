import type { DemoBatch } from "../batch.ts";
import { readFixture, type VehicleGoods } from "../fixtures.ts";
import { clear } from "./clearance.ts";
import { JEBEL_ALI, NANSHA, type Stage } from "./stage.ts";
import { sail, sealed } from "./voyage.ts";

/** Two parallel-import cars by 0110, back in the same container: assessed for conformity, rectified, one sold. */
export async function vehicles(stage: Stage): Promise<DemoBatch> {
  const { custody, actors } = stage;
  const goods = readFixture("vehicle", stage.nowMs) as VehicleGoods;
  const motors = actors.enterprise("motors");
  const dealer = actors.enterprise("dealer");
  const container = `container:${goods.container}`;
  const batch = stage.orders.of(goods);
  const subjects = [{ batch: batch.id }];
  await custody.report(motors, [
    { kind: "commissioning", at: custody.at(17, 9), subjects, place: JEBEL_ALI },
    { kind: "loading", at: custody.at(17, 11), subjects, into: container, place: JEBEL_ALI },
    sealed(custody, container, 17),
  ]);
  const voyage = { units: [container], from: motors, carrier: actors.enterprise("line"), to: dealer };
  const route = {
    origin: JEBEL_ALI,
    destination: NANSHA,
    leaves: 16,
    arrives: 4,
    billOfLading: "BL-EXAMPLE-PI2",
  };
  await sail(stage, { ...voyage, ...route });
  await custody.report(dealer, [
    {
      kind: "declaring",
      at: custody.at(4, 14, 20),
      subjects: [{ unit: container }],
      declaration: { tradeMode: "0110", category: "vehicles", customsOffice: "5167", originCountry: "JP" },
    },
  ]);
  const digest = await custody.file(
    actors.lab,
    "conformity.txt",
    "Conformity assessment of JTEBU3FJ…: conformant.\n",
  );
  const title = "Conformity assessment, parallel-import vehicle";
  await custody.report(actors.lab, [
    {
      kind: "inspecting",
      at: custody.at(4, 13),
      subjects,
      reports: [{ title, number: "CA-EXAMPLE-2", result: "conformant", standard: "GB 7258", digest }],
    },
  ]);
  await clear(stage, [container], 4);
  await custody.report(dealer, [
    { kind: "unloading", at: custody.at(3, 9), subjects: [], from: container, place: NANSHA },
    {
      kind: "repairing",
      at: custody.at(3, 14),
      subjects,
      fields: { work: "pre-delivery inspection, tyre labels" },
    },
    { kind: "selling", at: custody.at(2, 16), subjects: [{ batch: batch.id, first: 0, last: 0 }] },
  ]);
  return batch;
}
