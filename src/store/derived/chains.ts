import type { Fact, Moment } from "../../core/custody/fact.ts";
import { entersUnit } from "../../core/custody/journey.ts";
import { isKind } from "../../core/custody/vocabulary.ts";
import { BLOCK_FACTS, type ChainKey, type ChainRows, type NodePlace } from "./chain-rows.ts";
import type { Numbered } from "./numbered.ts";
import {
  eachFact,
  type MoveName,
  MOVES,
  packFact,
  type PackedFact,
  type PartName,
  PARTS,
  unpackFacts,
} from "./packed-chain.ts";
import { Packer } from "./packing.ts";

export type { ChainKey, NodePlace } from "./chain-rows.ts";

/** A record on a chain, before it is packed. */
export interface NewFact {
  index: number;
  atMs: number;
  kind: string;
  organisation: string;
  /** The number of the unit moved into or out of. */
  unit?: number | undefined;
  to?: string | undefined;
  carrier?: string | undefined;
  recall?: string | undefined;
}

/** The n-th record of a chain, and the part that the chain's goods or unit take in it. */
export interface LinkRow {
  n: number;
  index: number;
  at: number;
  part: PartName;
  move: MoveName;
}

/** What a chain says about one of its records. */
export type FactText = Pick<
  NewFact,
  "index" | "kind" | "organisation" | "unit" | "to" | "carrier" | "recall"
> & { correctedBy: number | undefined };

/** The most facts that stay unpacked. */
const MOST_UNPACKED = 8192;
const ENTERED = MOVES.indexOf("entered");
const EMPTIED = MOVES.indexOf("emptied");
const NEVER = Number.NEGATIVE_INFINITY;

/** The chains of custody: what each record says about each thing. */
export class Chains {
  private readonly rows: ChainRows;
  private readonly terms: Numbered;
  private readonly packer = new Packer();
  /** Facts of numbered chains, with the packed chain that they are of. */
  private readonly unpacked = new Map<number, { packed: Uint8Array; facts: Fact[] }>();
  private unpackedFacts = 0;

  constructor(rows: ChainRows, terms: Numbered) {
    this.rows = rows;
    this.terms = terms;
  }

  /** From now on what records from `index` on left in the tables is not read; `Infinity` for all. */
  readAsOf(index: number): void {
    this.rows.readAsOf(index);
  }

  /** The number of a chain's records; 0 for a chain that does not exist. */
  length(key: ChainKey): number {
    const chain = this.rows.chain(key);
    return chain === undefined ? 0 : chain.blocks * BLOCK_FACTS + chain.count;
  }

  /** The index of a chain's last record. */
  lastIndex(key: ChainKey): number | undefined {
    const chain = this.rows.chain(key);
    return chain && unpackFacts(chain.newest).at(-1)?.index;
  }

  /** Adds a record to a chain, with the part and move of its thing. */
  extend(key: ChainKey, fact: NewFact, part: PartName, move: MoveName): void {
    const chain = this.rows.chain(key) ?? { blocks: 0, count: 0, newest: new Uint8Array(0) };
    if (chain.count === BLOCK_FACTS) {
      this.rows.putBlock(key, chain.blocks, unpackFacts(chain.newest));
      chain.blocks += 1;
      chain.count = 0;
      chain.newest = new Uint8Array(0);
    }
    const { terms, packer } = this;
    const { kind, organisation, to, carrier, recall } = fact;
    const packed: PackedFact = {
      index: fact.index,
      atMs: fact.atMs,
      part: PARTS.indexOf(part),
      move: MOVES.indexOf(move),
      kind: terms.numberOf(kind),
      organisation: terms.numberOf(organisation),
      unit: fact.unit ?? 0,
      to: to === undefined ? 0 : terms.numberOf(to),
      carrier: carrier === undefined ? 0 : terms.numberOf(carrier),
      recall: recall === undefined ? 0 : terms.numberOf(recall),
      correctedBy: -1,
    };
    packer.clear().integer(chain.blocks);
    packer.integer(chain.count + 1).bytes(chain.newest);
    packFact(packer, packed);
    this.rows.put(key, packer.done());
  }

  /** Notes on a chain that record `by` takes away the effect of record `index`. */
  correct(key: ChainKey, index: number, by: number): void {
    const chain = this.rows.chain(key);
    if (chain === undefined) return;
    const newest = corrected(unpackFacts(chain.newest), index, by);
    if (newest !== undefined) return this.rows.put(key, this.rows.packChain(chain.blocks, newest));
    for (let n = chain.blocks - 1; n >= 0; n--) {
      const facts = corrected(unpackFacts(this.rows.block(key, n).facts), index, by);
      if (facts === undefined) continue;
      this.rows.putBlock(key, n, facts);
      // Another object: what was unpacked of the chain is no longer right.
      return this.rows.put(key, (this.rows.packed(key) as Uint8Array).slice());
    }
  }

