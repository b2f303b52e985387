import {
  ALWAYS,
  compareMoments,
  earlier,
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
  from: Moment;
  to: Moment | null;
  /** Index of the record that ended it; absent while it lasts. */
  endedBy?: number;
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

/**
 * Everything that happened to a thing: its own facts, and those of every unit it was in while it was in it, with the
 * windows intersected on the way up so that nothing of a unit's other life is read.
 * @throws RangeError where units are packed in a circle
 */
export function journeyOf(reader: FactReader, thing: Thing, window: Window = ALWAYS): Journey {
  const journey: Journey = { steps: [], stays: [] };
  follow(reader, thing, window, [], undefined, journey);
  journey.steps.sort((a, b) => compareMoments(momentOf(a.fact), momentOf(b.fact)));
  return journey;
}

function follow(
  reader: FactReader,
  thing: Thing,
  window: Window,
  via: UnitKey[],
  upstream: number | undefined,
  journey: Journey,
): void {
  if (via.length > MAX_DEPTH) throw new RangeError(`units are packed more than ${MAX_DEPTH} deep, or in a circle`);
  const facts = reader.facts(thing, window);
  for (const fact of facts) {
    if (via.length > 0 && !reachesContents(fact)) continue;
    journey.steps.push(upstream === undefined ? { fact, via } : { fact, via, upstream });
  }
  for (const stay of staysOf(reader, facts, window.to, via)) {
    journey.stays.push(stay);
    follow(reader, { unit: stay.unit }, stay, [...via, stay.unit], upstream, journey);
  }
  for (const fact of facts)
    if (fact.part === "output" && fact.correctedBy === undefined)
      for (const input of reader.inputs(fact.index))
        follow(reader, input, { from: ALWAYS.from, to: momentOf(fact) }, via, fact.index, journey);
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
    if (!opensStay(fact)) return;
    const unit = fact.unit as UnitKey;
    const from = momentOf(fact);
    const next = moves.slice(i + 1).find((later) => opensStay(later) || takesOut(later, unit));
    const emptied = reader.emptied(unit, from);
    const out = earlier(next ? momentOf(next) : null, emptied ? momentOf(emptied) : null);
    const to = earlier(out, end);
    const stay: Stay = { unit, from, to, via };
    if (out !== null && to !== null && compareMoments(out, to) === 0) stay.endedBy = out.index;
    stays.push(stay);
  });
  return stays;
}

function isMove(fact: Fact): boolean {
  return opensStay(fact) || takesOut(fact, fact.unit);
}

function opensStay(fact: Fact): boolean {
  return fact.part === "subject" && ruleOf(fact.kind).moves === "in" && fact.unit !== undefined;
}

/** Leaving by unpacking, or by what cannot happen to something still packed. */
function takesOut(fact: Fact, unit: UnitKey | undefined): boolean {
  if (fact.part === "input") return true;
  if (fact.part !== "subject") return false;
  if (ruleOf(fact.kind).moves === "out") return fact.unit === unit;
  return leavesUnit(fact);
}

/** Sampling, selling, consuming, voiding or destroying something that is still packed takes it out. */
export function leavesUnit(fact: Fact): boolean {
  const effect = ruleOf(fact.kind).effect;
  return effect === "sample" || effect === "sell" || effect === "consume" || effect === "destroy" || effect === "void";
}
