import type { Fact, Moment } from "../../core/custody/fact.ts";
import { entersUnit } from "../../core/custody/journey.ts";
import { isKind } from "../../core/custody/vocabulary.ts";
import type { Prepare } from "../statement.ts";
import type { CustodyMemory } from "./memory.ts";
import type { Numbered } from "./numbered.ts";
import {
  eachFact,
  type MoveName,
  MOVES,
  packFact,
  type PackedFact,
  type PackedFacts,
  type PartName,
  PARTS,
  unpackFacts,
} from "./packed-chain.ts";
import {
  bytesOf,
  chainIn,
  EMPTY_PAGE,
  entriesOf,
  type Page,
  PAGE_PLACES,
  pageOf,
  withChain,
} from "./packed-page.ts";
import { Packer, Unpacker } from "./packing.ts";
import type { UndoLog } from "./undo-log.ts";
import { type Written, WrittenBehind } from "./written-behind.ts";

/** The node of a batch's tree with `2^level` codes, the first of which has item key `start`. */
export interface NodePlace {
  start: number;
  level: number;
}

/** A chain: by the place of its node, or by number: positive for a unit, negative for another chain with a name. */
export type ChainKey = number | NodePlace;

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

/** Facts in a full block, which is stored apart from its chain. */
const BLOCK_FACTS = 256;
/** Pages that are read one by one; more are read as a range. */
const FEW_PAGES = 4;
/** The most facts that stay unpacked. */
const MOST_UNPACKED = 8192;
const ENTERED = MOVES.indexOf("entered");
const EMPTIED = MOVES.indexOf("emptied");
const NEVER = Number.NEGATIVE_INFINITY;

/** A chain as it is packed: full blocks are rows of their own, the newest facts are here. */
interface Chain {
  blocks: number;
  count: number;
  newest: PackedFacts;
}

interface NumberedChain {
  /**
   * For a unit: an upper bound on the event times of everything that is or was in it, milliseconds. Only a report on the
   * unit for an earlier time must check its contents.
   */
  latestWithin: number;
  /** Empty before the first record. */
  chain: Uint8Array;
}

const NO_CHAIN: NumberedChain = { latestWithin: 0, chain: new Uint8Array(0) };

/**
 * The chains of custody: what each record says about each thing, packed. A page holds the chains of all nodes that start
 * at 64 item keys, so one read finds them and shows that there are no others. What is read, and what is not written yet, is
 * in memory.
 */
export class Chains {
  /** The tables, in the order of writing: a chain names its full blocks. */
  readonly parts: Written[];
  private readonly terms: Numbered;
  private readonly pages: WrittenBehind<number, Page>;
  private readonly numbered: WrittenBehind<number, NumberedChain>;
  private readonly blocks: WrittenBehind<string, Uint8Array>;
  private readonly packer = new Packer();
  /** Facts of numbered chains, with the packed chain that they are of. */
  private readonly unpacked = new Map<number, { packed: Uint8Array; facts: Fact[] }>();
  private unpackedFacts = 0;
  private readonly pagesBetween: (from: number, to: number) => { number: number; chains: Uint8Array }[];
  private readonly numberedAfter: (number: number, limit: number) => { number: number }[];
  /** While records are applied again: what later ones left in the tables is not read. */
  private only = Number.POSITIVE_INFINITY;

  constructor(prepare: Prepare, undo: UndoLog, memory: CustodyMemory, terms: Numbered) {
    this.terms = terms;
    const statements = chainStatements(prepare);
    const { pages, numbered, blocks, pagesBetween, numberedAfter } = statements;
    this.pagesBetween = (from, to) => pagesBetween.all({ from, to });
    this.numberedAfter = (number, limit) => numberedAfter.all({ number, limit });
    this.pages = new WrittenBehind(undo, memory, {
      read: (number) => {
        const row = pages.read.get({ number });
        return row && this.pageAsOf(number, pageOf(row.chains));
      },
      write: (number, page) => pages.write.run({ number, chains: bytesOf(page) }),
      sizeOf: (page) => page.buffer.length,
    });
    this.numbered = new WrittenBehind(undo, memory, {
      read: (number) => {
        const row = numbered.read.get({ number });
        return row && { ...row, chain: this.asOf(number, row.chain) };
      },
      write: (number, { latestWithin, chain }) => numbered.write.run({ number, latestWithin, chain }),
      sizeOf: ({ chain }) => chain.length + 40,
    });
    this.blocks = new WrittenBehind(undo, memory, {
      read: (id) => {
        const row = blocks.read.get(blockAt(id));
        return row && this.blockAsOf(row.facts);
      },
      write: (id, facts) => blocks.write.run({ ...blockAt(id), facts }),
      sizeOf: (facts) => facts.length,
    });
    this.parts = [this.blocks, this.pages, this.numbered];
  }

