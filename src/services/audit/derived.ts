import type { Thing } from "../../core/custody/fact.ts";
import { journeyOf, PackedInCircle } from "../../core/custody/journey.ts";
import { type Segment, rootLevel } from "../../core/custody/segment.ts";
import { contradictionsOf, stateOf } from "../../core/custody/state.ts";
import {
  type CustodyStatement,
  isCustodySubject,
  partOf,
  readStatement,
} from "../../core/custody/statement.ts";
import { isNodeChain, unitChain } from "../../core/ledger/chain.ts";
import { digestOf } from "../../core/ledger/disclosure.ts";
import { type ChainLink, decodeRecord, type LedgerRecord, type Statement } from "../../core/ledger/record.ts";
import type { EventRow, LinkRow } from "../../store/derived/events.ts";
import type { ChainHead } from "../../store/log.ts";
import type { Store } from "../../store/store.ts";
import { BatchRegister, type IssuedBatch } from "../../scan/batch-register.ts";
import { vacancyOf } from "../custody/contents.ts";
import { moveOf } from "../custody/move.ts";
import { segmentThings, StoreReader } from "../custody/reader.ts";
import { Standings } from "../custody/standings.ts";
import type { Platform } from "../../platform.ts";
import type { Findings } from "./findings.ts";

/** A recall according to its records. */
interface Recalled {
  ranges: { start: number; end: number }[];
  lifted: boolean;
}

const PIECES_A_TURN = 32;
const ALL_LEVELS = -1;
/** More than an audit names. */
const MOST_BREACHES = 100;

/**
 * Compares the derived rows, which the service reads instead of the records, with the records: events, links, nodes, units,
 * recalls, and the status of codes, recomputed from their journeys.
 */
export class Derived {
  private readonly store: Store;
  private readonly platform: Platform;
  private readonly findings: Findings;
  private readonly register: BatchRegister;
  private readonly reader: StoreReader;
  private readonly standings: Standings;
  private readonly breaches = new Set<string>();
  private readonly recalls = new Map<string, Recalled>();
  /** The last chain and node at the start of the audit: up to here there must be as many of each. */
  readonly lastChain: number;
  private nodeChains = 0;

  constructor(store: Store, platform: Platform, findings: Findings) {
    this.store = store;
    this.platform = platform;
    this.findings = findings;
    this.register = new BatchRegister(store);
    // The levels with chains are a shortcut of the trace: check them.
    for (const batch of this.register.all) batch.chainLevels = ALL_LEVELS;
    this.reader = new StoreReader(store, this.register);
    this.standings = new Standings(store);
    this.lastChain = store.ledger.lastChain();
  }

  /** Checks the rows of one record. @returns its chains in the store, in the record's order */
  checkRecord(index: number, record: LedgerRecord): (ChainHead | undefined)[] {
    const taking = this.takingPart(record.statement);
    const chains = record.chains.map(({ of }) =>
      isNodeChain(of) ? taking.get(of)?.chain : this.store.ledger.chain(of),
    );
    let read: CustodyStatement | undefined;
    try {
      read = readStatement(record.statement);
    } catch (error) {
      this.findings.add("record", `record ${index}`, "a statement", (error as Error).message);
      return chains;
    }
    this.checkRows(index, record.statement, read);
    record.chains.forEach((link, i) => {
      const part = read === undefined ? "subject" : taking.get(link.of)?.part;
      this.checkLink(index, record.statement, link, chains[i], { read, part });
    });
    return chains;
  }

  private checkRows(index: number, statement: Statement, read: CustodyStatement | undefined): void {
    const event = this.store.custody.event(index);
    if (event === undefined) this.findings.add("derived", `record ${index}`, "an event row", "none");
    else {
      this.checkEvent(event, statement, read);
      this.checkCorrection(event, read);
    }
    for (const { digest, text } of this.store.ledger.disclosures(index))
      if (digest !== digestOf(text) || !statement.sealed.includes(digest))
        this.findings.add(
          "disclosure",
          `record ${index}`,
          "fields that the record sealed",
          `one of digest ${digest}`,
        );
    if (statement.kind === "issuing") this.checkBatch(index, statement);
    if (read?.recall !== undefined) this.noteRecall(read.recall, statement);
  }

