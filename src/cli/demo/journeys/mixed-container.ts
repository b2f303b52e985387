import type { DemoBatch } from "../batch.ts";
import { type MixedContainer, readFixture } from "../fixtures.ts";
import { clear } from "./clearance.ts";
import { GUANGZHOU, JEBEL_ALI, NANSHA, type Stage } from "./stage.ts";
import { sail, sealed } from "./voyage.ts";

/** Six kinds of goods from three market shops by 1039, a code for each carton: the container's second life. */
export async function mixedContainer(stage: Stage): Promise<DemoBatch[]> {
  const { custody, actors } = stage;
  const goods = readFixture("mixed-container", stage.nowMs) as MixedContainer;
  const trader = actors.enterprise("trader");
  const motors = actors.enterprise("motors");
  const container = `container:${goods.container}`;
  const batches = goods.kinds.map((kind) => stage.orders.of(kind));
  const subjects = batches.map(({ id }) => ({ batch: id }));
  await custody.report(trader, [
    { kind: "commissioning", at: custody.at(36, 9), subjects, place: GUANGZHOU },
    { kind: "loading", at: custody.at(35, 10), subjects, into: container, place: NANSHA },
    sealed(custody, container, 35),
    {
      kind: "declaring",
      at: custody.at(34, 14, 20),
      subjects: [{ unit: container }],
      declaration: { tradeMode: "1039", customsOffice: "5167", totalValue: goods.declared },
      documents: [{ type: "declaration", number: "516720260000000001" }],
    },
  ]);
  await clear(stage, [container], 34);
  await custody.report(trader, [
    { kind: "exporting", at: custody.at(33, 7), subjects: [{ unit: container }], place: NANSHA },
  ]);
  const voyage = { units: [container], from: trader, carrier: actors.enterprise("line"), to: motors };
  const route = {
    origin: NANSHA,
    destination: JEBEL_ALI,
    leaves: 33,
    arrives: 19,
    billOfLading: "BL-EXAMPLE-1039",
  };
  await sail(stage, { ...voyage, ...route });
  await custody.report(motors, [
    { kind: "unloading", at: custody.at(18, 8), subjects: [], from: container, place: JEBEL_ALI },
  ]);
  return batches;
}
