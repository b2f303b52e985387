import { ruleOf } from "../../../src/core/custody/vocabulary.ts";
import type { EventInput } from "../../../src/services/custody/event.ts";

/** One event that was recorded, with its log index. */
export interface Recorded {
  index: number;
  event: EventInput;
}

/**
 * The journey of one item, the slow way: all events in order, one after the other, keeping track of where every unit
 * is. It shares nothing with the real trace but the vocabulary's table.
 */
export function journeyByReplay(position: number, recorded: Recorded[]): number[] {
  const inside = new Map<string, string>();
  const me = "item";
  const journey: number[] = [];
  const ordered = [...recorded].sort(
    (a, b) => Date.parse(a.event.at) - Date.parse(b.event.at) || a.index - b.index,
  );
  for (const { index, event } of ordered) {
    const around = unitsAround(me, inside);
    const named = namedBy(event, position);
    if ([me, ...around].some((thing) => named.has(thing)) || (empties(event) && around.includes(event.from!)))
      journey.push(index);
    move(event, named, inside);
  }
  return journey;
}

function empties(event: EventInput): boolean {
  return event.from !== undefined && event.subjects.length === 0;
}

function namedBy(event: EventInput, position: number): Set<string> {
  const named = new Set<string>();
  for (const subject of event.subjects) {
    if ("unit" in subject) named.add(subject.unit);
    else if ("first" in subject && subject.first <= position && position <= subject.last) named.add("item");
    else if ("batch" in subject && !("first" in subject)) named.add("item");
  }
  return named;
}

function unitsAround(thing: string, inside: Map<string, string>): string[] {
  const around: string[] = [];
  for (let unit = inside.get(thing); unit !== undefined; unit = inside.get(unit)) around.push(unit);
  return around;
}

function move(event: EventInput, named: Set<string>, inside: Map<string, string>): void {
  const { effect } = ruleOf(event.kind);
  if (event.into !== undefined) for (const thing of named) inside.set(thing, event.into);
  else if (empties(event)) {
    for (const [thing, unit] of inside) if (unit === event.from) inside.delete(thing);
  } else if (event.from !== undefined) {
    for (const thing of named) if (inside.get(thing) === event.from) inside.delete(thing);
  } else if (effect !== undefined && ["sample", "sell", "consume", "destroy", "void"].includes(effect))
    for (const thing of named) inside.delete(thing);
}
