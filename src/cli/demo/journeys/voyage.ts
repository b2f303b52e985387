import type { Actor } from "../actors.ts";
import type { Custody, DemoEvent } from "../custody.ts";
import { each, NANSHA, type Port, type Stage } from "./stage.ts";

/** A voyage of units from holder to holder. It leaves and arrives that many days before today. */
export interface Voyage {
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

/** Loads pallets into containers, by container number, and seals these. Resolves with the containers as units. */
export async function load(
  { custody }: Stage,
  owner: Actor,
  loads: Map<string, string[]>,
  daysAgo: number,
  place: Port,
): Promise<string[]> {
  const units = [...loads.keys()].map((number) => `container:${number}`);
  const loading = [...loads].map(([number, pallets]): DemoEvent => {
    const into = `container:${number}`;
    return { kind: "loading", at: custody.at(daysAgo, 10), subjects: each(pallets), into, place };
  });
  await custody.report(owner, loading);
  // In a call of its own: with a later event on the container, the loading of each item would be judged again.
  await custody.report(
    owner,
    units.map((unit) => sealed(custody, unit, daysAgo)),
  );
  return units;
}

/** The event that puts a seal onto a container. */
export function sealed(custody: Custody, unit: string, daysAgo: number): DemoEvent {
  const seal = { class: "H", manufacturer: "EXS", number: `EXS${unit.slice(-6)}${daysAgo}` };
  return { kind: "sealing", at: custody.at(daysAgo, 17), subjects: [{ unit }], seal };
}

/** Reports a voyage: the sender ships, the carrier departs and arrives, the receiver accepts. */
export async function sail({ custody }: Stage, voyage: Voyage): Promise<void> {
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

/** The receiver empties the containers and stores the pallets in Nansha. */
export async function emptyAndStore(
  { custody }: Stage,
  holder: Actor,
  containers: string[],
  pallets: string[],
  daysAgo: number,
): Promise<void> {
  await custody.report(holder, [
    ...unloading(custody, containers, daysAgo),
    { kind: "storing", at: custody.at(daysAgo, 12), subjects: each(pallets), place: NANSHA },
  ]);
}

/** The events that empty containers. */
export function unloading(custody: Custody, containers: string[], daysAgo: number): DemoEvent[] {
  const at = custody.at(daysAgo, 8);
  return containers.map((from) => ({ kind: "unloading", at, subjects: [], from }));
}