  /** From now on what records from `index` on left in the tables is not read; `Infinity` for all. */
  readAsOf(index: number): void {
    this.only = index;
  }

  /** The number of a chain's records; 0 for a chain that does not exist. */
  length(key: ChainKey): number {
    const chain = this.chain(key);
    return chain === undefined ? 0 : chain.blocks * BLOCK_FACTS + chain.count;
  }

  /** The index of a chain's last record. */
  lastIndex(key: ChainKey): number | undefined {
    const chain = this.chain(key);
    return chain && unpackFacts(chain.newest).at(-1)?.index;
  }

  /** Adds a record to a chain, with the part and move of its thing. */
  extend(key: ChainKey, fact: NewFact, part: PartName, move: MoveName): void {
    const chain = this.chain(key) ?? { blocks: 0, count: 0, newest: new Uint8Array(0) };
    if (chain.count === BLOCK_FACTS) {
      this.blocks.set(blockId(key, chain.blocks), this.packBlock(unpackFacts(chain.newest)));
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
    this.put(key, packer.done());
  }

  /** Notes on a chain that record `by` takes away the effect of record `index`. */
  correct(key: ChainKey, index: number, by: number): void {
    const chain = this.chain(key);
    if (chain === undefined) return;
    const newest = corrected(unpackFacts(chain.newest), index, by);
    if (newest !== undefined) return this.put(key, this.packChain(chain.blocks, newest));
    for (let n = chain.blocks - 1; n >= 0; n--) {
      const id = blockId(key, n);
      const facts = corrected(unpackFacts(this.block(id).facts), index, by);
      if (facts === undefined) continue;
      this.blocks.set(id, this.packBlock(facts));
      // Another object: what was unpacked of the chain is no longer right.
      return this.put(key, (this.packed(key) as Uint8Array).slice());
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
    const packed = this.packed(number);
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
    const chain = this.chain(key);
    if (chain === undefined) return [];
    const rows: LinkRow[] = [];
    for (let n = Math.floor(first / BLOCK_FACTS); n <= chain.blocks; n++) {
      const facts = n < chain.blocks ? this.block(blockId(key, n)).facts : chain.newest;
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
    const chain = this.chain(key);
    if (chain === undefined || n < 0) return undefined;
    const block = Math.floor(n / BLOCK_FACTS);
    if (block > chain.blocks) return undefined;
    const facts = block < chain.blocks ? this.block(blockId(key, block)).facts : chain.newest;
    return unpackFacts(facts)[n % BLOCK_FACTS];
  }

  /** Nodes with a chain that start at item keys [from, to), narrowest first among those with the same start. */
  nodesIn(from: number, to: number): NodePlace[] {
    const found: NodePlace[] = [];
    for (const [number, page] of this.pagesIn(from, to))
      for (const { place, level } of entriesOf(page)) {
        const start = number * PAGE_PLACES + place;
        if (start >= from && start < to) found.push({ start, level });
      }
    return found;
  }

  /** Numbers of units (positive) and other named chains (negative) with records, above `number`, ascending. */
  numbersAfter(number: number, limit: number): number[] {
    const stored = this.numberedAfter(number, limit).map((row) => row.number);
    const unwritten = [...this.numbered.unwritten.keys()].filter((one) => one > number);
    return [...new Set([...stored, ...unwritten])].sort((a, b) => a - b).slice(0, limit);
  }

  /** An upper bound on the event times of everything that is or was in a unit. */
  latestWithin(unit: number): number {
    return this.numbered.get(unit)?.latestWithin ?? 0;
  }

  /**
   * Notes an event at a time for something that is or was in a unit, and so in each unit that this one was in. The bound
   * follows from the records alone, in whatever order they are looked at.
   */
  raiseLatestWithin(unit: number, atMs: number, raised: ReadonlySet<number> = new Set()): void {
    const now = this.numbered.get(unit) ?? NO_CHAIN;
    const isHigh = now.latestWithin >= atMs;
    // Where records are applied again, the row of this unit may have been written without those of the units around it.
    if (raised.has(unit) || (isHigh && this.only === Number.POSITIVE_INFINITY)) return;
    if (!isHigh) this.numbered.set(unit, { ...now, latestWithin: atMs });
    const all = new Set([...raised, unit]);
    for (const around of this.unitsEntered(unit)) this.raiseLatestWithin(around, atMs, all);
  }

  /** What is wrong with how a chain is packed; undefined where nothing is. */
  fault(key: ChainKey): string | undefined {
    try {
      const chain = this.chain(key);
      if (chain === undefined || chain.count === 0) return "a chain without records";
      if (unpackFacts(chain.newest).length !== chain.count) return "another number of facts than it says";
      for (let n = 0; n < chain.blocks; n++) {
        const { minMs, maxMs, facts } = this.block(blockId(key, n));
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

  private chain(key: ChainKey): Chain | undefined {
    const packed = this.packed(key);
    if (packed === undefined || packed.length === 0) return undefined;
    const from = new Unpacker(packed);
    const blocks = from.integer();
    const count = from.integer();
    return { blocks, count, newest: packed.subarray(from.at) };
  }

  private packed(key: ChainKey): Uint8Array | undefined {
    if (typeof key === "number") return this.numbered.get(key)?.chain;
    const number = Math.floor(key.start / PAGE_PLACES);
    const page = this.pages.get(number);
    return page && chainIn(page, key.start - number * PAGE_PLACES, key.level);
  }

  private put(key: ChainKey, chain: Uint8Array): void {
    if (typeof key === "number")
      return this.numbered.set(key, { ...(this.numbered.get(key) ?? NO_CHAIN), chain });
    const number = Math.floor(key.start / PAGE_PLACES);
    const place = key.start - number * PAGE_PLACES;
    const page = this.pages.get(number) ?? EMPTY_PAGE;
    this.pages.set(number, withChain(page, { place, level: key.level, chain }, this.packer));
  }

  private block(id: string): { minMs: number; maxMs: number; facts: PackedFacts } {
    const bytes = this.blocks.get(id);
    if (bytes === undefined) throw new RangeError(`the facts ${id} of a chain are missing`);
    const from = new Unpacker(bytes);
    const minMs = from.signed();
    const maxMs = from.signed();
    return { minMs, maxMs, facts: bytes.subarray(from.at) };
  }

  /** Calls back for each fact in a window, in the order of the log. */
  private eachIn(key: ChainKey, from: Moment, to: Moment | null, found: (fact: PackedFact) => void): void {
    const chain = this.chain(key);
    if (chain === undefined) return;
    const check = (fact: PackedFact): void => {
      if (isBefore(fact, from.atMs, from.index)) return;
      if (to !== null && !isBefore(fact, to.atMs, to.index)) return;
      found(fact);
    };
    for (let n = 0; n < chain.blocks; n++) {
      const { minMs, maxMs, facts } = this.block(blockId(key, n));
      if (maxMs >= from.atMs && (to === null || minMs <= to.atMs)) eachFact(facts, check);
    }
    eachFact(chain.newest, check);
  }

  private *pagesIn(from: number, to: number): Generator<[number, Page]> {
    const first = Math.floor(from / PAGE_PLACES);
    const last = Math.floor((to - 1) / PAGE_PLACES);
    if (last - first < FEW_PAGES) {
      for (let number = first; number <= last; number++) {
        const page = this.pages.get(number);
        if (page !== undefined) yield [number, page];
      }
      return;
    }
    const pages = new Map<number, Page>();
    for (const { number, chains } of this.pagesBetween(first, last))
      pages.set(number, this.pages.newest(number, this.pageAsOf(number, pageOf(chains))));
    for (const [number, page] of this.pages.unwritten)
      if (number >= first && number <= last) pages.set(number, page);
    yield* [...pages].sort(([a], [b]) => a - b);
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

  private packChain(blocks: number, facts: PackedFact[]): Uint8Array {
    this.packer.clear().integer(blocks).integer(facts.length);
    for (const fact of facts) packFact(this.packer, fact);
    return this.packer.done();
  }

  private packBlock(facts: PackedFact[]): Uint8Array {
    const times = facts.length === 0 ? [0] : facts.map(({ atMs }) => atMs);
    this.packer
      .clear()
      .signed(Math.min(...times))
      .signed(Math.max(...times));
    for (const fact of facts) packFact(this.packer, fact);
    return this.packer.done();
  }

  private pageAsOf(number: number, page: Page): Page {
    if (this.only === Number.POSITIVE_INFINITY) return page;
    let kept: Page = EMPTY_PAGE;
    for (const { place, level, from, to } of entriesOf(page)) {
      const key = { start: number * PAGE_PLACES + place, level };
      const chain = this.asOf(key, page.buffer.subarray(from, to));
      if (chain.length > 0) kept = withChain(kept, { place, level, chain }, this.packer);
    }
    return kept;
  }

  private asOf(key: ChainKey, chain: Uint8Array): Uint8Array {
    if (this.only === Number.POSITIVE_INFINITY || chain.length === 0) return chain;
    const from = new Unpacker(chain);
    let blocks = from.integer();
    from.integer();
    let facts = this.earlier(unpackFacts(chain.subarray(from.at)));
    while (facts.length === 0 && blocks > 0) facts = this.earlier(this.storedBlock(key, --blocks));
    return facts.length === 0 ? new Uint8Array(0) : this.packChain(blocks, facts);
  }

  private blockAsOf(block: Uint8Array): Uint8Array {
    if (this.only === Number.POSITIVE_INFINITY) return block;
    return this.packBlock(this.earlier(factsOfBlock(block)));
  }

  private storedBlock(key: ChainKey, n: number): PackedFact[] {
    return unpackFacts(this.block(blockId(key, n)).facts);
  }

  private earlier(facts: PackedFact[]): PackedFact[] {
    return facts
      .filter(({ index }) => index < this.only)
      .map((fact) => (fact.correctedBy < this.only ? fact : { ...fact, correctedBy: -1 }));
  }
}

const PAGE = `SELECT chains FROM chain_page WHERE number = :number`;
const PAGES = `SELECT number, chains FROM chain_page WHERE number >= :from AND number <= :to ORDER BY number`;
const PUT_PAGE = `
  INSERT INTO chain_page (number, chains) VALUES (:number, :chains)
  ON CONFLICT (number) DO UPDATE SET chains = excluded.chains`;
const NUMBERED = `SELECT latestWithin, chain FROM numbered_chain WHERE number = :number`;
const NUMBERED_AFTER = `SELECT number FROM numbered_chain WHERE number > :number ORDER BY number LIMIT :limit`;
const PUT_NUMBERED = `
  INSERT INTO numbered_chain (number, latestWithin, chain) VALUES (:number, :latestWithin, :chain)
  ON CONFLICT (number) DO UPDATE SET latestWithin = excluded.latestWithin, chain = excluded.chain`;
const BLOCK = `SELECT facts FROM chain_block WHERE start = :start AND level = :level AND block = :block`;
const PUT_BLOCK = `
  INSERT INTO chain_block (start, level, block, facts) VALUES (:start, :level, :block, :facts)
  ON CONFLICT (start, level, block) DO UPDATE SET facts = excluded.facts`;

interface BlockPlace {
  start: number;
  level: number;
  block: number;
}

function chainStatements(prepare: Prepare) {
  return {
    pages: {
      read: prepare<{ number: number }, { chains: Uint8Array }>(PAGE),
      write: prepare<{ number: number; chains: Uint8Array }>(PUT_PAGE),
    },
    numbered: {
      read: prepare<{ number: number }, NumberedChain>(NUMBERED),
      write: prepare<{ number: number } & NumberedChain>(PUT_NUMBERED),
    },
    blocks: {
      read: prepare<BlockPlace, { facts: Uint8Array }>(BLOCK),
      write: prepare<BlockPlace & { facts: Uint8Array }>(PUT_BLOCK),
    },
    pagesBetween: prepare<{ from: number; to: number }, { number: number; chains: Uint8Array }>(PAGES),
    numberedAfter: prepare<{ number: number; limit: number }, { number: number }>(NUMBERED_AFTER),
  };
}

/** Level of the blocks of numbered chains: no node has it. */
const NUMBERED_LEVEL = 255;

function blockId(key: ChainKey, n: number): string {
  return typeof key === "number" ? `${key}/${NUMBERED_LEVEL}/${n}` : `${key.start}/${key.level}/${n}`;
}

function blockAt(id: string): BlockPlace {
  const [start, level, block] = id.split("/").map(Number) as [number, number, number];
  return { start, level, block };
}

function factsOfBlock(block: Uint8Array): PackedFact[] {
  const from = new Unpacker(block);
  from.signed();
  from.signed();
  return unpackFacts(block.subarray(from.at));
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
