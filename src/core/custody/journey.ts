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

/** A stay of a thing in a unit: from its packing until it is taken out or the unit is emptied. */
export interface Stay {
  unit: UnitKey;
  /** The fact that put the thing into the unit; earlier than `from` where the window starts later. */
  opened: Fact;
  from: Moment;
  to: Moment | null;
  /** The fact that ended it; absent while it lasts, and where the window ends first. */
  ended?: Fact;
  /** The units between the thing and this stay, innermost first; empty for the thing's own stays. */
  via: UnitKey[];
}

/** One step of a journey: a fact, and the units through which it reached the thing (empty if it names the thing). */
export interface Step {
  fact: Fact;
  via: UnitKey[];
  /** For a fact about an input before its transformation: the index of the transforming record. */
  upstream?: number;
}

export interface Journey {
  /** In the order of `at`, ties by log index. */
  steps: Step[];
  stays: Stay[];
}

/** Deepest nesting of units; deeper nesting is an error. */
const MAX_DEPTH = 32;

/** Units are packed in a circle, or deeper than any real packing. */
export class PackedInCircle extends Error {
  override readonly name = "PackedInCircle";

  constructor() {
    super(`units are packed in a circle, or more than ${MAX_DEPTH} deep`);
  }
}

/** @throws PackedInCircle above 32 units around a thing */
export function requireDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new PackedInCircle();
}

/**
 * The journey of a thing: its own facts, and those of every unit around it during its stay there. Windows are
 * intersected on the way up, so that no facts of a unit outside the stay are read.
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
  /** Transformations whose inputs were followed: bulk that is mixed repeatedly is still read once. */
  transformed: Set<string>;
}

/** Removes duplicate steps: several inputs of a transformation share records. */
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
  // A unit may enter another unit before the window starts, and still be in it.
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

/** The parts of the stays that lie in the window. */
function clipped(stays: Stay[], window: Window): Stay[] {
  return stays
    .filter(({ to }) => to === null || compareMoments(to, window.from) > 0)
    .map((stay) => (compareMoments(stay.from, window.from) < 0 ? { ...stay, from: window.from } : stay));
}

/**
 * Adds the emptying of the stay's unit: it is on none of the thing's own chains, and just past the window of the
 * unit.
 */
function pushEmptying(stay: Stay, upstream: number | undefined, journey: Journey): void {
  const { ended, via, unit } = stay;
  if (ended?.empties !== true) return;
  const step: Step = { fact: ended, via: [...via, unit] };
  journey.steps.push(upstream === undefined ? step : { ...step, upstream });
}

/** Packing or unpacking of other contents is not a thing's history; the emptying of its unit is. */
function reachesContents(fact: Fact): boolean {
  return fact.part !== "parent" || fact.empties === true;
}

/**
 * The stays in a thing's own facts. A stay ends with the thing's next move, with the emptying of its unit, or with an
 * event that is possible only outside a unit.
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

/**
 * Whether a fact takes the thing out of a unit: an unpacking (from the named unit, else the current one), or an event
 * that is possible only outside a unit.
 */
function takesOut(fact: Fact, unit: UnitKey | undefined): boolean {
  if (fact.part === "input") return true;
  if (fact.part !== "subject") return false;
  if (ruleOf(fact.kind).moves === "out") return fact.unit === undefined || fact.unit === unit;
  return leavesUnit(fact);
}

/** Whether an event takes a packed thing out of its unit: sampling, selling, consuming, voiding, destroying. */
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