  /** A chain's name and unit number. A node's chain stores no name: its records identify the node. */
  checkChain({ id, of }: ChainHead): void {
    if (isNodeChain(of)) {
      if (id <= this.lastChain) this.nodeChains += 1;
      return;
    }
    if (this.store.ledger.chain(of)?.id !== id)
      this.findings.add("derived", `${of}, name`, `chain ${id}`, "another, or none");
    if (!of.startsWith("unit:")) return;
    this.stateOf({ unit: id }, null);
    const unit = this.store.custody.unitOfChain(id);
    const found = unit && unitChain(unit.salt, unit.id, this.platform.sha256);
    this.findings.compare("derived", `${of}, unit`, of, found ?? "none");
  }

  /** Compares every recall with its records; drafts have none. Records from `size` were appended during the audit. */
  checkRecalls(size: number): void {
    const { ledger, custody } = this.store;
    for (let index = size; index < ledger.size(); index++) {
      const row = ledger.record(index);
      const statement = row && decodeRecord(row.bytes).statement;
      const read = statement && readStatement(statement);
      if (statement && read?.recall !== undefined) this.noteRecall(read.recall, statement);
    }
    for (const row of custody.recalls()) {
      const recalled = this.recalls.get(row.id);
      const status = recalled === undefined ? "draft" : recalled.lifted ? "lifted" : "active";
      this.findings.compare("derived", `recall ${row.id}, status`, status, row.status);
      if (recalled)
        this.findings.compare(
          "derived",
          `recall ${row.id}, codes`,
          spell(recalled.ranges),
          spell(custody.recallRanges(row.id)),
        );
    }
    for (const id of this.recalls.keys())
      if (custody.recall(id) === undefined) this.findings.add("derived", `recall ${id}`, "a recall", "none");
  }

  /** The status of every code of the batches, and the levels at which the trace looks for chains. */
  async checkCodes(ids: readonly string[], told: (batches: number) => void = () => undefined): Promise<void> {
    for (const [done, id] of ids.entries()) {
      told(done);
      const batch = this.register.get(id);
      if (batch === undefined) continue;
      const needed = this.store.reading(() => this.checkLevels(batch));
      batch.chainLevels = needed;
      const pieces = this.cut(batch, { start: batch.start, level: rootLevel(batch.count) });
      for (let from = 0; from < pieces.length; from += PIECES_A_TURN) {
        this.store.reading(() => {
          for (const piece of pieces.slice(from, from + PIECES_A_TURN)) this.checkPiece(batch, piece);
        });
        await this.platform.yield();
        // Events during the audit may have created chains at further levels.
        if (from + PIECES_A_TURN < pieces.length)
          batch.chainLevels = needed | (this.store.batches.get(id)?.chainLevels ?? ALL_LEVELS);
      }
    }
    told(ids.length);
  }

  /** The status of one code. */
  checkCode(key: number): void {
    const batch = this.register.find(key);
    if (batch !== null) this.checkPiece(batch, { start: key, level: 0 });
  }

  /** The issued batches. */
  get batches(): string[] {
    return this.register.all.map(({ id }) => id);
  }

  /**
   * Checks that every node has a chain of the log: another one would give a batch's history to other codes. Call after the
   * chains are checked.
   */
  async checkNodes(): Promise<void> {
    let nodes = 0;
    for (const batch of this.register.all) {
      for (const { chain } of this.store.custody.nodesIn(batch.start, batch.start + batch.count))
        if (chain <= this.lastChain) nodes += 1;
        else if (this.store.ledger.chainById(chain) === undefined)
          this.findings.add("derived", `batch ${batch.id}, chain ${chain} of a node`, "a chain", "none");
      await this.platform.yield();
    }
    this.findings.compare("derived", "nodes with a chain", this.nodeChains, nodes);
  }

