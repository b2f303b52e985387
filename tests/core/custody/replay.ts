import type { Event } from "../../http/trade.ts";

/** One recorded event as it was sent, with its sender. */
export interface Told {
  index: number;
  by: string;
  event: Event;
}

/** A thing of the replay: an item, named by its batch and position, or a unit, by its id. */
export interface Replayed {
  holder: string | null;
  status: string;
  held: boolean;
  /** The unit that it is in. */
  inside: string | null;
  /** Log indices. */
  steps: number[];
  /** Rule and log index. */
  findings: string[];
}

interface Thing extends Replayed {
  id: string;
  item: boolean;
  pending: string | null;
  others: Set<string>;
  /** The enterprise of the batch; null for a unit. */
  owner: string | null;
  /** Laboratories that may sample, and who engaged each. */
  engaged: Map<string, string>;
  carriers: Set<string>;
  holds: Set<string>;
  declared: boolean;
  departed: boolean;
}

const TAKES_OUT = ["sampling", "selling", "consuming", "voiding", "destroying"];
const ONLY_HOLDERS = [
  "applying",
  "commissioning",
  "voiding",
  "delegating",
  "purchasing",
  "shipping",
  "selling",
  "consuming",
  "destroying",
  "transforming",
];
const BECOMES: Record<string, string> = {
  selling: "sold",
  consuming: "consumed",
  exporting: "exported",
  voiding: "void",
  destroying: "destroyed",
  sampling: "sampled",
};

/**
 * The rules of docs/custody.md applied the slow way, to single items and units, one event after the other in the order
 * of their own times. It shares nothing with the service.
 */
export class Replay {
  readonly broken: string[] = [];
  private readonly things = new Map<string, Thing>();

  /** @param owners the enterprise of each batch */
  constructor(told: Told[], owners: Record<string, { owner: string; count: number }>) {
    for (const [batch, { owner, count }] of Object.entries(owners))
      for (let position = 0; position < count; position++) this.begin(`${batch}/${position}`, owner);
    const corrected = new Set(
      told.flatMap(({ by, event }) => {
        const target = event["corrects"] as { id: string; organisation?: string } | undefined;
        return target ? [`${target.organisation ?? by} ${target.id}`] : [];
      }),
    );
    const ordered = told.toSorted((a, b) => time(a) - time(b) || a.index - b.index);
    for (const one of ordered) {
      const target = one.event["corrects"] as { id: string; organisation?: string } | undefined;
      const about = target
        ? told.find((it) => it.event["id"] === target.id && it.by === (target.organisation ?? one.by))
        : one;
      const counts = !target && !corrected.has(`${one.by} ${String(one.event["id"])}`);
      this.play(one, (about as Told).event, counts, target !== undefined);
    }
  }

  of(id: string): Replayed {
    return this.thing(id);
  }

  /** Items and units directly or indirectly in a unit. */
  within(unit: string): string[] {
    return [...this.things.values()].filter((thing) => this.around(thing).includes(unit)).map(({ id }) => id);
  }

  private begin(id: string, holder: string | null): Thing {
    const thing: Thing = {
      id,
      item: holder !== null,
      holder,
      status: "issued",
      held: false,
      inside: null,
      steps: [],
      findings: [],
      pending: null,
      others: new Set(),
      owner: holder,
      engaged: new Map(),
      carriers: new Set(),
      holds: new Set(),
      declared: false,
      departed: false,
    };
    this.things.set(id, thing);
    return thing;
  }

  private thing(id: string): Thing {
    return this.things.get(id) ?? this.begin(id, null);
  }

  private around({ inside }: Thing): string[] {
    const units: string[] = [];
    for (let unit = inside; unit !== null && units.length < 40; unit = this.thing(unit).inside)
      units.push(unit);
    return units;
  }

  private named(event: Event): Thing[] {
    const subjects = event["subjects"] as { batch: string; unit?: string; first: number; last: number }[];
    return subjects.flatMap(({ batch, unit, first, last }) => {
      if (unit !== undefined) return [this.thing(unit)];
      const found: Thing[] = [];
      for (let position = first; position <= last; position++) found.push(this.thing(`${batch}/${position}`));
      return found;
    });
  }

  private play({ index, by, event }: Told, about: Event, counts: boolean, correction: boolean): void {
    const kind = event["kind"] as string;
    const named = this.named(about);
    const unit = (about["into"] ?? about["from"]) as string | undefined;
    const empties = about["from"] !== undefined && named.length === 0;
    const inside = [...this.things.values()].filter((thing) => {
      const around = this.around(thing);
      const reached = named.some(({ id }) => around.includes(id));
      return reached || (empties && !correction && around.includes(unit as string));
    });
    const parent = unit === undefined ? [] : [this.thing(unit)];
    for (const thing of [...named, ...parent, ...inside]) thing.steps.push(index);
    if (!counts) return;
    for (const thing of [...named, ...parent]) this.allow(thing, kind, by, parent.includes(thing), event);
    for (const thing of [...named, ...inside.filter(() => !empties)]) {
      this.live(thing, kind, by, index);
      this.hand(thing, kind, by, event);
      this.miss(thing, kind, by, index);
    }
    for (const thing of named)
      for (const rule of this.move(thing, kind, event))
        for (const told of [thing, ...inside.filter((one) => this.around(one).includes(thing.id))])
          told.findings.push(`${rule} ${index}`);
    if (empties) for (const thing of this.things.values()) if (thing.inside === unit) thing.inside = null;
  }

