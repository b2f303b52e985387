import type { Kind, Role } from "./vocabulary.ts";
import type { Segment } from "./segment.ts";

/** A unit as whoever reads facts knows it: the store's number for it, or its chain's name in a bundle. Only compared. */
export type UnitKey = string | number;

/** Something that custody happens to: a segment of a batch (a code is one of level 0, `start` an item key), or a unit. */
export type Thing = { segment: Segment } | { unit: UnitKey };

/** What custody needs to know of one record, as read from one thing's chain. */
export interface Fact {
  /** The record's index in the log. */
  index: number;
  kind: Kind;
  /** The event's own time, milliseconds since 1970. */
  atMs: number;
  /** Who reported it. */
  organisation: string;
  /** How the thing whose chain it was read from takes part. */
  part: "subject" | "parent" | "input" | "output";
  /** The unit moved into or out of. */
  unit?: UnitKey;
  /** True where the record empties `unit` of everything that was in it. */
  empties?: boolean;
  /** The next holder (shipping) or the delegate (delegating). */
  to?: string;
  /** The carrier who may report until the next holder accepts. */
  carrier?: string;
  /** The index of the record that took this one's effect away. */
  correctedBy?: number;
  /** The recall that a recalling or lifting record belongs to. */
  recall?: string;
}

/** A point of the journey's order: the event's own time, ties by log index. */
export interface Moment {
  atMs: number;
  index: number;
}

/** Facts from `from` on and before `to`; null is the end of time. */
export interface Window {
  from: Moment;
  to: Moment | null;
}

export const BEGINNING: Moment = { atMs: Number.NEGATIVE_INFINITY, index: -1 };
export const ALWAYS: Window = { from: BEGINNING, to: null };

/** Where facts are read from: the store, or a bundle. All calls are synchronous and return facts in the journey's order. */
export interface FactReader {
  /** Every fact on the chains of a thing (for a segment: of the segment and every segment above it) in the window. */
  facts(thing: Thing, window: Window): Fact[];
  /** When, last before a moment, a unit was put into another; undefined where it never was. */
  entered(unit: UnitKey, before: Moment): Fact | undefined;
  /** When a unit was first emptied at or after a moment; undefined while it has not been. */
  emptied(unit: UnitKey, from: Moment): Fact | undefined;
  /** The things that a transforming record used up. */
  inputs(index: number): Thing[];
}

export function momentOf(fact: Fact): Moment {
  return { atMs: fact.atMs, index: fact.index };
}

/** Negative, zero or positive as `a` is before, at or after `b`. */
export function compareMoments(a: Moment, b: Moment): number {
  return a.atMs === b.atMs ? a.index - b.index : a.atMs - b.atMs;
}

export function earlier(a: Moment | null, b: Moment | null): Moment | null {
  if (a === null) return b;
  if (b === null) return a;
  return compareMoments(a, b) <= 0 ? a : b;
}

export function inWindow(moment: Moment, window: Window): boolean {
  return (
    compareMoments(moment, window.from) >= 0 && (window.to === null || compareMoments(moment, window.to) < 0)
  );
}

/**
 * The role of an organisation: its id says it, so that a verifier holding only a record knows in which capacity
 * somebody spoke.
 * @throws RangeError for an id of no known form
 */
export function roleOf(organisation: string): Role {
  if (organisation.startsWith("ent_")) return "enterprise";
  if (organisation.startsWith("lab_")) return "assessor";
  if (organisation.startsWith("aut_")) return "authority";
  if (organisation === "operator") return "operator";
  throw new RangeError(`not an organisation's id: ${organisation}`);
}
