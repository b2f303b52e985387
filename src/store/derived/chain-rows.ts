import type { Prepare } from "../statement.ts";
import type { CustodyMemory } from "./memory.ts";
import { packFact, type PackedFact, type PackedFacts, unpackFacts } from "./packed-chain.ts";
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

/** Facts in a full block, which is stored apart from its chain. */
export const BLOCK_FACTS = 256;
/** Pages that are read one by one; more are read as a range. */
const FEW_PAGES = 4;
/** A chain as it is packed: full blocks are rows of their own, the newest facts are here. */
export interface Chain {
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
 * Packed chains and their tables. A page holds the chains of all nodes that start at 64 item keys, so one read finds them
 * and shows that there are no others. What is read, and what is not written yet, is in memory.
 */
export class ChainRows {
  /** The tables, in the order of writing: a chain names its full blocks. */
  readonly parts: Written[];
  private readonly pages: WrittenBehind<number, Page>;
  private readonly numbered: WrittenBehind<number, NumberedChain>;
  private readonly blocks: WrittenBehind<string, Uint8Array>;
  private readonly packer = new Packer();
  private readonly pagesBetween: (from: number, to: number) => { number: number; chains: Uint8Array }[];
  private readonly numberedAfter: (number: number, limit: number) => { number: number }[];
  /** While records are applied again: what later ones left in the tables is not read. */
  private only = Number.POSITIVE_INFINITY;

  constructor(prepare: Prepare, undo: UndoLog, memory: CustodyMemory) {
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

  /** Whether records are applied again. */
  get appliesAgain(): boolean {
    return this.only !== Number.POSITIVE_INFINITY;
  }

  /** A chain as it is packed; undefined where there is none. */
  chain(key: ChainKey): Chain | undefined {
    const packed = this.packed(key);
    if (packed === undefined || packed.length === 0) return undefined;
    const from = new Unpacker(packed);
    const blocks = from.integer();
    const count = from.integer();
    return { blocks, count, newest: packed.subarray(from.at) };
  }

  /** A chain's bytes. The same object is the same chain. */
  packed(key: ChainKey): Uint8Array | undefined {
    if (typeof key === "number") return this.numbered.get(key)?.chain;
    const number = Math.floor(key.start / PAGE_PLACES);
    const page = this.pages.get(number);
    return page && chainIn(page, key.start - number * PAGE_PLACES, key.level);
  }

  /** Sets a chain's bytes. */
  put(key: ChainKey, chain: Uint8Array): void {
    if (typeof key === "number")
      return this.numbered.set(key, { ...(this.numbered.get(key) ?? NO_CHAIN), chain });
    const number = Math.floor(key.start / PAGE_PLACES);
    const place = key.start - number * PAGE_PLACES;
    const page = this.pages.get(number) ?? EMPTY_PAGE;
    this.pages.set(number, withChain(page, { place, level: key.level, chain }, this.packer));
  }

  /** The n-th full block of a chain. @throws RangeError where it is missing */
  block(key: ChainKey, n: number): { minMs: number; maxMs: number; facts: PackedFacts } {
    const id = blockId(key, n);
    const bytes = this.blocks.get(id);
    if (bytes === undefined) throw new RangeError(`the facts ${id} of a chain are missing`);
    const from = new Unpacker(bytes);
    const minMs = from.signed();
    const maxMs = from.signed();
    return { minMs, maxMs, facts: bytes.subarray(from.at) };
  }

  /** Sets the n-th full block of a chain. */
  putBlock(key: ChainKey, n: number, facts: PackedFact[]): void {
    this.blocks.set(blockId(key, n), this.packBlock(facts));
  }

  /** A chain of full blocks and these newer facts. */
  packChain(blocks: number, facts: PackedFact[]): Uint8Array {
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

  /** Sets that bound. */
  setLatestWithin(unit: number, atMs: number): void {
    this.numbered.set(unit, { ...(this.numbered.get(unit) ?? NO_CHAIN), latestWithin: atMs });
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
    return unpackFacts(this.block(key, n).facts);
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
