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
import type { ChainKey, FactText, LinkRow, NodePlace } from "../../store/derived/chains.ts";
import { type EventRow, LIST_RECORDS } from "../../store/derived/recorded.ts";
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
const NUMBERS_A_TURN = 64;
/** What a chain says about a record, besides its place. */
const FACT_FIELDS = ["kind", "organisation", "unit", "to", "carrier", "recall", "correctedBy"] as const;
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
  /** Levels of the batches that are checked at the moment; all levels for the others. */
  private readonly levels = new Map<number, number>();
  /** Named chains at the start of the audit. */
  private readonly names: number;
  /** Records of an organisation's list around the last one that was looked up. */
  private readonly lists = new Map<string, { page: number; records: ReadonlySet<number> }>();
  /** Places in nodes' chains, and in numbered chains, that the walked records have. */
  private readonly walked = { nodes: 0, numbered: 0 };

  constructor(store: Store, platform: Platform, findings: Findings) {
    this.store = store;
    this.platform = platform;
    this.findings = findings;
    this.register = new BatchRegister(store);
    // The levels with chains are a shortcut of the trace: check them.
    const levelsOf = (start: number): number => this.levels.get(start) ?? ALL_LEVELS;
    this.reader = new StoreReader(store, this.register, undefined, levelsOf);
    this.standings = new Standings(store);
    this.names = store.custody.namedChains;
  }

  /** Checks the rows of one record. @returns the keys of its chains in the store, in the record's order */
  checkRecord(index: number, record: LedgerRecord): (ChainKey | undefined)[] {
    const taking = this.takingPart(record.statement);
    const nodes = this.placesOf(index, record.statement);
    const found = record.chains.map((link): { key?: ChainKey | undefined; part?: LinkRow["part"] } => {
      if (isNodeChain(link.of)) return nodes.take(link.n) ?? {};
      return { key: this.store.custody.chainNamed(link.of), part: taking.get(link.of) ?? "subject" };
    });
    const chains = found.map(({ key }) => key);
    let read: CustodyStatement | undefined;
    try {
      read = readStatement(record.statement);
    } catch (error) {
      this.findings.add("record", `record ${index}`, "a statement", (error as Error).message);
      return chains;
    }
    this.checkRows(index, record.statement, read);
    record.chains.forEach((link, i) => {
      const { key, part } = found[i] as (typeof found)[number];
      this.checkLink(index, record.statement, link, key, { read, part });
    });
    return chains;
  }

  private checkRows(index: number, statement: Statement, read: CustodyStatement | undefined): void {
    const event = this.store.custody.recorded.event(index);
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

  /** The rules of custody on a unit. Other chains with a number have none. */
  checkChain(number: number): void {
    if (number <= 0) return;
    const unit = this.store.custody.units.byNumber(number);
    if (unit === undefined) return void this.findings.add("derived", `unit ${number}`, "a unit", "none");
    this.stateOf({ unit: number }, null);
    const found = unitChain(unit.salt, unit.id, this.platform.sha256);
    this.findings.compare("derived", `${unit.of}, unit`, unit.of, found);
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
    for (const row of custody.recalls.recalls()) {
      const recalled = this.recalls.get(row.id);
      const status = recalled === undefined ? "draft" : recalled.lifted ? "lifted" : "active";
      this.findings.compare("derived", `recall ${row.id}, status`, status, row.status);
      if (recalled)
        this.findings.compare(
          "derived",
          `recall ${row.id}, codes`,
          spell(recalled.ranges),
          spell(custody.recalls.recallRanges(row.id)),
        );
    }
    for (const id of this.recalls.keys())
      if (custody.recalls.recall(id) === undefined)
        this.findings.add("derived", `recall ${id}`, "a recall", "none");
  }

  /** The status of every code of the batches, and the levels at which the trace looks for chains. */
  async checkCodes(ids: readonly string[], told: (batches: number) => void = () => undefined): Promise<void> {
    for (const [done, id] of ids.entries()) {
      told(done);
      const batch = this.register.get(id);
      if (batch === undefined) continue;
      const needed = this.store.reading(() => this.checkLevels(batch));
      this.levels.set(batch.start, needed);
      const pieces = this.cut(batch, { start: batch.start, level: rootLevel(batch.count) });
      for (let from = 0; from < pieces.length; from += PIECES_A_TURN) {
        this.store.reading(() => {
          for (const piece of pieces.slice(from, from + PIECES_A_TURN)) this.checkPiece(batch, piece);
        });
        await this.platform.yield();
        // Events during the audit may have created chains at further levels.
        if (from + PIECES_A_TURN < pieces.length)
          this.levels.set(batch.start, needed | this.store.custody.levelsOf(batch.start));
      }
    }
    told(ids.length);
  }

  /** The status of one code. */
  checkCode(key: number): void {
    const batch = this.register.find(key);
    if (batch !== null) this.checkPiece(batch, { start: key, level: 0 });
  }

  /** About as many as `checkNumbered` checks. */
  get numberedChains(): number {
    return this.store.custody.namedChains + this.store.custody.units.count;
  }

  /** The issued batches. */
  get batches(): string[] {
    return this.register.all.map(({ id }) => id);
  }

  /**
   * Checks that no chain has a place that no record has: it would give a batch's history to other codes. Each place that a
   * record has was found, so equal numbers are equal chains.
   * @param size of the log whose records were checked
   */
  async checkNodes(size: number): Promise<void> {
    let places = 0;
    for (const batch of this.register.all) {
      const nodes = this.store.custody.chains.nodesIn(batch.start, batch.start + batch.count);
      for (let from = 0; from < nodes.length; from += NUMBERS_A_TURN) {
        this.store.reading(() => {
          for (const node of nodes.slice(from, from + NUMBERS_A_TURN)) places += this.placesBelow(node, size);
        });
        await this.platform.yield();
      }
    }
    this.findings.compare("derived", "records on the chains of nodes", this.walked.nodes, places);
  }

  /** The same for units and other chains with a number. @param progress called with the number of chains done */
  async checkNumbered(size: number, progress: (chains: number) => void): Promise<void> {
    let places = 0;
    let done = 0;
    let named = 0;
    for (let after = Number.NEGATIVE_INFINITY; ;) {
      const from = after;
      const numbers = this.store.reading(() => {
        const found = this.store.custody.chains.numbersAfter(from, NUMBERS_A_TURN);
        for (const number of found) {
          places += this.placesBelow(number, size);
          this.checkChain(number);
        }
        return found;
      });
      const last = numbers.at(-1);
      if (last === undefined) break;
      named += numbers.filter((number) => number < 0).length;
      after = last;
      progress((done += numbers.length));
      await this.platform.yield();
    }
    this.findings.compare("derived", "records on named chains", this.walked.numbered, places);
    if (named < this.names) this.nameEmpty();
    await this.checkLists(size);
  }

  /** Names a chain that has a name and no record. */
  private nameEmpty(): void {
    const { custody } = this.store;
    for (let number = 1; number <= custody.namedChains; number++) {
      const name = custody.nameOf(-number);
      if (name !== undefined && custody.chains.length(-number) === 0)
        return void this.findings.add("derived", `${name}, name`, "a chain", "none");
    }
    this.findings.add("derived", "named chains", String(this.names), "fewer");
  }

  private async checkLists(size: number): Promise<void> {
    const { recorded } = this.store.custody;
    const yieldTurn = (): Promise<void> => this.platform.yield();
    const listed = await recorded.listed(size, yieldTurn);
    if (listed === size) return;
    const other = await recorded.misplaced(yieldTurn);
    if (other === undefined)
      this.findings.compare("derived", "records in the lists of organisations", size, listed);
    else
      this.findings.add(
        "derived",
        `record ${other.index}, list of ${other.list}`,
        "a record that it made",
        "another's",
      );
  }

  /** The links of a chain; none where it is damaged, which is noted. */
  linksOf(key: ChainKey): LinkRow[] {
    return this.placesBelow(key, Number.POSITIVE_INFINITY) === 0 ? [] : this.store.custody.chains.links(key);
  }

  private placesBelow(key: ChainKey, size: number): number {
    const { chains } = this.store.custody;
    const fault = chains.fault(key);
    if (fault !== undefined) {
      const of = typeof key === "number" ? (this.store.custody.nameOf(key) ?? `chain ${key}`) : placeOf(key);
      this.findings.add("derived", `${of}, chain`, "a chain of its records", fault);
      return 0;
    }
    let length = chains.length(key);
    // What was recorded during the audit is at the end.
    while (length > 0 && (chains.link(key, length - 1)?.index ?? 0) >= size) length -= 1;
    return length;
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
    if (read?.parent !== undefined && event.unit === null) compare("unit", `unit:${read.parent}`, "none");
    const { recorded } = this.store.custody;
    compare("look-up by its statement", event.index, recorded.indexOf(event.organisation, event.statement));
    if (!this.isListed(event)) compare("list of its organisation", "the record", "none");
    if (read?.corrects !== undefined && event.corrects === null)
      compare("corrects", `event ${read.corrects.id} of ${read.corrects.organisation}`, "none");
  }

  private isListed({ organisation, index }: EventRow): boolean {
    const page = Math.floor(index / LIST_RECORDS);
    let known = this.lists.get(organisation);
    if (known?.page !== page || !known.records.has(index)) {
      known = { page, records: new Set(this.store.custody.recorded.listedAround(organisation, index)) };
      this.lists.set(organisation, known);
    }
    return known.records.has(index);
  }

  /** Checks that a correction and the corrected event name each other. */
  private checkCorrection(event: EventRow, read: CustodyStatement | undefined): void {
    const { recorded } = this.store.custody;
    const { index } = event;
    const at = `record ${index}, corrected by`;
    if (event.correctedBy !== null)
      this.findings.compare("derived", at, index, recorded.event(event.correctedBy)?.corrects ?? null);
    if (read?.corrects !== undefined && event.corrects !== null)
      this.findings.compare("derived", at, index, recorded.event(event.corrects)?.correctedBy ?? null);
  }

  /** Checks that a record's link is on its chain, with the part and move of the statement. */
  private checkLink(
    index: number,
    statement: Statement,
    { of, n }: ChainLink,
    key: ChainKey | undefined,
    { read, part }: { read: CustodyStatement | undefined; part: LinkRow["part"] | undefined },
  ): void {
    const at = Date.parse(statement.at);
    const link = key === undefined ? undefined : this.linkAt(key, n);
    const move = (read && part && moveOf(read, part)) ?? "none";
    if (link?.index === index) this.walked[typeof key === "number" ? "numbered" : "nodes"] += 1;
    const fact = link && key !== undefined ? this.store.custody.chains.factOfLink(key, n) : undefined;
    const same = link?.index === index && link.at === at && link.part === part && link.move === move;
    if (same && this.isFactOf(fact, statement, read)) return;
    const expected = { index, n, at, part: part ?? "subject", move };
    this.findings.add(
      "derived",
      `record ${index}, link in ${of}`,
      spellLink(expected, this.factOf(index, statement, read)),
      spellLink(link, fact),
    );
  }

  /** The part of each unit of a custody statement, by the name of its chain. */
  private takingPart(statement: Statement): Map<string, LinkRow["part"]> {
    const taking = new Map<string, LinkRow["part"]>();
    for (const subject of statement.subjects.filter(isCustodySubject))
      if ("unit" in subject) taking.set(`unit:${subject.unit}`, partOf(subject));
    return taking;
  }

  /** The places of a statement's segments whose chains have the record, each of which is taken once, by its `n`. */
  private placesOf(
    index: number,
    statement: Statement,
  ): { take(n: number): { key: NodePlace; part: LinkRow["part"] } | undefined } {
    const places: { key: NodePlace; part: LinkRow["part"] }[] = [];
    for (const subject of statement.subjects.filter(isCustodySubject))
      if (!("unit" in subject))
        for (const [from, to] of subject.segments)
          for (const key of this.segmentsIn(subject.batch, from, to))
            places.push({ key, part: partOf(subject) });
    return {
      take: (n) => {
        const at = places.findIndex(({ key }) => this.linkAt(key, n)?.index === index);
        return at < 0 ? undefined : places.splice(at, 1)[0];
      },
    };
  }

  /** Whether a fact on a chain says what its record does. */
  private isFactOf(
    fact: FactText | undefined,
    statement: Statement,
    read: CustodyStatement | undefined,
  ): boolean {
    if (fact === undefined) return false;
    const expected = this.factOf(fact.index, statement, read);
    return FACT_FIELDS.every((name) => fact[name] === expected[name]);
  }

  /** What each chain of a record should say about it. */
  private factOf(index: number, { kind, actor }: Statement, read: CustodyStatement | undefined): FactText {
    const { units, recorded } = this.store.custody;
    return {
      index,
      kind,
      organisation: actor.organisation,
      unit: read?.parent === undefined ? undefined : units.numberOf(`unit:${read.parent}`),
      to: read?.to,
      carrier: read?.carrier,
      recall: read?.recall,
      correctedBy: recorded.correctionOf(index),
    };
  }

  /** The link at a place; undefined where the chain is damaged, which `fault` names. */
  private linkAt(key: ChainKey, n: number): LinkRow | undefined {
    try {
      return this.store.custody.chains.link(key, n);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
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
    const stored = this.store.custody.levelsOf(batch.start);
    const needed = this.store.custody.chains
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
    const rows = this.store.custody.states.states(start, end);
    const [first] = rows;
    if (first === undefined) return "issued";
    if (first.start <= start && first.end >= end) return first.status;
    return rows.map((row) => `${row.status} ${row.start} to ${row.end - 1}`).join(", ");
  }
}

function placeOf({ start, level }: NodePlace): string {
  return `the node of level ${level} at ${start}`;
}

function spell(ranges: { start: number; end: number }[]): string {
  return ranges.map(({ start, end }) => `${start} to ${end - 1}`).join(", ");
}

function spellLink(link: LinkRow | undefined, fact: FactText | undefined): string {
  if (link === undefined) return "none";
  const fields = FACT_FIELDS.filter((name) => fact?.[name] !== undefined);
  const more = fields.map((name) => `, ${name} ${fact?.[name]}`).join("");
  return `record ${link.index} at ${link.at}, ${link.part}, ${link.move}${more}`;
}
