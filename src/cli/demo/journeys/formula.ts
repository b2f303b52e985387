import type { DemoBatch } from "../batch.ts";
import { type PackedGoods, readFixture } from "../fixtures.ts";
import { type Packed, share } from "../packing.ts";
import { clear } from "./clearance.ts";
import { sendParcels } from "./parcels.ts";
import { makeAndPack } from "./production.ts";
import { AUCKLAND, each, NANSHA, type Stage, type Travelled } from "./stage.ts";
import { load, sail, unloading } from "./voyage.ts";

/** The formula after its journey. */
export interface Formula extends Travelled {
  /** Positions of the tins that customs took as samples. */
  sampled: number[];
  /** Degrees Celsius that the hold's sensor showed: the value that somebody will try to change. */
  sensor: string;
  parcels: number;
  /** A pallet that was shipped to the importer and has not arrived. */
  onItsWay: string;
  /** A tin on that pallet. */
  tinOnItsWay: string;
}

/** Called as the journey proceeds. */
export interface FormulaListener {
  ordered: (batch: DemoBatch) => void;
  reported: () => void;
  packed: (packed: Packed) => void;
  sailed: () => void;
  cleared: (samples: number) => void;
}

const SENSOR = "31.6";

/** NZ infant formula by 1210: two containers, samples at the port, a bonded warehouse, parcels, a return. */
export async function formula(stage: Stage, listener: FormulaListener): Promise<Formula> {
  const goods = readFixture("infant-formula", stage.nowMs) as PackedGoods;
  const dairy = stage.actors.enterprise("dairy");
  // Before packing: a statement about one lot is checked once, about packed goods once for each carton.
  const made = await makeAndPack(stage, goods, 45, AUCKLAND, async (batch) => {
    listener.ordered(batch);
    await attachReport(stage, batch);
    listener.reported();
  });
  listener.packed(made.packed);
  const loads = share(made.packed.pallets, goods.packing.containers);
  const units = await load(stage, dairy, loads, 43, AUCKLAND);
  await crossTheSea(stage, units);
  listener.sailed();
  const sampled = [0, 1, 2].map((i) => made.batch.codes.length / 2 + i);
  const carton = made.packed.cartons[Math.floor((sampled[0] as number) / goods.packing.carton)] as string;
  await declare(stage, units);
  await clear(stage, units, 24, { batch: made.batch, positions: sampled, carton });
  listener.cleared(sampled.length);
  await storeInBond(stage, units, made.packed.pallets);
  const parcels = await sendParcels(stage, made, goods);
  const onItsWay = await shipLastPallet(stage, made);
  return {
    ...made,
    sampled,
    sensor: SENSOR,
    parcels,
    onItsWay,
    tinOnItsWay: made.batch.codes.at(-1) as string,
  };
}

/** The laboratory tests the lot and signs its report itself. */
async function attachReport({ custody, actors }: Stage, batch: DemoBatch): Promise<void> {
  const text =
    "Test report NEL-EXAMPLE-0001: infant formula, stage 3, lot WC-3071. All tested values conform.\n";
  const digest = await custody.file(actors.lab, "test-report.txt", text);
  const report = { title: "Test report, GB 10767", number: "NEL-EXAMPLE-0001", result: "conformant", digest };
  await custody.reportSigned(actors.lab, [
    { kind: "reporting", at: custody.at(45, 8), subjects: [{ batch: batch.id }], reports: [report] },
  ]);
}

/** Auckland to Nansha. On one day the cooling of the hold fails, and the carrier reports it. */
async function crossTheSea(stage: Stage, units: string[]): Promise<void> {
  const { custody, actors } = stage;
  const line = actors.enterprise("line");
  const parties = { from: actors.enterprise("dairy"), carrier: line, to: actors.enterprise("importer") };
  const route = { origin: AUCKLAND, destination: NANSHA, leaves: 42, arrives: 24 };
  await sail(stage, { ...parties, ...route, units, billOfLading: "BL-EXAMPLE-3071" });
  const readings = [{ type: "temperature", value: SENSOR, unit: "CEL", device: "hold sensor 7" }];
  await custody.report(line, [
    { kind: "sensing", at: custody.at(33, 4, 20), subjects: each(units), readings },
  ]);
}

/** The importer's broker declares the goods. */
async function declare({ custody, actors }: Stage, units: string[]): Promise<void> {
  const broker = actors.enterprise("broker");
  await custody.report(actors.enterprise("importer"), [
    { kind: "delegating", at: custody.at(24, 9, 30), subjects: each(units), to: broker.id },
  ]);
  await custody.report(broker, [
    {
      kind: "declaring",
      at: custody.at(24, 14, 20),
      subjects: each(units),
      declaration: { tradeMode: "1210", category: "food", customsOffice: "5165", originCountry: "NZ" },
      documents: [{ type: "inventory", number: "51652026I000000001" }],
    },
  ]);
}

async function storeInBond({ custody, actors }: Stage, units: string[], pallets: string[]): Promise<void> {
  const warehouse = actors.enterprise("warehouse");
  await custody.report(actors.enterprise("importer"), [
    ...unloading(custody, units, 23),
    { kind: "shipping", at: custody.at(23, 9), subjects: each(pallets), to: warehouse.id },
  ]);
  await custody.report(warehouse, [
    { kind: "accepting", at: custody.at(23, 11), subjects: each(pallets), place: NANSHA },
    { kind: "storing", at: custody.at(23, 12), subjects: each(pallets), place: NANSHA },
  ]);
}

/** The warehouse ships its last pallet to the importer, who has not accepted it when the story ends. */
async function shipLastPallet({ custody, actors }: Stage, { packed }: Travelled): Promise<string> {
  const pallet = packed.pallets.at(-1) as string;
  const documents = [{ type: "waybill", number: "DN-EXAMPLE-100" }];
  const to = actors.enterprise("importer").id;
  await custody.report(actors.enterprise("warehouse"), [
    { kind: "shipping", at: custody.at(1, 18), subjects: [{ unit: pallet }], to, documents },
  ]);
  return pallet;
}
