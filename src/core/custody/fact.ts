import type { Kind, Role } from "./vocabulary.ts";
import type { Segment } from "./segment.ts";

/** The reader's key of a unit: the store's number, or in a bundle its chain's name. Only compared for equality. */
export type UnitKey = string | number;

/** A thing in custody: a segment of a batch (a code has level 0, and `start` is its item key), or a unit. */
export type Thing = { segment: Segment } | { unit: UnitKey };

/** The custody content of one record, as read from one thing's chain. */
export interface Fact {
  /** The record's index in the log. */
  index: number;
  kind: Kind;
  /** The event's own time, milliseconds since 1970. */
  atMs: number;
  /** The reporting organisation. */
  organisation: string;
  /** The part of the thing whose chain it was read from. */
  part: "subject" | "parent" | "input" | "output";
  /** The unit moved into or out of. */
  unit?: UnitKey;
  /** True where the record empties `unit` completely. */
  empties?: boolean;
  /** The next holder (shipping) or the delegate (delegating). */
  to?: string;
  /** The carrier who may report until the next holder accepts. */
  carrier?: string;
  /** Index of the record that corrected this one. */
  correctedBy?: number;
  /** The recall that a recalling or lifting record belongs to. */
  recall?: string;
}

/** A position in the journey's order: the event's own time, ties by log index. */
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

/** A source of facts: the store or a bundle. All calls are synchronous and return facts in the journey's order. */
export interface FactReader {
  /** Every fact on the chains of a thing (for a segment: of the segment and every segment above it) in the window. */
  facts(thing: Thing, window: Window): Fact[];
  /** The last fact before a moment that put a unit into another unit; undefined if none did. */
  entered(unit: UnitKey, before: Moment): Fact | undefined;
  /** The first fact at or after a moment that emptied a unit; undefined if none did. */
  emptied(unit: UnitKey, from: Moment): Fact | undefined;
  /** The inputs of a transforming record. */
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
 * The role of an organisation, from the prefix of its id: a verifier with only a record can determine it. @throws
 * RangeError for an id without a known prefix
 */
export function roleOf(organisation: string): Role {
  if (organisation.startsWith("ent_")) return "enterprise";
  if (organisation.startsWith("lab_")) return "assessor";
  if (organisation.startsWith("aut_")) return "authority";
  if (organisation === "operator") return "operator";
  throw new RangeError(
    `an organisation's id must start with ent_, lab_ or aut_, or be operator, got ${organisation}`,
  );
}

/** The role that an id states; undefined for an id that states none. */
export function roleIn(organisation: string): Role | undefined {
  try {
    return roleOf(organisation);
  } catch {
    return undefined;
  }
}
