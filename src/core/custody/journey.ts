import {
  ALWAYS,
  compareMoments,
  earlier,
  inWindow,
  type Fact,
  type FactReader,
  momentOf,
  type Moment,
  type Thing,
  type UnitKey,
  type Window,
} from "./fact.ts";
import { ruleOf } from "./vocabulary.ts";

/** A stay of a thing in a unit, from its packing until it came out, the unit was emptied, or now. */
export interface Stay {
  unit: UnitKey;
  /** What put the thing into the unit; before `from` where a window opened later. */
  opened: Fact;
  from: Moment;
  to: Moment | null;
  /** What ended it; absent while it lasts, and where a window closed before it ended. */
  ended?: Fact;
  /** The units around the one that the stay is in, innermost first; empty for the thing's own stays. */
  via: UnitKey[];
}

/** One step of a journey: a fact, and the units through which it reached the thing (none: it names the thing). */
export interface Step {
  fact: Fact;
  via: UnitKey[];
  /** For what happened to a bulk input before it became this: the index of the transforming record. */
  upstream?: number;
}

export interface Journey {
  /** In the order of `at`, ties by log index. */
  steps: Step[];
  stays: Stay[];
}

/** Deeper nesting than any packing has: an error, not a journey. */
const MAX_DEPTH = 32;

/** Units are packed in a circle, or so deep that it must be one. */
export class PackedInCircle extends Error {
  override readonly name = "PackedInCircle";

  constructor() {
    super(`units are packed more than ${MAX_DEPTH} deep, or in a circle`);
  }
}

/** @throws PackedInCircle for more units around a thing than any packing has */
export function requireDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new PackedInCircle();
}

/**
 * Everything that happened to a thing: its own facts, and those of every unit it was in while it was in it, with the
 * windows intersected on the way up so that nothing of a unit's other life is read.
 * @throws PackedInCircle
 */
export function journeyOf(reader: FactReader, thing: Thing, window: Window = ALWAYS): Journey {
  const found: Following = { steps: [], stays: [], transformed: new Set() };
  follow(reader, thing, window, [], undefined, found);
  const steps = distinct(found.steps);
  steps.sort((a, b) => compareMoments(momentOf(a.fact), momentOf(b.fact)));
  return { steps, stays: found.stays };
}

interface Following extends Journey {
  /** Transformations whose inputs were followed: bulk that is mixed again and again is still read once. */
  transformed: Set<string>;
}

/** Several inputs of a transformation share records; each is one step. */
function distinct(steps: Step[]): Step[] {
  const seen = new Set<string>();
  return steps.filter(({ fact, upstream, via }) => {
    if (upstream === undefined) return true;
    const id = `${fact.index} ${upstream} ${via.join()}`;
    return !seen.has(id) && Boolean(seen.add(id));
  });
}

function follow(
  reader: FactReader,
  thing: Thing,
  window: Window,
  via: UnitKey[],
  upstream: number | undefined,
  journey: Following,
): void {
  requireDepth(via.length);
  // A unit may have been put into another before the window opens, and be in it still.
  const entered = "unit" in thing ? reader.entered(thing.unit, window.from) : undefined;
  const since = entered ? { from: momentOf(entered), to: window.to } : window;
  const all = reader.facts(thing, since);
  const facts = entered ? all.filter((fact) => inWindow(momentOf(fact), window)) : all;
  for (const fact of facts) {
    if (via.length > 0 && !reachesContents(fact)) continue;
    journey.steps.push(upstream === undefined ? { fact, via } : { fact, via, upstream });
  }
  for (const stay of clipped(staysOf(reader, all, window.to, via), window)) {
    journey.stays.push(stay);
    pushEmptying(stay, upstream, journey);
    follow(reader, { unit: stay.unit }, stay, [...via, stay.unit], upstream, journey);
  }
  for (const fact of facts)
    if (fact.part === "output" && fact.correctedBy === undefined && once(fact, via, journey))
      for (const input of reader.inputs(fact.index))
        follow(reader, input, { from: ALWAYS.from, to: momentOf(fact) }, via, fact.index, journey);
}

function once({ index }: Fact, via: UnitKey[], { transformed }: Following): boolean {
  const id = `${index} ${via.join()}`;
  return !transformed.has(id) && Boolean(transformed.add(id));
}

/** What of the stays lies in the window. */
function clipped(stays: Stay[], window: Window): Stay[] {
  return stays
    .filter(({ to }) => to === null || compareMoments(to, window.from) > 0)
    .map((stay) => (compareMoments(stay.from, window.from) < 0 ? { ...stay, from: window.from } : stay));
}

/** The emptying of its unit is on no chain of the thing's own, and just past the window in which the unit's is read. */
function pushEmptying(stay: Stay, upstream: number | undefined, journey: Journey): void {
  const { ended, via, unit } = stay;
  if (ended?.empties !== true) return;
  const step: Step = { fact: ended, via: [...via, unit] };
  journey.steps.push(upstream === undefined ? step : { ...step, upstream });
}

/** What is put into or taken out of a unit beside a thing is not that thing's history; the emptying of the unit is. */
function reachesContents(fact: Fact): boolean {
  return fact.part !== "parent" || fact.empties === true;
}

/**
 * The stays that a thing's own facts make. One ends with the thing's next move, with the emptying of its unit, or
 * with an event that only something taken out can undergo.
 */
export function staysOf(reader: FactReader, facts: Fact[], end: Moment | null, via: UnitKey[] = []): Stay[] {
  const moves = facts.filter((fact) => fact.correctedBy === undefined && isMove(fact));
  const stays: Stay[] = [];
  moves.forEach((fact, i) => {
    if (!entersUnit(fact)) return;
    const unit = fact.unit as UnitKey;
    const from = momentOf(fact);
    const next = moves.slice(i + 1).find((later) => entersUnit(later) || takesOut(later, unit));
    const emptied = reader.emptied(unit, from);
    const out = firstOf(next, emptied);
    const to = earlier(out ? momentOf(out) : null, end);
    const stay: Stay = { unit, opened: fact, from, to, via };
    if (out && to !== null && compareMoments(momentOf(out), to) === 0) stay.ended = out;
    stays.push(stay);
  });
  return stays;
}

function firstOf(a: Fact | undefined, b: Fact | undefined): Fact | undefined {
  if (!a || !b) return a ?? b;
  return compareMoments(momentOf(a), momentOf(b)) <= 0 ? a : b;
}

function isMove(fact: Fact): boolean {
  return entersUnit(fact) || takesOut(fact, fact.unit);
}

/** Whether a fact puts the thing into a unit. */
export function entersUnit(fact: Fact): boolean {
  return fact.part === "subject" && ruleOf(fact.kind).moves === "in" && fact.unit !== undefined;
}

/** Leaving by unpacking (from what is named, else from what it is in), or by what cannot happen to something packed. */
function takesOut(fact: Fact, unit: UnitKey | undefined): boolean {
  if (fact.part === "input") return true;
  if (fact.part !== "subject") return false;
  if (ruleOf(fact.kind).moves === "out") return fact.unit === undefined || fact.unit === unit;
  return leavesUnit(fact);
}

/** Sampling, selling, consuming, voiding or destroying something that is still packed takes it out. */
export function leavesUnit({ kind }: Pick<Fact, "kind">): boolean {
  const { effect } = ruleOf(kind);
  return (
    effect === "sample" ||
    effect === "sell" ||
    effect === "consume" ||
    effect === "destroy" ||
    effect === "void"
  );
}
