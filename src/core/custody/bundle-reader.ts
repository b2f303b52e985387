import type { Bundle } from "../ledger/bundle.ts";
import type { LoggedRecord } from "../ledger/receipt.ts";
import type { LedgerRecord } from "../ledger/record.ts";
import {
  compareMoments,
  type Fact,
  type FactReader,
  inWindow,
  type Moment,
  momentOf,
  type Thing,
  type UnitKey,
  type Window,
} from "./fact.ts";
import { entersUnit } from "./journey.ts";
import { isCustodySubject, partOf, readStatement } from "./statement.ts";
import { fail } from "./verification-error.ts";

/** Reads custody's facts from the records of a bundle; a unit's key is its chain's name. */
export class BundleReader implements FactReader {
  private readonly byChain = new Map<string, Fact[]>();
  private readonly batch: Bundle["batch"];
  private readonly ancestors: string[];

  constructor(batch: Bundle["batch"], opened: Map<number, LoggedRecord>, ancestors: string[]) {
    this.batch = batch;
    this.ancestors = ancestors;
    const corrections = correctionsOf(opened);
    for (const [index, { record }] of opened) this.addRecord(index, record, corrections);
    for (const facts of this.byChain.values()) facts.sort((a, b) => compareMoments(momentOf(a), momentOf(b)));
  }

  facts(thing: Thing, window: Window): Fact[] {
    const chains = "unit" in thing ? [thing.unit as string] : this.ancestors;
    return chains
      .flatMap((of) => this.byChain.get(of) ?? [])
      .filter((fact) => inWindow(momentOf(fact), window))
      .sort((a, b) => compareMoments(momentOf(a), momentOf(b)));
  }

  entered(unit: UnitKey, before: Moment): Fact | undefined {
    return (this.byChain.get(unit as string) ?? []).findLast(
      (fact) =>
        entersUnit(fact) && fact.correctedBy === undefined && compareMoments(momentOf(fact), before) < 0,
    );
  }

  emptied(unit: UnitKey, from: Moment): Fact | undefined {
    return (this.byChain.get(unit as string) ?? []).find(
      (fact) => fact.empties && fact.correctedBy === undefined && compareMoments(momentOf(fact), from) >= 0,
    );
  }

  /** Version 1 of the format does not have the history of transformation inputs. */
  inputs(): Thing[] {
    return [];
  }

  private addRecord(index: number, record: LedgerRecord, corrections: Map<number, number>): void {
    const read = readStatement(record.statement);
    if (read === undefined) return;
    const parts = new Map<string, Fact["part"]>();
    for (const subject of record.statement.subjects.filter(isCustodySubject))
      if ("unit" in subject) parts.set(`unit:${subject.unit}`, partOf(subject));
    for (const { of } of record.chains) {
      if (of.startsWith("node:") && !this.ancestors.includes(of)) continue;
      const part = parts.get(of) ?? this.partOfCode(index, record);
      const fact: Fact = { index, kind: read.kind, atMs: read.atMs, organisation: read.organisation, part };
      if (read.parent !== undefined) fact.unit = `unit:${read.parent}`;
      if (read.empties && part === "parent") fact.empties = true;
      if (read.to !== undefined) fact.to = read.to;
      if (read.carrier !== undefined) fact.carrier = read.carrier;
      if (read.recall !== undefined) fact.recall = read.recall;
      const correctedBy = corrections.get(index);
      if (correctedBy !== undefined) fact.correctedBy = correctedBy;
      const known = this.byChain.get(of);
      if (known) known.push(fact);
      else this.byChain.set(of, [fact]);
    }
  }

  /** A record on one of the code's nodes must name a segment that holds the code. */
  private partOfCode(index: number, { statement }: LedgerRecord): Fact["part"] {
    const { id, position } = this.batch;
    const subject = statement.subjects
      .filter(isCustodySubject)
      .find(
        (one) =>
          "batch" in one &&
          one.batch === id &&
          one.segments.some(([from, to]) => from <= position && position < to),
      );
    if (subject === undefined)
      return fail(`record ${index} is on a chain of the code, but names no segment that holds the code`);
    return partOf(subject);
  }
}

function correctionsOf(opened: Map<number, LoggedRecord>): Map<number, number> {
  const byStatement = new Map<string, number>();
  for (const [index, { record }] of opened)
    byStatement.set(`${record.statement.actor.organisation} ${record.statement.id}`, index);
  const corrections = new Map<number, number>();
  for (const [index, { record }] of opened) {
    const corrects = readStatement(record.statement)?.corrects;
    const target = corrects && byStatement.get(`${corrects.organisation} ${corrects.id}`);
    if (target !== undefined) corrections.set(target, index);
  }
  return corrections;
}