  private checkEvent(event: EventRow, statement: Statement, read: CustodyStatement | undefined): void {
    const compare = (name: string, expected: unknown, found: unknown): void => {
      if (expected !== found)
        this.findings.compare("derived", `record ${event.index}, ${name}`, expected, found);
    };
    compare("kind", statement.kind, event.kind);
    compare("at", Date.parse(statement.at), event.at);
    compare("organisation", statement.actor.organisation, event.organisation);
    compare("statement", statement.id, event.statement);
    compare("to", read?.to ?? null, event.to);
    compare("carrier", read?.carrier ?? null, event.carrier);
    compare("recall", read?.recall ?? null, event.recall);
    const unit = read?.parent === undefined ? undefined : this.store.ledger.chain(`unit:${read.parent}`);
    compare("unit", unit?.id ?? null, event.unit);
    const target =
      read?.corrects && this.store.custody.eventByStatement(read.corrects.organisation, read.corrects.id);
    compare("corrects", target?.index ?? null, event.corrects);
  }

  /** Checks that a correction and the corrected event name each other. */
  private checkCorrection(event: EventRow, read: CustodyStatement | undefined): void {
    const { custody } = this.store;
    const { index } = event;
    const at = `record ${index}, corrected by`;
    if (event.correctedBy !== null)
      this.findings.compare("derived", at, index, custody.event(event.correctedBy)?.corrects ?? null);
    if (read?.corrects !== undefined && event.corrects !== null)
      this.findings.compare("derived", at, index, custody.event(event.corrects)?.correctedBy ?? null);
  }

  /** Checks that a record's link is on its chain, with the part and move of the statement. */
  private checkLink(
    index: number,
    statement: Statement,
    { of, n }: ChainLink,
    chain: ChainHead | undefined,
    { read, part }: { read: CustodyStatement | undefined; part: LinkRow["part"] | undefined },
  ): void {
    const at = Date.parse(statement.at);
    const link = chain && this.store.custody.link(chain.id, n);
    const move = (read && part && moveOf(read, part)) ?? "none";
    if (link?.index === index && link.at === at && link.part === part && link.move === move) return;
    const expected = `record ${index} at ${at}, ${part}, ${move}`;
    this.findings.add("derived", `record ${index}, link in ${of}`, expected, spellLink(link));
  }

  /** The part of each subject of a custody statement, by chain name; a node's chain is the one at its place. */
  private takingPart(statement: Statement): Map<string, { part: LinkRow["part"]; chain?: ChainHead }> {
    const taking = new Map<string, { part: LinkRow["part"]; chain?: ChainHead }>();
    for (const subject of statement.subjects.filter(isCustodySubject)) {
      const part = partOf(subject);
      if ("unit" in subject) taking.set(`unit:${subject.unit}`, { part });
      else
        for (const [from, to] of subject.segments)
          for (const segment of this.segmentsIn(subject.batch, from, to)) {
            const chain = this.store.custody.chainAt(segment);
            if (chain) taking.set(chain.of, { part, chain });
          }
    }
    return taking;
  }

  private segmentsIn(id: string, from: number, to: number): Segment[] {
    const batch = this.register.get(id);
    // A shrunk batch lacks these places: the links are reported.
    return batch === undefined || to > batch.count ? [] : segmentThings({ from, to }, batch);
  }

  private checkBatch(index: number, statement: Statement): void {
    const [subject] = statement.subjects;
    const id = subject && "batch" in subject ? subject.batch : "";
    const row = this.store.batches.get(id);
    for (const [name, column] of [
      ["enterprise", "organisation"],
      ["product", "product"],
      ["count", "quantity"],
      ["lot", "lot"],
      ["gtin", "gtin"],
    ] as const)
      if (statement.public[name] !== undefined)
        this.findings.compare(
          "derived",
          `record ${index}, ${name} of batch ${id}`,
          statement.public[name],
          row?.[column],
        );
  }

