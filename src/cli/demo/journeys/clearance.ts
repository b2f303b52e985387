import type { DemoBatch } from "../batch.ts";
import type { DemoEvent } from "../custody.ts";
import { each, NANSHA, type Stage } from "./stage.ts";

/** Items that customs take out of a carton as samples. */
export interface Samples {
  batch: DemoBatch;
  positions: number[];
  carton: string;
}

/** Customs match the documents, inspect the goods, draw samples where given, and release: 16 minutes in all. */
export async function clear(
  { custody, actors }: Stage,
  units: string[],
  daysAgo: number,
  samples?: Samples,
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
