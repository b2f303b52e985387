import { type Packer, Unpacker } from "./packing.ts";

/** The parts that a chain's goods or unit take in a record; a packed fact holds the index. */
export const PARTS = ["subject", "parent", "input", "output"] as const;
export type PartName = (typeof PARTS)[number];

/** The change that a record makes to the place of a chain's goods or unit; a packed fact holds the index. */
export const MOVES = ["none", "entered", "emptied"] as const;
export type MoveName = (typeof MOVES)[number];

/** A record on one chain. Texts are numbers of terms, 0 is none. */
export interface PackedFact {
  /** The record's index in the log. */
  index: number;
  /** The event's own time, milliseconds since 1970. */
  atMs: number;
  part: number;
  move: number;
  kind: number;
  organisation: number;
  /** The number of the unit moved into or out of. */
  unit: number;
  to: number;
  carrier: number;
  recall: number;
  /** The index of the record that corrected this one; -1 for none. */
  correctedBy: number;
}

/** Facts of one chain in the order of the log, packed: all of a full block, or the newest of a chain. */
export type PackedFacts = Uint8Array;

const UNIT = 16;
const TO = 32;
const CARRIER = 64;
const MORE = 128;
const RECALL = 1;
const CORRECTED = 2;

/** A fact takes some 15 bytes. */
export function packFact(to: Packer, fact: PackedFact): void {
  const more = (fact.recall === 0 ? 0 : RECALL) | (fact.correctedBy < 0 ? 0 : CORRECTED);
  to.byte(
    fact.part |
      (fact.move << 2) |
      (fact.unit === 0 ? 0 : UNIT) |
      (fact.to === 0 ? 0 : TO) |
      (fact.carrier === 0 ? 0 : CARRIER) |
      (more === 0 ? 0 : MORE),
  );
  to.integer(fact.index).signed(fact.atMs).integer(fact.kind).integer(fact.organisation);
  if (fact.unit !== 0) to.integer(fact.unit);
  if (fact.to !== 0) to.integer(fact.to);
  if (fact.carrier !== 0) to.integer(fact.carrier);
  if (more === 0) return;
  to.byte(more);
  if (fact.recall !== 0) to.integer(fact.recall);
  if (fact.correctedBy >= 0) to.integer(fact.correctedBy);
}

function unpackFact(from: Unpacker): PackedFact {
  const flags = from.byte();
  const index = from.integer();
  const atMs = from.signed();
  const kind = from.integer();
  const organisation = from.integer();
  const unit = (flags & UNIT) === 0 ? 0 : from.integer();
  const to = (flags & TO) === 0 ? 0 : from.integer();
  const carrier = (flags & CARRIER) === 0 ? 0 : from.integer();
  const more = (flags & MORE) === 0 ? 0 : from.byte();
  const recall = (more & RECALL) === 0 ? 0 : from.integer();
  const correctedBy = (more & CORRECTED) === 0 ? -1 : from.integer();
  const part = flags & 3;
  const move = (flags >> 2) & 3;
  return { index, atMs, part, move, kind, organisation, unit, to, carrier, recall, correctedBy };
}

/** Calls back for each packed fact. */
export function eachFact(facts: PackedFacts, found: (fact: PackedFact) => void): void {
  const from = new Unpacker(facts);
  while (!from.ended) found(unpackFact(from));
}

/** All packed facts. */
export function unpackFacts(facts: PackedFacts): PackedFact[] {
  const found: PackedFact[] = [];
  eachFact(facts, (fact) => void found.push(fact));
  return found;
}
