import type { Client } from "../client.ts";
import type { Actor, Actors } from "./actors.ts";
import { type DemoBatch, issueCodes } from "./batch.ts";
import type { Custody, DemoEvent, Subject } from "./custody.ts";
import { type MixedContainer, type PackedGoods, readFixture, type VehicleGoods } from "./fixtures.ts";
import { type Packed, packingEvents, share, Ssccs } from "./packing.ts";

/** All that the journeys work with. */
export interface Stage {
  client: Client;
  custody: Custody;
  actors: Actors;
  ssccs: Ssccs;
  nowMs: number;
}

/** Goods after their journey. */
export interface Travelled {
  batch: DemoBatch;
  packed: Packed;
  /** Positions that went onto goods. */
  commissioned: number;
}

interface Port {
  country: string;
  locode: string;
  name: string;
}

const AUCKLAND: Port = { country: "NZ", locode: "NZAKL", name: "Auckland" };
const INCHEON: Port = { country: "KR", locode: "KRINC", name: "Incheon" };
const GUANGZHOU: Port = { country: "CN", locode: "CNCAN", name: "Guangzhou" };
const HONG_KONG: Port = { country: "HK", locode: "HKHKG", name: "Hong Kong" };
const BANGKOK: Port = { country: "TH", locode: "THBKK", name: "Bangkok" };
const JEBEL_ALI: Port = { country: "AE", locode: "AEJEA", name: "Jebel Ali" };
const NANSHA: Port = { country: "CN", locode: "CNNSA", name: "Nansha" };

/** A voyage of some units from holder to holder, with the days of leaving and arriving counted back from today. */
interface Voyage {
  units: string[];
  from: Actor;
  carrier: Actor;
  to: Actor;
  origin: Port;
  destination: Port;
  leaves: number;
  arrives: number;
  billOfLading: string;
}

const each = (units: string[]): Subject[] => units.map((unit) => ({ unit }));

