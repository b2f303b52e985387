import { codeAt, ID, UNIT } from "./cast.ts";
import type { Actor } from "./example.ts";
import { REPORT_DIGEST } from "./report.ts";

/** A kind of event, with the least that a report of it needs. */
export interface KindExample {
  kind: string;
  /** What has happened, for a reader who does not know the kind's name. */
  meaning: string;
  as: Actor;
  /** The event without `kind`: any member besides `at` and `subjects` is one that the kind needs. */
  event: Readonly<Record<string, unknown>> & { at: string; subjects: readonly unknown[] };
}

const positions = (first: number, last = first) => ({ batch: ID.batch, first, last });
const container = [{ unit: UNIT.container }];

/** At the exporter's plant, before the goods are packed. */
export const PLANT_KINDS: readonly KindExample[] = [
  {
    kind: "applying",
    meaning: "Labels are printed and on the goods.",
    as: "exporter",
    event: { at: "2026-11-04T09:00:00+13:00", subjects: [{ batch: ID.batch }] },
  },
  {
    kind: "commissioning",
    meaning: "Codes are activated: the goods may be sold.",
    as: "exporter",
    event: { at: "2026-11-04T10:00:00+13:00", subjects: [{ batch: ID.batch }] },
  },
  {
    kind: "voiding",
    meaning: "A label is spoiled; its code is never used.",
    as: "exporter",
    event: { at: "2026-11-04T10:30:00+13:00", subjects: [positions(999)] },
  },
  {
    kind: "packing",
    meaning: "Goods or units are put into a unit: carton, pallet.",
    as: "exporter",
    event: { at: "2026-11-04T11:00:00+13:00", subjects: [positions(0, 5)], into: UNIT.carton },
  },
  {
    kind: "transforming",
    meaning: "Goods are used up and others made of them: `subjects` go in, `outputs` come out.",
    as: "exporter",
    event: {
      at: "2026-11-04T12:00:00+13:00",
      subjects: [positions(900, 909)],
      outputs: [{ batch: ID.secondBatch, first: 0, last: 19 }],
    },
  },
  {
    kind: "delegating",
    meaning:
      "The holder lets another enterprise report on the goods too, or engages a laboratory to sample them.",
    as: "exporter",
    event: { at: "2026-11-04T13:00:00+13:00", subjects: [positions(3)], to: ID.laboratory },
  },
  {
    kind: "exporting",
    meaning: "The goods have left the customs territory for good.",
    as: "exporter",
    event: { at: "2026-11-04T14:00:00+13:00", subjects: [positions(200, 299)] },
  },
];

/** From the exporter's gate to the importer's. */
export const VOYAGE_KINDS: readonly KindExample[] = [
  {
    kind: "loading",
    meaning: "Units are put into a container or vehicle.",
    as: "exporter",
    event: { at: "2026-11-06T09:00:00+13:00", subjects: [{ unit: UNIT.pallet }], into: UNIT.container },
  },
  {
    kind: "sealing",
    meaning: "An ISO 17712 seal is put on a container.",
    as: "exporter",
    event: {
      at: "2026-11-06T09:30:00+13:00",
      subjects: container,
      seal: { class: "H", manufacturer: "Example Seals", number: "NZ0045821" },
    },
  },
  {
    kind: "shipping",
    meaning: "The goods are handed over; `to` is the next holder, once it accepts.",
    as: "exporter",
    event: { at: "2026-11-06T10:00:00+13:00", subjects: container, to: ID.importer },
  },
  {
    kind: "sensing",
    meaning: "A sensor's reading: temperature, humidity.",
    as: "exporter",
    event: {
      at: "2026-11-06T11:00:00+13:00",
      subjects: container,
      readings: [{ type: "temperature", value: "4.5", unit: "CEL" }],
    },
  },
  {
    kind: "departing",
    meaning: "The goods have left the port or site.",
    as: "exporter",
    event: { at: "2026-11-07T06:00:00+13:00", subjects: container },
  },
  {
    kind: "transporting",
    meaning: "The goods are under way.",
    as: "exporter",
    event: { at: "2026-11-12T06:00:00Z", subjects: container },
  },
  {
    kind: "arriving",
    meaning: "The goods have arrived at the port or site.",
    as: "exporter",
    event: { at: "2026-11-24T06:00:00+08:00", subjects: container },
  },
];