  /** The facts of a chain's records from one moment until before another, in the order of the journey. */
  facts(key: ChainKey, from: Moment, to: Moment | null): Fact[] {
    if (typeof key === "number") {
      const all = this.allFacts(key);
      const first = from.atMs === NEVER ? 0 : placeOf(all, from);
      return all.slice(first, to === null ? all.length : placeOf(all, to));
    }
    return this.factsIn(key, from, to);
  }

  /** The first emptying of a unit at or after a moment that was not corrected. */
  emptied(unit: number, from: Moment): Fact | undefined {
    const all = this.allFacts(unit);
    for (let at = placeOf(all, from); at < all.length; at++) {
      const fact = all[at] as Fact;
      if (fact.empties === true && fact.correctedBy === undefined) return fact;
    }
    return undefined;
  }

  /** The last entry of a unit into another one before a moment that was not corrected. */
  entered(unit: number, before: Moment): Fact | undefined {
    const all = this.allFacts(unit);
    for (let at = placeOf(all, before) - 1; at >= 0; at--) {
      const fact = all[at] as Fact;
      if (entersUnit(fact) && fact.correctedBy === undefined) return fact;
    }
    return undefined;
  }

  /** All facts of a numbered chain. Units are read again and again, so they stay unpacked while nothing changes them. */
  private allFacts(number: number): Fact[] {
    const packed = this.rows.packed(number);
    if (packed === undefined) return [];
    const known = this.unpacked.get(number);
    if (known?.packed === packed) return known.facts;
    const facts = this.factsIn(number, { atMs: NEVER, index: -1 }, null);
    this.unpackedFacts += facts.length;
    if (this.unpackedFacts > MOST_UNPACKED) {
      this.unpacked.clear();
      this.unpackedFacts = facts.length;
    }
    this.unpacked.set(number, { packed, facts });
    return facts;
  }

  private factsIn(key: ChainKey, from: Moment, to: Moment | null): Fact[] {
    const found: Fact[] = [];
    let inOrder = true;
    let lastMs = NEVER;
    this.eachIn(key, from, to, (packed) => {
      const fact = this.factOf(packed);
      if (fact === undefined) return;
      if (packed.atMs < lastMs) inOrder = false;
      lastMs = packed.atMs;
      found.push(fact);
    });
    // Records of one chain are in the order of the log: only late reports need sorting.
    if (!inOrder) found.sort(byMoment);
    return found;
  }

  /** The units that a chain's thing ever entered, corrected entries included. */
  unitsEntered(key: ChainKey): number[] {
    const units: number[] = [];
    this.eachIn(key, { atMs: NEVER, index: -1 }, null, (fact) => {
      if (fact.move === ENTERED && fact.unit !== 0) units.push(fact.unit);
    });
    return units;
  }

  /** A chain's links from place `first` on, in order. */
  links(key: ChainKey, first = 0): LinkRow[] {
    const chain = this.rows.chain(key);
    if (chain === undefined) return [];
    const rows: LinkRow[] = [];
    for (let n = Math.floor(first / BLOCK_FACTS); n <= chain.blocks; n++) {
      const facts = n < chain.blocks ? this.rows.block(key, n).facts : chain.newest;
      unpackFacts(facts).forEach((fact, i) => {
        const at = n * BLOCK_FACTS + i;
        if (at >= first) rows.push(linkOf(at, fact));
      });
    }
    return rows;
  }

  /** The link at place `n` of a chain. */
  link(key: ChainKey, n: number): LinkRow | undefined {
    const fact = this.factAt(key, n);
    return fact && linkOf(n, fact);
  }

  /** The record at place `n` of a chain, with its texts. */
  factOfLink(key: ChainKey, n: number): FactText | undefined {
    const packed = this.factAt(key, n);
    if (packed === undefined) return undefined;
    const text = (number: number): string | undefined => (number === 0 ? undefined : this.term(number));
    return {
      index: packed.index,
      kind: this.term(packed.kind),
      organisation: this.term(packed.organisation),
      unit: packed.unit === 0 ? undefined : packed.unit,
      to: text(packed.to),
      carrier: text(packed.carrier),
      recall: text(packed.recall),
      correctedBy: packed.correctedBy < 0 ? undefined : packed.correctedBy,
    };
  }

  private factAt(key: ChainKey, n: number): PackedFact | undefined {
    const chain = this.rows.chain(key);
    if (chain === undefined || n < 0) return undefined;
    const block = Math.floor(n / BLOCK_FACTS);
    if (block > chain.blocks) return undefined;
    const facts = block < chain.blocks ? this.rows.block(key, block).facts : chain.newest;
    return unpackFacts(facts)[n % BLOCK_FACTS];
  }

  /** Nodes with a chain that start at item keys [from, to), narrowest first among those with the same start. */
  nodesIn(from: number, to: number): NodePlace[] {
    return this.rows.nodesIn(from, to);
  }