  private allow(thing: Thing, kind: string, by: string, parent: boolean, event: Event): void {
    if (kind === "sampling" && by.startsWith("lab_") && !thing.engaged.has(by)) this.break("not_engaged");
    if (thing.status === "destroyed") this.break("after_destruction");
    if (thing.status === "void") this.break("after_voiding");
    if (!by.startsWith("ent_")) {
      if (parent && ["packing", "loading"].includes(kind) && thing.holder === null) thing.holder = by;
      return;
    }
    const empty = ![...this.things.values()].some(({ inside }) => inside === thing.id);
    if (thing.holder === null || (parent && empty && ["packing", "loading"].includes(kind))) {
      if (thing.holder !== by) this.take(thing, by);
      return;
    }
    const engages = kind === "delegating" && String(event["to"]).startsWith("lab_");
    const may =
      thing.holder === by ||
      (engages && thing.owner === by) ||
      (kind === "releasing" && thing.holds.has(by)) ||
      (parent && empty) ||
      (kind === "accepting"
        ? thing.pending === by
        : (thing.others.has(by) && kind !== "delegating") ||
          (thing.carriers.has(by) && !ONLY_HOLDERS.includes(kind)));
    if (!may) this.break("not_holder");
  }

  private live(thing: Thing, kind: string, by: string, index: number): void {
    const find = (rule: string): void => void thing.findings.push(`${rule} ${index}`);
    const was = thing.status;
    if (kind === "selling" || kind === "consuming") {
      if (thing.holds.size > 0) this.break("sold_while_held");
      if (was === "sampled") this.break("sold_after_sampling");
      if (was === "sold" || was === "consumed") find("sold_again");
      if (was === "issued" || was === "applied") find("sold_before_activation");
    }
    if (kind === "applying" && was === "issued") thing.status = "applied";
    else if (kind === "commissioning") {
      if (was === "issued" || was === "applied") thing.status = "active";
      else find("activated_again");
    } else if (kind === "returning") {
      if (["sold", "consumed", "exported"].includes(was)) thing.status = "active";
    } else thing.status = BECOMES[kind] ?? was;
    if (kind === "holding") thing.holds.add(by);
    if (kind === "releasing") {
      if (by.startsWith("aut_")) thing.holds.clear();
      else thing.holds.delete(by);
    }
    thing.held = thing.holds.size > 0;
  }

  private hand(thing: Thing, kind: string, by: string, event: Event): void {
    if (kind === "shipping") {
      thing.pending = event["to"] as string;
      if (event["carrier"] !== undefined) thing.carriers.add(event["carrier"] as string);
    } else if (kind === "delegating") {
      const to = event["to"] as string;
      if (to.startsWith("lab_")) thing.engaged.set(to, by);
      else thing.others.add(to);
    } else if (kind === "accepting" && by.startsWith("ent_")) this.take(thing, by);
  }

  private take(thing: Thing, by: string): void {
    Object.assign(thing, { holder: by, pending: null, others: new Set(), carriers: new Set() });
    for (const [lab, engager] of thing.engaged)
      if (engager !== thing.owner && !engager.startsWith("aut_")) thing.engaged.delete(lab);
  }

  private miss(thing: Thing, kind: string, by: string, index: number): void {
    if (kind === "declaring") thing.declared = true;
    if (kind === "departing") thing.departed = true;
    if (kind === "releasing" && by.startsWith("aut_") && !thing.declared)
      thing.findings.push(`released_without_declaration ${index}`);
    if (kind === "arriving" && !thing.departed) thing.findings.push(`arrived_without_departure ${index}`);
  }

  /** The findings of a thing and of its contents. */
  private move(thing: Thing, kind: string, event: Event): string[] {
    const was = thing.inside;
    if (event["into"] !== undefined) {
      if (was !== null) this.break("packed_twice");
      thing.inside = event["into"] as string;
      if (this.around(thing).includes(thing.id)) this.break("packed_in_a_circle");
      return [];
    }
    if (event["from"] !== undefined) {
      if (was !== event["from"]) return ["not_in_unit"];
      thing.inside = null;
    } else if (kind === "unloading") thing.inside = null;
    else if (TAKES_OUT.includes(kind) && was !== null) {
      thing.inside = null;
      return ["taken_out_while_packed"];
    }
    return [];
  }

  private break(rule: string): void {
    this.broken.push(rule);
  }
}

function time({ event }: Told): number {
  return Date.parse(event["at"] as string);
}
