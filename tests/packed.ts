/**
 * Reads and writes the packed columns of custody's tables. Shares nothing with `src/`: what a store on disk holds must not
 * change with the code that reads it.
 */

/** A fact as it is packed; `to`, `carrier`, `recall`, `kind` and `organisation` are numbers of terms, 0 is none. */
export interface PackedRow {
  part: number;
  move: number;
  index: number;
  atMs: number;
  kind: number;
  organisation: number;
  unit: number;
  to: number;
  carrier: number;
  recall: number;
  /** -1 for none. */
  correctedBy: number;
}

export interface PackedChain {
  /** Full blocks, each a row of its own. */
  blocks: number;
  /** The number of newer facts that the chain claims to have. */
  count: number;
  facts: PackedRow[];
}

/** A chain in a page. */
export interface PagedChain {
  place: number;
  level: number;
  chain: PackedChain;
}

class Reader {
  private at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new RangeError("the packed bytes end early");
    return this.bytes.subarray(this.at, (this.at += count));
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  integer(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  }

  signed(): number {
    const value = this.integer();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

function integer(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...integer(Math.floor(value / 128))];
}

const signed = (value: number): number[] => integer(value < 0 ? -2 * value - 1 : 2 * value);

function readFacts(from: Reader): PackedRow[] {
  const facts: PackedRow[] = [];
  while (!from.ended) {
    const flags = from.byte();
    const fact: PackedRow = {
      part: flags % 4,
      move: (flags >> 2) % 4,
      index: from.integer(),
      atMs: from.signed(),
      kind: from.integer(),
      organisation: from.integer(),
      unit: (flags & 16) === 0 ? 0 : from.integer(),
      to: (flags & 32) === 0 ? 0 : from.integer(),
      carrier: (flags & 64) === 0 ? 0 : from.integer(),
      recall: 0,
      correctedBy: -1,
    };
    const more = (flags & 128) === 0 ? 0 : from.byte();
    if ((more & 1) !== 0) fact.recall = from.integer();
    if ((more & 2) !== 0) fact.correctedBy = from.integer();
    facts.push(fact);
  }
  return facts;
}

function factBytes(fact: PackedRow): number[] {
  const { unit, to, carrier, recall, correctedBy } = fact;
  const more = (recall > 0 ? 1 : 0) + (correctedBy >= 0 ? 2 : 0);
  const flags =
    fact.part +
    fact.move * 4 +
    (unit > 0 ? 16 : 0) +
    (to > 0 ? 32 : 0) +
    (carrier > 0 ? 64 : 0) +
    (more > 0 ? 128 : 0);
  return [
    flags,
    ...integer(fact.index),
    ...signed(fact.atMs),
    ...integer(fact.kind),
    ...integer(fact.organisation),
    ...[unit, to, carrier].flatMap((value) => (value > 0 ? integer(value) : [])),
    ...(more > 0 ? [more] : []),
    ...(recall > 0 ? integer(recall) : []),
    ...(correctedBy >= 0 ? integer(correctedBy) : []),
  ];
}

/** The column `chain` of `numbered_chain`. */
export function readChain(bytes: Uint8Array): PackedChain {
  const from = new Reader(bytes);
  return { blocks: from.integer(), count: from.integer(), facts: readFacts(from) };
}

export function chainBytes({ blocks, count, facts }: PackedChain): Buffer {
  return Buffer.from([...integer(blocks), ...integer(count), ...facts.flatMap(factBytes)]);
}

/** The column `facts` of `chain_block`. */
export function readBlock(bytes: Uint8Array): { minMs: number; maxMs: number; facts: PackedRow[] } {
  const from = new Reader(bytes);
  return { minMs: from.signed(), maxMs: from.signed(), facts: readFacts(from) };
}

export function blockBytes({ minMs, maxMs, facts }: ReturnType<typeof readBlock>): Buffer {
  return Buffer.from([...signed(minMs), ...signed(maxMs), ...facts.flatMap(factBytes)]);
}

/** The column `chains` of `chain_page`. */
export function readPage(bytes: Uint8Array): PagedChain[] {
  const from = new Reader(bytes);
  const chains: PagedChain[] = [];
  while (!from.ended) {
    const [place, level] = [from.byte(), from.byte()];
    chains.push({ place, level, chain: readChain(from.take(from.integer())) });
  }
  return chains;
}

export function pageBytes(chains: PagedChain[]): Buffer {
  const inOrder = chains.toSorted((a, b) => a.place - b.place || a.level - b.level);
  const entries = inOrder.map(({ place, level, chain }) => {
    const bytes = chainBytes(chain);
    return Buffer.concat([Buffer.from([place, level, ...integer(bytes.length)]), bytes]);
  });
  return Buffer.concat(entries);
}

/** The column `records` of `organisation_page`. */
export function readList(bytes: Uint8Array): number[] {
  const from = new Reader(bytes);
  const indexes: number[] = [];
  while (!from.ended) indexes.push((indexes.at(-1) ?? 0) + from.integer());
  return indexes;
}

export function listBytes(indexes: number[]): Buffer {
  return Buffer.from(indexes.flatMap((index, i) => integer(index - (indexes[i - 1] ?? 0))));
}