  /** Numbers of units (positive) and other named chains (negative) with records, above `number`, ascending. */
  numbersAfter(number: number, limit: number): number[] {
    return this.rows.numbersAfter(number, limit);
  }

  /** An upper bound on the event times of everything that is or was in a unit. */
  latestWithin(unit: number): number {
    return this.rows.latestWithin(unit);
  }

  /**
   * Notes an event at a time for something that is or was in a unit, and so in each unit that this one was in. The bound
   * follows from the records alone, in whatever order they are looked at.
   */
  raiseLatestWithin(unit: number, atMs: number, raised: ReadonlySet<number> = new Set()): void {
    const isHigh = this.rows.latestWithin(unit) >= atMs;
    // Where records are applied again, the row of this unit may have been written without those of the units around it.
    if (raised.has(unit) || (isHigh && !this.rows.appliesAgain)) return;
    if (!isHigh) this.rows.setLatestWithin(unit, atMs);
    const all = new Set([...raised, unit]);
    for (const around of this.unitsEntered(unit)) this.raiseLatestWithin(around, atMs, all);
  }

  /** What is wrong with how a chain is packed; undefined where nothing is. */
  fault(key: ChainKey): string | undefined {
    try {
      const chain = this.rows.chain(key);
      if (chain === undefined || chain.count === 0) return "a chain without records";
      if (unpackFacts(chain.newest).length !== chain.count) return "another number of facts than it says";
      for (let n = 0; n < chain.blocks; n++) {
        const { minMs, maxMs, facts } = this.rows.block(key, n);
        const times = unpackFacts(facts).map(({ atMs }) => atMs);
        if (times.length !== BLOCK_FACTS) return `a block of ${times.length} facts`;
        if (Math.min(...times) !== minMs || Math.max(...times) !== maxMs) return "a block with other times";
      }
      return undefined;
    } catch (error) {
      if (error instanceof RangeError) return error.message;
      throw error;
    }
  }

  /** Calls back for each fact in a window, in the order of the log. */
  private eachIn(key: ChainKey, from: Moment, to: Moment | null, found: (fact: PackedFact) => void): void {
    const chain = this.rows.chain(key);
    if (chain === undefined) return;
    const check = (fact: PackedFact): void => {
      if (isBefore(fact, from.atMs, from.index)) return;
      if (to !== null && !isBefore(fact, to.atMs, to.index)) return;
      found(fact);
    };
    for (let n = 0; n < chain.blocks; n++) {
      const { minMs, maxMs, facts } = this.rows.block(key, n);
      if (maxMs >= from.atMs && (to === null || minMs <= to.atMs)) eachFact(facts, check);
    }
    eachFact(chain.newest, check);
  }

  /** A fact of custody; undefined for a record of administration (filing, audits), which may share a chain with custody. */
  private factOf(packed: PackedFact): Fact | undefined {
    const kind = this.term(packed.kind);
    if (!isKind(kind)) return undefined;
    const fact: Fact = {
      index: packed.index,
      kind,
      atMs: packed.atMs,
      organisation: this.term(packed.organisation),
      part: PARTS[packed.part] ?? "subject",
    };
    if (packed.unit !== 0) fact.unit = packed.unit;
    if (packed.move === EMPTIED) fact.empties = true;
    if (packed.to !== 0) fact.to = this.term(packed.to);
    if (packed.carrier !== 0) fact.carrier = this.term(packed.carrier);
    if (packed.recall !== 0) fact.recall = this.term(packed.recall);
    if (packed.correctedBy >= 0) fact.correctedBy = packed.correctedBy;
    return fact;
  }

  private term(number: number): string {
    return this.terms.text(number) ?? "";
  }
}

/** The same facts with one corrected; undefined where they do not have it. */
function corrected(facts: PackedFact[], index: number, by: number): PackedFact[] | undefined {
  if (!facts.some((fact) => fact.index === index)) return undefined;
  return facts.map((fact) => (fact.index === index ? { ...fact, correctedBy: by } : fact));
}

function isBefore(fact: PackedFact, atMs: number, index: number): boolean {
  return fact.atMs === atMs ? fact.index < index : fact.atMs < atMs;
}

/** The place of the first fact at or after a moment; they are in order. */
function placeOf(facts: readonly Fact[], { atMs, index }: Moment): number {
  let low = 0;
  let high = facts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const fact = facts[middle] as Fact;
    if (fact.atMs === atMs ? fact.index < index : fact.atMs < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byMoment(a: Fact, b: Fact): number {
  return a.atMs === b.atMs ? a.index - b.index : a.atMs - b.atMs;
}

function linkOf(n: number, { index, atMs, part, move }: PackedFact): LinkRow {
  return { n, index, at: atMs, part: PARTS[part] ?? "subject", move: MOVES[move] ?? "none" };
}