/** NZ infant formula by 1210: cartons, pallets, two containers, samples at the port, bonded warehouse, parcels, a return. */
export async function formula(
  stage: Stage,
): Promise<Travelled & { sampled: number[]; sensor: string; parcels: number }> {
  const { custody, actors } = stage;
  const goods = readFixture("infant-formula", stage.nowMs) as PackedGoods;
  const dairy = actors.enterprise("dairy");
  const line = actors.enterprise("line");
  const importer = actors.enterprise("importer");
  const broker = actors.enterprise("broker");
  const warehouse = actors.enterprise("warehouse");
  const made = await makeAndPack(stage, goods, 45, AUCKLAND);
  const { batch, packed } = made;
  await attachReport(stage, batch, 44);
  const loads = share(packed.pallets, goods.packing.containers);
  const units = [...loads.keys()].map((number) => `container:${number}`);
  await load(stage, dairy, loads, 43, AUCKLAND);
  const voyage = {
    from: dairy,
    carrier: line,
    to: importer,
    origin: AUCKLAND,
    destination: NANSHA,
  };
  await sail(stage, { ...voyage, units, leaves: 42, arrives: 24, billOfLading: "BL-EXAMPLE-3071" });
  // The day the cooling of the hold failed; the same value is what somebody will try to change.
  const readings = [{ type: "temperature", value: "31.6", unit: "CEL", device: "hold sensor 7" }];
  await custody.report(line, [
    { kind: "sensing", at: custody.at(33, 4, 20), subjects: each(units), readings },
  ]);
  await custody.report(importer, [
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
  const sampled = [0, 1, 2].map((i) => batch.codes.length / 2 + i);
  await customs(stage, units, 24, {
    batch,
    positions: sampled,
    carton: cartonOf(made, goods, sampled[0] as number),
  });
  await custody.report(importer, [
    ...units.map((unit): DemoEvent => ({
      kind: "unloading",
      at: custody.at(23, 8),
      subjects: [],
      from: unit,
    })),
    { kind: "shipping", at: custody.at(23, 9), subjects: each(packed.pallets), to: warehouse.id },
  ]);
  await custody.report(warehouse, [
    { kind: "accepting", at: custody.at(23, 11), subjects: each(packed.pallets), place: NANSHA },
    { kind: "storing", at: custody.at(23, 12), subjects: each(packed.pallets), place: NANSHA },
  ]);
  return { ...made, sampled, sensor: "31.6", parcels: await parcels(stage, made, goods) };
}

/** Korean cream by 9610: by air, sold by the platform. */
export async function cream(stage: Stage): Promise<Travelled> {
  const { custody, actors } = stage;
  const goods = readFixture("cream", stage.nowMs) as PackedGoods;
  const platform = actors.enterprise("platform");
  const made = await makeAndPack(stage, goods, 16, INCHEON);
  const { batch, packed } = made;
  const pallets = packed.pallets;
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
  await customs(stage, pallets, 13);
  await sellPallet(stage, made, goods, { pallet: 0, cartons: 10, seller: platform, daysAgo: 9 });
  await custody.report(platform, [
    { kind: "storing", at: custody.at(12, 10), subjects: each(pallets.slice(1)), place: GUANGZHOU },
  ]);
  return { ...made, batch };
}

/** Hong Kong egg rolls by 0110 under CEPA, half of them in the container that is used three times. */
export async function eggRolls(stage: Stage): Promise<Travelled & { container: string }> {
  const { custody, actors } = stage;
  const goods = readFixture("egg-rolls", stage.nowMs) as PackedGoods;
  const retailer = actors.enterprise("retailer");
  const bakery = actors.enterprise("bakery");
  const made = await makeAndPack(stage, goods, 42, HONG_KONG);
  const loads = share(made.packed.pallets, goods.packing.containers);
  const units = [...loads.keys()].map((number) => `container:${number}`);
  await load(stage, bakery, loads, 41, HONG_KONG);
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
  await customs(stage, units, 39);
  await emptyAndStore(stage, retailer, units, made.packed.pallets, 38);
  const half = made.packed.pallets.length / 2;
  for (const pallet of [0, half])
    await sellPallet(stage, made, goods, { pallet, cartons: 20, seller: retailer, daysAgo: 30 });
  return { ...made, container: units[0] as string };
}

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
  const units = [...loads.keys()].map((number) => `container:${number}`);
  await load(stage, mill, loads, 32, BANGKOK);
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
  await customs(stage, units, 25);
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

/** Six kinds of goods from three market shops by 1039, a code for each carton: the container's second life. */
export async function mixedContainer(stage: Stage): Promise<DemoBatch[]> {
  const { custody, actors } = stage;
  const goods = readFixture("mixed-container", stage.nowMs) as MixedContainer;
  const trader = actors.enterprise("trader");
  const motors = actors.enterprise("motors");
  const container = `container:${goods.container}`;
  const batches: DemoBatch[] = [];
  for (const kind of goods.kinds) batches.push(await issueCodes(stage.client, actors, trader, kind));
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
  await customs(stage, [container], 34);
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

/** Two parallel-import cars by 0110, back in the same container: assessed for conformity, rectified, one sold. */
export async function vehicles(stage: Stage): Promise<DemoBatch> {
  const { custody, actors } = stage;
  const goods = readFixture("vehicle", stage.nowMs) as VehicleGoods;
  const motors = actors.enterprise("motors");
  const dealer = actors.enterprise("dealer");
  const container = `container:${goods.container}`;
  const batch = await issueCodes(stage.client, actors, motors, goods);
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
  await customs(stage, [container], 4);
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

/** Codes ordered, put onto the goods, and these into cartons and onto pallets, by the owner. */
async function makeAndPack(
  stage: Stage,
  goods: PackedGoods,
  daysAgo: number,
  place: Port,
): Promise<Travelled> {
  const { custody, actors, ssccs } = stage;
  const owner = actors.enterprise(goods.owner);
  const batch = await issueCodes(stage.client, actors, owner, goods);
  const commissioned = goods.commissioned ?? batch.codes.length;
  const subjects = [{ batch: batch.id, first: 0, last: commissioned - 1 }];
  const { carton, pallet } = goods.packing;
  const { events, packed } = packingEvents(custody, ssccs, batch, {
    count: commissioned,
    carton,
    pallet,
    daysAgo,
  });
  await custody.report(owner, [
    { kind: "applying", at: custody.at(daysAgo, 6), subjects, place },
    { kind: "commissioning", at: custody.at(daysAgo, 7), subjects, place },
    ...events,
  ]);
  return { batch, packed, commissioned };
}

/** The laboratory's own report, which it signs itself. */
async function attachReport({ custody, actors }: Stage, batch: DemoBatch, daysAgo: number): Promise<void> {
  const text =
    "Test report NEL-EXAMPLE-0001: infant formula, stage 3, lot WC-3071. All tested values conform.\n";
  const digest = await custody.file(actors.lab, "test-report.txt", text);
  const report = { title: "Test report, GB 10767", number: "NEL-EXAMPLE-0001", result: "conformant", digest };
  await custody.reportSigned(actors.lab, [
    { kind: "reporting", at: custody.at(daysAgo, 11), subjects: [{ batch: batch.id }], reports: [report] },
  ]);
}

async function load(
  { custody }: Stage,
  owner: Actor,
  loads: Map<string, string[]>,
  daysAgo: number,
  place: Port,
): Promise<void> {
  const events = [...loads].flatMap(([number, pallets]): DemoEvent[] => {
    const into = `container:${number}`;
    return [
      { kind: "loading", at: custody.at(daysAgo, 10), subjects: each(pallets), into, place },
      sealed(custody, into, daysAgo),
    ];
  });
  await custody.report(owner, events);
}

function sealed(custody: Custody, unit: string, daysAgo: number): DemoEvent {
  const seal = { class: "H", manufacturer: "EXS", number: `EXS${unit.slice(-6)}${daysAgo}` };
  return { kind: "sealing", at: custody.at(daysAgo, 17), subjects: [{ unit }], seal };
}

async function sail({ custody }: Stage, voyage: Voyage): Promise<void> {
  const { units, from, carrier, to, origin, destination, leaves, arrives, billOfLading } = voyage;
  const subjects = each(units);
  const documents = [{ type: "bol", number: billOfLading }];
  await custody.report(from, [
    { kind: "shipping", at: custody.at(leaves, 8), subjects, to: to.id, carrier: carrier.id, documents },
  ]);
  await custody.report(carrier, [
    { kind: "departing", at: custody.at(leaves, 19), subjects, place: origin },
    { kind: "arriving", at: custody.at(arrives, 6), subjects, place: destination },
  ]);
  await custody.report(to, [{ kind: "accepting", at: custody.at(arrives, 9), subjects, place: destination }]);
}

/** Documents matched, goods inspected, samples drawn where it is said which, and released: 16 minutes in all. */
async function customs(
  { custody, actors }: Stage,
  units: string[],
  daysAgo: number,
  samples?: { batch: DemoBatch; positions: number[]; carton: string },
): Promise<void> {
  const subjects = each(units);
  const matched = { order: "agrees", payment: "agrees", waybill: "agrees", inventory: "agrees" };
  const events: DemoEvent[] = [
    { kind: "matching", at: custody.at(daysAgo, 14, 24), subjects, fields: matched },
    { kind: "inspecting", at: custody.at(daysAgo, 14, 28), subjects, place: NANSHA },
  ];
  if (samples !== undefined) {
    const { batch, positions, carton } = samples;
    const drawn = positions.map((position) => ({ batch: batch.id, first: position, last: position }));
    events.push(
      { kind: "unpacking", at: custody.at(daysAgo, 14, 30), subjects: drawn, from: carton },
      { kind: "sampling", at: custody.at(daysAgo, 14, 31), subjects: drawn, place: NANSHA },
    );
  }
  events.push({ kind: "releasing", at: custody.at(daysAgo, 14, 36), subjects });
  await custody.report(actors.authority, events);
}

async function emptyAndStore(
  { custody }: Stage,
  holder: Actor,
  containers: string[],
  pallets: string[],
  daysAgo: number,
): Promise<void> {
  await custody.report(holder, [
    ...containers.map((from): DemoEvent => ({
      kind: "unloading",
      at: custody.at(daysAgo, 8),
      subjects: [],
      from,
    })),
    { kind: "storing", at: custody.at(daysAgo, 12), subjects: each(pallets), place: NANSHA },
  ]);
}

/** Opens a pallet and its first cartons and sells what was in them. */
async function sellPallet(
  { custody }: Stage,
  { batch, packed }: Travelled,
  { packing }: PackedGoods,
  sale: { pallet: number; cartons: number; seller: Actor; daysAgo: number },
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

/** Bonded retail: the platform sells, the warehouse packs parcels of two, the courier delivers; one comes back. */
async function parcels(
  { custody, actors }: Stage,
  made: Travelled,
  { packing }: PackedGoods,
): Promise<number> {
  const platform = actors.enterprise("platform");
  const warehouse = actors.enterprise("warehouse");
  const courier = actors.enterprise("courier");
  const { batch, packed } = made;
  const cartons = packed.cartons.slice(0, 20);
  const sold = { batch: batch.id, first: 0, last: cartons.length * packing.carton - 1 };
  const count = (sold.last + 1) / 2;
  const lpns = Array.from({ length: count }, (_, n) => parcelOf(n));
  await custody.report(warehouse, [
    { kind: "unpacking", at: custody.at(7, 8), subjects: [], from: packed.pallets[0] },
    ...cartons.map((from): DemoEvent => ({ kind: "unpacking", at: custody.at(7, 9), subjects: [], from })),
    { kind: "delegating", at: custody.at(7, 10), subjects: [sold], to: platform.id },
  ]);
  await custody.report(platform, [{ kind: "selling", at: custody.at(6, 20), subjects: [sold] }]);
  const packing2 = lpns.map((into, n): DemoEvent => {
    const subjects = [{ batch: batch.id, first: 2 * n, last: 2 * n + 1 }];
    return { kind: "packing", at: custody.at(5, 9), subjects, into };
  });
  const own = lpns.map((lpn) => ({ unit: lpn }));
  await custody.report(warehouse, [
    ...packing2,
    { kind: "dispatching", at: custody.at(5, 15), subjects: own },
    { kind: "delegating", at: custody.at(5, 16), subjects: own, to: courier.id },
  ]);
  // A licence plate is its giver's: others name him too.
  const delivered = lpns.map((lpn) => ({ unit: lpn.replace("lpn:", `lpn:${warehouse.id}/`) }));
  await custody.report(courier, [
    { kind: "departing", at: custody.at(5, 18), subjects: delivered, place: NANSHA },
    { kind: "arriving", at: custody.at(3, 11), subjects: delivered, place: GUANGZHOU },
  ]);
  await custody.report(warehouse, [
    { kind: "unpacking", at: custody.at(2, 10), subjects: [], from: parcelOf(count - 1) },
    {
      kind: "returning",
      at: custody.at(1, 9),
      subjects: [{ batch: batch.id, first: sold.last - 1, last: sold.last }],
      fields: { reason: "ordered twice" },
    },
  ]);
  return count;
}

function parcelOf(n: number): string {
  return `lpn:PARCEL-${String(n + 1).padStart(4, "0")}`;
}

function cartonOf({ packed }: Travelled, { packing }: PackedGoods, position: number): string {
  return packed.cartons[Math.floor(position / packing.carton)] as string;
}
