import {
  ALWAYS,
  compareMoments,
  type Fact,
  type FactReader,
  type Moment,
  momentOf,
  type Thing,
  type UnitKey,
  type Window,
} from "../../core/custody/fact.ts";
import { type Range, type Segment, segmentsOf as segmentsOfRange } from "../../core/custody/segment.ts";
import { isCustodySubject } from "../../core/custody/statement.ts";
import type { LedgerRecord, Subject } from "../../core/ledger/record.ts";
import type { ChainKey, NodePlace } from "../../store/derived/chains.ts";
import type { Store } from "../../store/store.ts";
import type { BatchRegister, IssuedBatch } from "../../scan/batch-register.ts";

/** Levels that the bits of a number hold. */
const MOST_LEVELS = 31;

const decoder = new TextDecoder();

/**
 * Reads custody facts from the store. Segments are given by item key, units by the number of their chain. Chains of nodes
 * are looked up only at levels where the batch has any.
 */
export class StoreReader implements FactReader {
  private readonly store: Store;
  private readonly register: BatchRegister;
  private readonly spend: (facts: number) => void;
  private readonly levelsOf: (start: number) => number;

  /**
   * @param spend called for each read that finds facts, with their number and one more; it throws to end the work
   * @param levelsOf the levels at which a batch has chains, as bits; custody's own by default
   */
  constructor(
    store: Store,
    register: BatchRegister,
    spend: (facts: number) => void = () => undefined,
    levelsOf: (start: number) => number = (start) => store.custody.levelsOf(start),
  ) {
    this.store = store;
    this.register = register;
    this.spend = spend;
    this.levelsOf = levelsOf;
  }

  facts(thing: Thing, window: Window): Fact[] {
    if ("unit" in thing) return this.factsOf(thing.unit as number, window);
    const found: Fact[][] = [];
    for (const node of this.nodesAbove(thing.segment)) {
      const facts = this.factsOf(node, window);
      if (facts.length > 0) found.push(facts);
    }
    const [first = []] = found;
    if (found.length <= 1) return first;
    return found.flat().sort((a, b) => compareMoments(momentOf(a), momentOf(b)));
  }

  private factsOf(chain: ChainKey, { from, to }: Window): Fact[] {
    const found = this.store.custody.chains.facts(chain, from, to);
    if (found.length > 0) this.spend(found.length + 1);
    return found;
  }

  /** The facts on the chain of a thing, without those of the segments above it. */
  ownFacts(thing: Thing): Fact[] {
    if ("unit" in thing) return this.facts(thing, ALWAYS);
    return this.store.custody.chains.facts(thing.segment, ALWAYS.from, ALWAYS.to);
  }

  emptied(unit: UnitKey, from: Moment): Fact | undefined {
    return this.store.custody.chains.emptied(unit as number, from);
  }

  entered(unit: UnitKey, before: Moment): Fact | undefined {
    return this.store.custody.chains.entered(unit as number, before);
  }

  inputs(index: number): Thing[] {
    return this.subjects(index)
      .filter((subject) => isCustodySubject(subject) && subject.as === "input")
      .flatMap((subject) => this.thingsOf(subject));
  }

  /** The things put into or taken out of a unit by a record. */
  children(index: number): Thing[] {
    return this.subjects(index)
      .filter((subject) => isCustodySubject(subject) && subject.as === undefined)
      .flatMap((subject) => this.thingsOf(subject));
  }

  /** The existing chains of a segment's node and of every node above it. */
  chainsAbove(segment: Segment): NodePlace[] {
    return this.nodesAbove(segment).filter((node) => this.store.custody.chains.length(node) > 0);
  }

  /** The nodes that may have a chain: a segment's and those above it, at the levels where the batch has any. */
  private nodesAbove(segment: Segment): NodePlace[] {
    const batch = this.batchAt(segment.start);
    const levels = this.levelsOf(batch.start);
    const nodes: NodePlace[] = [];
    // At the right edge several nodes have one hash; only the highest of them has a chain.
    for (let { level } = segment; level <= MOST_LEVELS && levels >>> level !== 0; level++) {
      if ((levels & (1 << level)) === 0) continue;
      const place = segment.start - batch.start;
      nodes.push({ start: batch.start + place - (place % 2 ** level), level });
    }
    return nodes;
  }

  /**
   * The largest segments inside `segment` whose codes all share one history: it is cut at every smaller node that has a
   * chain.
   */
  pieces(segment: Segment): Segment[] {
    const batch = this.batchAt(segment.start);
    if ((this.levelsOf(batch.start) & ((1 << segment.level) - 1)) === 0) return [segment];
    const end = Math.min(segment.start + 2 ** segment.level, batch.start + batch.count);
    const nodes = this.store.custody.nodesBelow(segment.start, end, segment.level);
    return cut(segment, nodes, end);
  }

  thingsOf(subject: Subject): Thing[] {
    if ("unit" in subject) {
      const unit = this.store.custody.units.numberOf(`unit:${subject.unit}`);
      return unit === undefined ? [] : [{ unit }];
    }
    if (!("segments" in subject)) return [];
    const batch = this.register.get(subject.batch);
    if (batch === undefined) return [];
    return subject.segments.flatMap(([from, to]) =>
      segmentThings({ from, to }, batch).map((segment) => ({ segment })),
    );
  }

  batchAt(key: number): IssuedBatch {
    const batch = this.register.find(key);
    if (batch === null) throw new RangeError(`no batch has item key ${key}`);
    return batch;
  }

  /** Reads without hashing: the audit checks that stored bytes are still those of the record. */
  private subjects(index: number): Subject[] {
    const row = this.store.ledger.record(index);
    return row ? (JSON.parse(decoder.decode(row.bytes)) as LedgerRecord).statement.subjects : [];
  }
}

/** The segments of a range of positions, by item key. */
export function segmentThings(range: Range, batch: Pick<IssuedBatch, "start" | "count">): Segment[] {
  return segmentsOfRange(range, batch.count).map(({ level, start }) => ({
    level,
    start: batch.start + start,
  }));
}

function cut(segment: Segment, nodes: Segment[], end: number): Segment[] {
  if (segment.start >= end) return [];
  const inner = nodes.filter((node) => node.level < segment.level);
  if (inner.length === 0) return [segment];
  const level = segment.level - 1;
  const middle = segment.start + 2 ** level;
  return [
    ...cut(
      { level, start: segment.start },
      inner.filter((node) => node.start < middle),
      end,
    ),
    ...cut(
      { level, start: middle },
      inner.filter((node) => node.start >= middle),
      end,
    ),
  ];
}
