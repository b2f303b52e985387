import type { Part, Statement, Subject } from "../ledger/record.ts";

import { isKind, type Kind, ruleOf } from "./vocabulary.ts";

/** The custody content of a statement: one definition for the service that stores it and the verifier of a bundle. */
export interface CustodyStatement {
  kind: Kind;
  /** The event's own time, milliseconds since 1970. */
  atMs: number;
  organisation: string;
  /** The unit moved into or out of: the hex of its chain name. */
  parent?: string;
  /** True where `parent` is emptied completely: a move out that names no child. */
  empties: boolean;
  to?: string;
  carrier?: string;
  recall?: string;
  /** The corrected event, by its reporter and id. */
  corrects?: { organisation: string; id: string };
}

/** A subject in custody: segments of a batch, or a unit. */
export type CustodySubject =
  | { batch: string; segments: [number, number][]; as?: Part }
  | { unit: string; as?: Part };

export function isCustodySubject(subject: Subject): subject is CustodySubject {
  return "unit" in subject || ("batch" in subject && "segments" in subject);
}

/** The part of a subject; without `as` it is the event's own subject. */
export function partOf(subject: CustodySubject): Part | "subject" {
  return subject.as ?? "subject";
}

/**
 * Reads a custody statement; undefined for a statement of administration. @throws RangeError if a custody statement
 * lacks a field that its kind needs
 */
export function readStatement(statement: Statement): CustodyStatement | undefined {
  const { kind } = statement;
  if (!isKind(kind)) return undefined;
  const subjects = statement.subjects.filter(isCustodySubject);
  const parent = subjects.find((subject) => subject.as === "parent");
  const read: CustodyStatement = {
    kind,
    atMs: Date.parse(statement.at),
    organisation: statement.actor.organisation,
    empties: false,
  };
  if (parent !== undefined && "unit" in parent) {
    read.parent = parent.unit;
    read.empties = ruleOf(kind).moves === "out" && subjects.every((subject) => subject.as === "parent");
  }
  const { to, carrier, recall, corrects } = statement.public;
  if (typeof to === "string") read.to = to;
  if (typeof carrier === "string") read.carrier = carrier;
  if (typeof recall === "string") read.recall = recall;
  if (corrects !== undefined) read.corrects = corrects as { organisation: string; id: string };
  if (kind === "correcting" && read.corrects === undefined)
    throw new RangeError(
      "a correcting statement must have public.corrects, with the organisation and id of the corrected event",
    );
  return read;
}
