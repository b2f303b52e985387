import type { EventInput } from "../../src/services/custody/event.ts";
import { confirmRecall, draftRecall } from "../../src/services/custody/recall.ts";
import { MAX_EVENTS, recordEvents } from "../../src/services/custody/record-events.ts";
import type { Service } from "../../src/services/service.ts";
import type { Caller } from "../../src/services/caller.ts";
import type { FiledGoods, Organisation } from "./filing.ts";
import { container, sscc } from "./identifiers.ts";
import type { PlannedBatch } from "./plan.ts";

/** A batch that was issued, and what its journey needs. */
export interface Travelling {
  id: string;
  goods: FiledGoods;
  planned: PlannedBatch;
  importer: Organisation;
  authority: Caller;
  /** The freight container that it goes in; used again once it was emptied. */
  container: number;
  /** When its codes went onto the goods. */
  beginsMs: number;
}

const HOUR_MS = 60 * 60 * 1000;
/** A whole journey is over after this many hours. */
export const JOURNEY_HOURS = 200;
const CARTONS_TO_A_PALLET = 16;
/** Numbers of units set aside for each batch. */
const UNITS_OF_A_BATCH = 100;

/**
 * Reports what happened to a batch, each holder its own part: labels activated, cartons packed and put on pallets, these
 * into a container, shipped, accepted, declared, released, emptied, some codes sold one by one.
 * @returns how many events that took
 */
export async function travel(service: Service, travelling: Travelling): Promise<number> {
  const { planned, goods, importer, authority } = travelling;
  if (planned.fate === "inactive") return 0;
  const parts: [Caller, EventInput[]][] = [
    [goods.owner.caller, factory(travelling)],
    [importer.caller, arrival(travelling)],
    [authority, release(travelling)],
    [importer.caller, retail(travelling)],
  ];
  let events = 0;
  for (const [caller, reported] of parts)
    for (let from = 0; from < reported.length; from += MAX_EVENTS) {
      const call = reported.slice(from, from + MAX_EVENTS);
      await recordEvents(service, caller, call);
      events += call.length;
    }
  if (planned.fate === "recalled") await recall(service, travelling);
  return events;
}

function factory(travelling: Travelling): EventInput[] {
  const { id: batch, planned, importer } = travelling;
  const { quantity, spoiled, carton, cartons } = planned;
  const at = timeOf(travelling);
  const events: EventInput[] = [
    { kind: "commissioning", at: at(0), subjects: [{ batch, first: 0, last: quantity - spoiled - 1 }] },
  ];
  if (spoiled > 0)
    events.push({
      kind: "voiding",
      at: at(1),
      subjects: [{ batch, first: quantity - spoiled, last: quantity - 1 }],
    });
  if (cartons === 0) return events;
  for (let n = 0; n < cartons; n++)
    events.push({
      kind: "packing",
      at: at(4),
      subjects: [{ batch, first: n * carton, last: (n + 1) * carton - 1 }],
      into: cartonOf(travelling, n),
    });
  const pallets = palletsOf(travelling);
  pallets.forEach((pallet, p) => {
    const subjects = Array.from(
      { length: Math.min(CARTONS_TO_A_PALLET, cartons - p * CARTONS_TO_A_PALLET) },
      (_, i) => ({ unit: cartonOf(travelling, p * CARTONS_TO_A_PALLET + i) }),
    );
    events.push({ kind: "packing", at: at(8), subjects, into: pallet });
  });
  const unit = container(travelling.container);
  events.push(
    { kind: "loading", at: at(20), subjects: pallets.map((pallet) => ({ unit: pallet })), into: unit },
    { kind: "shipping", at: at(24), subjects: [{ unit }], to: importer.id },
  );
  return events;
}

function arrival(travelling: Travelling): EventInput[] {
  const { planned, goods } = travelling;
  if (planned.cartons === 0) return [];
  const at = timeOf(travelling);
  const subjects = [{ unit: container(travelling.container) }];
  const { tradeMode, category } = goods.family;
  const declaration = {
    tradeMode,
    category,
    originCountry: "NZ",
    customsOffice: "5165",
    transport: { vehicleNo: "EX118", voyageNo: "EX118", billNo: `BL-${travelling.id}` },
    totalValue: { amount: "1000.00", currency: "USD" },
  };
  return [
    { kind: "accepting", at: at(120), subjects, place: { country: "CN", locode: "CNNSA", name: "Nansha" } },
    {
      kind: "declaring",
      at: at(124),
      subjects,
      declaration,
      documents: [{ type: "bol", number: `BL-${travelling.id}` }],
    },
  ];
}

function release(travelling: Travelling): EventInput[] {
  if (travelling.planned.cartons === 0) return [];
  return [
    {
      kind: "releasing",
      at: timeOf(travelling)(130),
      subjects: [{ unit: container(travelling.container) }],
    },
  ];
}

/** The container is emptied, and the pallets and cartons that goods are sold from; each sale is an event of its own. */
function retail(travelling: Travelling): EventInput[] {
  const { id: batch, planned } = travelling;
  const { carton, cartons, sold } = planned;
  if (cartons === 0) return [];
  const at = timeOf(travelling);
  const opened = Math.ceil(sold / carton);
  const pallets = palletsOf(travelling).slice(0, Math.ceil(opened / CARTONS_TO_A_PALLET));
  const events: EventInput[] = [
    { kind: "unloading", at: at(140), subjects: [], from: container(travelling.container) },
    ...pallets.map((from): EventInput => ({ kind: "unpacking", at: at(144), subjects: [], from })),
  ];
  for (let n = 0; n < opened; n++) {
    events.push({ kind: "unpacking", at: at(148), subjects: [], from: cartonOf(travelling, n) });
    for (let code = n * carton; code < Math.min(sold, (n + 1) * carton); code++)
      events.push({
        kind: "selling",
        at: at(150 + (code % 48)),
        subjects: [{ batch, first: code, last: code }],
      });
  }
  return events;
}

async function recall(service: Service, { id, authority }: Travelling): Promise<void> {
  const draft = await draftRecall(service, authority, {
    scope: { subjects: [{ batch: id }] },
    reason: "labelling",
    level: 3,
    advice: "Return it to the shop.",
  });
  await confirmRecall(service, authority, draft.id, draft.reach.codes);
}

function cartonOf({ planned }: Travelling, n: number): string {
  return sscc(planned.place * UNITS_OF_A_BATCH + n);
}

function palletsOf({ planned }: Travelling): string[] {
  const count = Math.ceil(planned.cartons / CARTONS_TO_A_PALLET);
  return Array.from({ length: count }, (_, p) => sscc((planned.place + 1) * UNITS_OF_A_BATCH - 1 - p));
}

function timeOf({ beginsMs }: Travelling): (hours: number) => string {
  return (hours) => new Date(beginsMs + hours * HOUR_MS).toISOString();
}
