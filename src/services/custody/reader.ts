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
import {
  ancestorsOf,
  type Range,
  type Segment,
  segmentsOf as segmentsOfRange,
} from "../../core/custody/segment.ts";
import { isCustodySubject } from "../../core/custody/statement.ts";
import type { LedgerRecord, Subject } from "../../core/ledger/record.ts";
import type { Store } from "../../store/store.ts";
import type { BatchRegister, IssuedBatch } from "../../scan/batch-register.ts";

const decoder = new TextDecoder();

/**
 * Reads custody facts from the store. Segments are given by item key, units by the number of their chain. Chains of nodes
 * are looked up only at levels where the batch has any.
 */
export class StoreReader implements FactReader {
  private readonly store: Store;
  private readonly register: BatchRegister;

  private readonly spend: (facts: number) => void;

  /** @param spend called with the number of facts that each read returns, and one more; it throws to end the work */
  constructor(store: Store, register: BatchRegister, spend: (facts: number) => void = () => undefined) {
    this.store = store;
    this.register = register;
    this.spend = spend;
  }

  facts(thing: Thing, window: Window): Fact[] {
    if ("unit" in thing) return this.factsOf(thing.unit as number, window);
    const found = this.chainsAbove(thing.segment).flatMap((chain) => this.factsOf(chain, window));
    return found.sort((a, b) => compareMoments(momentOf(a), momentOf(b)));
  }

  private factsOf(chain: number, { from, to }: Window): Fact[] {
    const found = this.store.custody.facts(chain, from, to);
    this.spend(found.length + 1);
    return found;
  }

  /** The facts on the chain of a thing, without those of the segments above it. */
  ownFacts(thing: Thing): Fact[] {
    if ("unit" in thing) return this.facts(thing, ALWAYS);
    const { start, level } = thing.segment;
    const chain = this.store.custody.nodeChain(start, level);
    return chain === undefined ? [] : this.store.custody.facts(chain, ALWAYS.from, ALWAYS.to);
  }

  emptied(unit: UnitKey, from: Moment): Fact | undefined {
    return this.store.custody.emptied(unit as number, from);
  }

  entered(unit: UnitKey, before: Moment): Fact | undefined {
    return this.store.custody.entered(unit as number, before);
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
  chainsAbove(segment: Segment): number[] {
    const batch = this.batchAt(segment.start);
    const own = { level: segment.level, start: segment.start - batch.start };
    const chains: number[] = [];
    for (const { level, start } of ancestorsOf(own, batch.count)) {
      if ((batch.chainLevels & (1 << level)) === 0) continue;
      const chain = this.store.custody.nodeChain(batch.start + start, level);
      if (chain !== undefined) chains.push(chain);
    }
    return chains;
  }

  /**
   * The largest segments inside `segment` whose codes all share one history: it is cut at every smaller node that has a
   * chain.
   */
  pieces(segment: Segment): Segment[] {
    const batch = this.batchAt(segment.start);
    if ((batch.chainLevels & ((1 << segment.level) - 1)) === 0) return [segment];
    const end = Math.min(segment.start + 2 ** segment.level, batch.start + batch.count);
    const nodes = this.store.custody.nodesIn(segment.start, end).filter((node) => node.level < segment.level);
    return cut(segment, nodes, end);
  }

  thingsOf(subject: Subject): Thing[] {
    if ("unit" in subject) {
      const chain = this.store.ledger.chain(`unit:${subject.unit}`);
      return chain ? [{ unit: chain.id }] : [];
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
