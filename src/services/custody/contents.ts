import {
  ALWAYS,
  BEGINNING,
  compareMoments,
  type Fact,
  type Moment,
  momentOf,
  type Thing,
  type UnitKey,
  type Window,
} from "../../core/custody/fact.ts";
import { requireDepth, staysOf } from "../../core/custody/journey.ts";
import type { Segment } from "../../core/custody/segment.ts";
import type { Vacancy } from "../../core/custody/state.ts";
import { ruleOf } from "../../core/custody/vocabulary.ts";
import type { StoreReader } from "./reader.ts";

/** The contents of a unit: segments of batches, and units with their contents. */
export interface Contents {
  segments: Segment[];
  units: UnitKey[];
}

/** Everything inside a unit, at any depth, at some time in the window. @throws PackedInCircle */
export function contentsDuring(reader: StoreReader, unit: UnitKey, window: Window): Contents {
  const contents: Contents = { segments: [], units: [] };
  collect(reader, unit, window, contents, 0);
  return contents;
}

/** Everything inside a unit at a moment, at any depth. */
export function contentsAt(reader: StoreReader, unit: UnitKey, moment: Moment): Contents {
  return contentsDuring(reader, unit, { from: moment, to: { atMs: moment.atMs, index: moment.index + 1 } });
}

/**
 * Whether a unit is empty just before a moment: it was never filled, was emptied, or its contents came out one by one.
 * Computed on the first call.
 */
export function vacancyOf(reader: StoreReader, unit: UnitKey): Vacancy {
  let changes: Fact[] | undefined;
  const stays = new Map<number, Window[]>();
  const staysFrom = (filling: Fact): Window[] => {
    const known = stays.get(filling.index) ?? staysOfFilling(reader, filling);
    stays.set(filling.index, known);
    return known;
  };
  return (moment) => {
    changes ??= changesOf(reader, unit, ALWAYS);
    // What was in the unit before it was last emptied is out.
    for (const fact of changes.toReversed()) {
      if (compareMoments(momentOf(fact), moment) >= 0) continue;
      if (fact.empties === true) return true;
      if (ruleOf(fact.kind).moves === "in" && staysFrom(fact).some((stay) => isDuring(moment, stay)))
        return false;
    }
    return true;
  };
}

/** The stays that begin with one filling of a unit. */
function staysOfFilling(reader: StoreReader, filling: Fact): Window[] {
  return reader
    .children(filling.index)
    .flatMap((child) => piecesOf(reader, child))
    .map((piece) => stayFrom(reader, piece, filling))
    .filter((stay) => stay !== undefined);
}

/** Whether a thing is in the unit just before a moment. */
function isDuring(moment: Moment, { from, to }: Window): boolean {
  return compareMoments(from, moment) < 0 && (to === null || compareMoments(moment, to) <= 0);
}

function collect(
  reader: StoreReader,
  unit: UnitKey,
  window: Window,
  contents: Contents,
  depth: number,
): void {
  requireDepth(depth);
  for (const filling of fillings(reader, unit, window))
    for (const child of reader.children(filling.index))
      for (const piece of piecesOf(reader, child)) {
        const stay = stayFrom(reader, piece, filling);
        if (stay === undefined || !overlaps(stay, window)) continue;
        if ("segment" in piece) contents.segments.push(piece.segment);
        else {
          contents.units.push(piece.unit);
          collect(reader, piece.unit, intersect(stay, window), contents, depth + 1);
        }
      }
}

/** The records that filled a unit since it was last emptied before the window. */
function fillings(reader: StoreReader, unit: UnitKey, window: Window): Fact[] {
  const facts = changesOf(reader, unit, { from: BEGINNING, to: window.to });
  const emptied = facts.findLastIndex(
    (fact) => fact.empties && compareMoments(momentOf(fact), window.from) <= 0,
  );
  return facts.slice(emptied + 1).filter((fact) => ruleOf(fact.kind).moves === "in");
}

/** The records that filled or emptied a unit, or took something out of it. */
function changesOf(reader: StoreReader, unit: UnitKey, window: Window): Fact[] {
  return reader
    .facts({ unit }, window)
    .filter((fact) => fact.part === "parent" && fact.correctedBy === undefined);
}

function piecesOf(reader: StoreReader, thing: Thing): Thing[] {
  return "unit" in thing ? [thing] : reader.pieces(thing.segment).map((segment) => ({ segment }));
}

function stayFrom(reader: StoreReader, piece: Thing, filling: Fact): Window | undefined {
  const facts = reader.facts(piece, { from: momentOf(filling), to: null });
  return staysOf(reader, facts, null).find((stay) => stay.from.index === filling.index);
}

function overlaps(a: Window, b: Window): boolean {
  return (
    (b.to === null || compareMoments(a.from, b.to) < 0) && (a.to === null || compareMoments(b.from, a.to) < 0)
  );
}

function intersect(a: Window, b: Window): Window {
  const from = compareMoments(a.from, b.from) >= 0 ? a.from : b.from;
  const to = a.to === null ? b.to : b.to === null || compareMoments(a.to, b.to) <= 0 ? a.to : b.to;
  return { from, to };
}