/** From the quay to the shop. */
export const IMPORT_KINDS: readonly KindExample[] = [
  {
    kind: "accepting",
    meaning: "The next holder takes the goods over: from now on it reports on them.",
    as: "importer",
    event: { at: "2026-11-24T10:00:00+08:00", subjects: container },
  },
  {
    kind: "declaring",
    meaning: "The goods are declared to customs.",
    as: "importer",
    event: {
      at: "2026-11-24T11:00:00+08:00",
      subjects: container,
      declaration: { tradeMode: "0110" },
    },
  },
  {
    kind: "matching",
    meaning: "Customs has compared order, payment, logistics and declaration.",
    as: "officer",
    event: { at: "2026-11-24T13:00:00+08:00", subjects: container },
  },
  {
    kind: "inspecting",
    meaning: "The goods were looked at.",
    as: "officer",
    event: { at: "2026-11-24T14:00:00+08:00", subjects: container },
  },
  {
    kind: "holding",
    meaning: "The goods are held back: nobody may sell or use them.",
    as: "officer",
    event: { at: "2026-11-24T14:10:00+08:00", subjects: container },
  },
  {
    kind: "releasing",
    meaning: "The authority releases the goods, or a holder ends its own hold.",
    as: "officer",
    event: { at: "2026-11-25T09:00:00+08:00", subjects: container },
  },
  {
    kind: "unloading",
    meaning: "Units are taken out of a container or vehicle; `from` may name it.",
    as: "importer",
    event: { at: "2026-11-25T11:00:00+08:00", subjects: [{ unit: UNIT.pallet }] },
  },
  {
    kind: "storing",
    meaning: "The goods are put into a warehouse.",
    as: "importer",
    event: { at: "2026-11-25T12:00:00+08:00", subjects: [{ unit: UNIT.pallet }] },
  },
  {
    kind: "dispatching",
    meaning: "The goods are picked and leave the warehouse.",
    as: "importer",
    event: { at: "2026-11-26T09:00:00+08:00", subjects: [{ unit: UNIT.pallet }] },
  },
  {
    kind: "purchasing",
    meaning: "The goods are bought.",
    as: "importer",
    event: { at: "2026-11-26T09:30:00+08:00", subjects: [{ unit: UNIT.carton }] },
  },
  {
    kind: "unpacking",
    meaning: "Goods are taken out of a unit; with no subjects the whole unit is emptied.",
    as: "importer",
    event: { at: "2026-11-26T10:00:00+08:00", subjects: [positions(0, 5)], from: UNIT.carton },
  },
  {
    kind: "sampling",
    meaning: "Goods are taken as samples: they are not for sale any more.",
    as: "laboratory",
    event: { at: "2026-11-26T11:00:00+08:00", subjects: [{ codes: [codeAt(3)] }] },
  },
  {
    kind: "reporting",
    meaning: "A test report or certificate is attached; its file was stored first.",
    as: "laboratory",
    event: {
      at: "2026-11-26T12:00:00+08:00",
      subjects: [{ batch: ID.batch }],
      reports: [{ title: "Test report KD-2026-0417", digest: REPORT_DIGEST }],
    },
  },
  {
    kind: "selling",
    meaning: "The goods are sold to a consumer.",
    as: "importer",
    event: { at: "2026-11-27T10:00:00+08:00", subjects: [{ codes: [codeAt(0)] }] },
  },
  {
    kind: "returning",
    meaning: "Sold goods have come back.",
    as: "importer",
    event: { at: "2026-11-28T10:00:00+08:00", subjects: [{ codes: [codeAt(0)] }] },
  },
  {
    kind: "repairing",
    meaning: "Goods were put right: relabelled, repaired, repacked.",
    as: "importer",
    event: { at: "2026-11-28T11:00:00+08:00", subjects: [{ codes: [codeAt(0)] }] },
  },
  {
    kind: "consuming",
    meaning: "The goods are used up by their holder.",
    as: "importer",
    event: { at: "2026-11-28T12:00:00+08:00", subjects: [{ codes: [codeAt(1)] }] },
  },
  {
    kind: "destroying",
    meaning: "The goods are destroyed.",
    as: "importer",
    event: { at: "2026-11-28T13:00:00+08:00", subjects: [{ codes: [codeAt(2)] }] },
  },
  {
    kind: "correcting",
    meaning: "An earlier event is taken back: it did not occur, or its data are wrong.",
    as: "importer",
    event: {
      at: "2026-11-28T14:00:00+08:00",
      subjects: [],
      corrects: { id: "shelf-2026-11-26" },
      reason: "did_not_occur",
    },
  },
];

export const ALL_KINDS: readonly KindExample[] = [...PLANT_KINDS, ...VOYAGE_KINDS, ...IMPORT_KINDS];