  private noteRecall(id: string, statement: Statement): void {
    const recalled = this.recalls.get(id) ?? { ranges: [], lifted: false };
    this.recalls.set(id, recalled);
    if (statement.kind === "lifting") recalled.lifted = true;
    else
      for (const subject of statement.subjects.filter(isCustodySubject)) {
        const batch = "batch" in subject ? this.register.get(subject.batch) : undefined;
        if (batch && "segments" in subject)
          for (const [from, to] of subject.segments)
            recalled.ranges.push({ start: batch.start + from, end: batch.start + to });
      }
  }

  /** @returns the levels at which the batch has chains */
  private checkLevels(batch: IssuedBatch): number {
    const stored = this.store.batches.get(batch.id)?.chainLevels ?? 0;
    const needed = this.store.custody
      .nodesIn(batch.start, batch.start + batch.count)
      .reduce((levels, { level }) => levels | (1 << level), 0);
    // A level too many costs a trace one lookup; one too few would hide records.
    this.findings.compare("derived", `batch ${batch.id}, levels with chains`, needed, stored & needed);
    return needed;
  }

  /** Cuts the batch again: events may have been added since. */
  private checkPiece(batch: IssuedBatch, whole: Segment): void {
    for (const piece of this.cut(batch, whole)) {
      const end = Math.min(piece.start + 2 ** piece.level, batch.start + batch.count);
      const at = `batch ${batch.id}, status of positions ${piece.start - batch.start} to ${end - 1 - batch.start}`;
      this.findings.compare("derived", at, this.replayed(batch, piece), this.storedStatus(piece.start, end));
    }
  }

  private cut({ id }: IssuedBatch, whole: Segment): Segment[] {
    try {
      return this.reader.pieces(whole);
    } catch (error) {
      this.findings.add("derived", `batch ${id}`, "places of its codes", (error as Error).message);
      return [];
    }
  }

  private replayed(batch: IssuedBatch, segment: Segment): string {
    return this.stateOf({ segment }, batch.organisation);
  }

  /** Replays a thing, and notes the rules of custody that its records break. @returns its status */
  private stateOf(thing: Thing, owner: string | null): string {
    try {
      const vacant = "unit" in thing ? vacancyOf(this.reader, thing.unit) : undefined;
      const state = stateOf(journeyOf(this.reader, thing), owner, vacant);
      for (const breach of contradictionsOf(state, (id) => this.standings.boundFrom(id)))
        this.noteBreach(breach.rule, breach.index, breach.kind, breach.message);
      return state.status;
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof PackedInCircle)
        this.noteBreach("packed_in_a_circle", undefined, "packing", message);
      return `a journey without errors (${message})`;
    }
  }

  /** One record may break a rule for many things: it is named once. */
  private noteBreach(rule: string, index: number | undefined, kind: string, message: string): void {
    const at = index === undefined ? "units" : `record ${index}`;
    if (this.breaches.has(`${rule} ${at}`) || this.breaches.size >= MOST_BREACHES) return;
    this.breaches.add(`${rule} ${at}`);
    this.findings.add(rule, at, `no ${kind} that contradicts it`, message);
  }

  private storedStatus(start: number, end: number): string {
    const rows = this.store.custody.states(start, end);
    const [first] = rows;
    if (first === undefined) return "issued";
    if (first.start <= start && first.end >= end) return first.status;
    return rows.map((row) => `${row.status} ${row.start} to ${row.end - 1}`).join(", ");
  }
}

function spell(ranges: { start: number; end: number }[]): string {
  return ranges.map(({ start, end }) => `${start} to ${end - 1}`).join(", ");
}

function spellLink(link: LinkRow | undefined): string {
  return link === undefined ? "none" : `record ${link.index} at ${link.at}, ${link.part}, ${link.move}`;
}
