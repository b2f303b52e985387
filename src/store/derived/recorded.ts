import { readStatement } from "../../core/custody/statement.ts";
import { isKind } from "../../core/custody/vocabulary.ts";
import type { LedgerRecord } from "../../core/ledger/record.ts";
import type { LedgerStatements } from "../log.ts";
import type { Prepare } from "../statement.ts";
import { AddedValues } from "./added-values.ts";
import type { CustodyMemory } from "./memory.ts";
import type { Numbered } from "./numbered.ts";
import { first48, hashOfPair } from "./short-hash.ts";
import type { UndoLog } from "./undo-log.ts";
import { Packer, Unpacker } from "./packing.ts";
import type { Units } from "./units.ts";
import { type Written, WrittenBehind } from "./written-behind.ts";

/** The fields of a record that custody needs. */
export interface EventRow {
  /** The record's index in the log. */
  index: number;
  kind: string;
  at: number;
  organisation: string;
  /** The statement's id, chosen by the actor. */
  statement: string;
  /** Number of the unit that the goods enter or leave. */
  unit: number | null;
  to: string | null;
  carrier: string | null;
  recall: string | null;
  /** Log index of the record that this one corrects. */
  corrects: number | null;
  correctedBy: number | null;
}

/** What look-ups need of a record. */
export type Noted = Pick<EventRow, "index" | "organisation" | "statement"> & {
  /** The record that this one corrects. */
  corrects?: number | undefined;
};

const BY_STATEMENT = `SELECT "index" FROM statement_at WHERE hash = :hash ORDER BY "index"`;
const ADD_STATEMENT = `
  INSERT INTO statement_at (hash, "index") VALUES (:hash, :index) ON CONFLICT DO NOTHING`;
const LIST_PAGE = `SELECT records FROM organisation_page WHERE organisation = :organisation AND page = :page`;
const LIST_PAGES = `
  SELECT organisation, page, records FROM organisation_page WHERE (organisation, page) > (:organisation, :page)
  ORDER BY organisation, page LIMIT 64`;
const PUT_LIST_PAGE = `
  INSERT INTO organisation_page (organisation, page, records) VALUES (:organisation, :page, :records)
  ON CONFLICT (organisation, page) DO UPDATE SET records = excluded.records`;
const LIST = `
  SELECT page, records FROM organisation_page WHERE organisation = :organisation AND page <= :page
  ORDER BY page DESC LIMIT 1`;
const CORRECTION = `SELECT "by" FROM correction WHERE "index" = :index`;
const ADD_CORRECTION = `
  INSERT INTO correction ("index", "by") VALUES (:index, :by)
  ON CONFLICT ("index") DO UPDATE SET "by" = excluded."by"`;
const CLEARANCES = `
  SELECT c."index", c.ms FROM clearance AS c LEFT JOIN correction AS k ON k."index" = c."index"
  WHERE k."index" IS NULL`;
const SET_CLEARANCE = `
  INSERT INTO clearance ("index", ms) VALUES (:index, :ms)
  ON CONFLICT ("index") DO UPDATE SET ms = excluded.ms`;

/** Records of the log whose indexes one page of an organisation's list may have. */
export const LIST_RECORDS = 4096;

const NO_RECORDS = new Uint8Array(0);

const decoder = new TextDecoder();

/** Look-ups of records: by statement, by organisation, by correction, and times to clearance. */
export class Recorded {
  readonly parts: Written[];
  private readonly ledger: LedgerStatements;
  private readonly units: Units;
  private readonly terms: Numbered;
  private readonly statements: AddedValues;
  private readonly owners: AddedValues;
  private readonly corrections: WrittenBehind<number, number>;
  private readonly times: WrittenBehind<number, number>;
  private readonly stored: (hash: number) => number[];
  private readonly listPage: (organisation: number, page: number) => Uint8Array | undefined;
  private readonly listPages: (after: ListPlace) => (ListPlace & { records: Uint8Array })[];
  private readonly lastPage: (
    organisation: number,
    page: number,
  ) => { page: number; records: Uint8Array } | undefined;
  private readonly storedTimes: () => { index: number; ms: number }[];

  constructor(
    prepare: Prepare,
    undo: UndoLog,
    memory: CustodyMemory,
    parts: { ledger: LedgerStatements; units: Units; terms: Numbered },
  ) {
    this.ledger = parts.ledger;
    this.units = parts.units;
    this.terms = parts.terms;
    const byStatement = prepare<{ hash: number }, { index: number }>(BY_STATEMENT);
    const addStatement = prepare<{ hash: number; index: number }>(ADD_STATEMENT);
    const listPage = prepare<ListPlace, { records: Uint8Array }>(LIST_PAGE);
    const putListPage = prepare<ListPlace & { records: Uint8Array }>(PUT_LIST_PAGE);
    const list = prepare<ListPlace, { page: number; records: Uint8Array }>(LIST);
    const correction = prepare<{ index: number }, { by: number }>(CORRECTION);
    const addCorrection = prepare<{ index: number; by: number }>(ADD_CORRECTION);
    const clearances = prepare<void, { index: number; ms: number }>(CLEARANCES);
    const setClearance = prepare<{ index: number; ms: number }>(SET_CLEARANCE);
    this.lastPage = (organisation, page) => list.get({ organisation, page });
    this.listPage = (organisation, page) => listPage.get({ organisation, page })?.records;
    const listPages = prepare<ListPlace, ListPlace & { records: Uint8Array }>(LIST_PAGES);
    this.listPages = (after) => listPages.all(after);
    this.storedTimes = () => clearances.all();
    this.stored = (hash) => byStatement.all({ hash }).map(({ index }) => index);
    this.statements = new AddedValues(undo, 1, (hash, [index]) =>
      addStatement.run({ hash, index: index as number }),
    );
    this.owners = new AddedValues(undo, LIST_RECORDS, (organisation, indexes) => {
      const page = Math.floor((indexes[0] as number) / LIST_RECORDS);
      const known = listPage.get({ organisation, page });
      const records = withRecords(known?.records, indexes);
      if (records !== undefined) putListPage.run({ organisation, page, records });
    });
    this.corrections = new WrittenBehind(undo, memory, {
      read: (index) => correction.get({ index })?.by,
      write: (index, by) => addCorrection.run({ index, by }),
      sizeOf: () => 0,
    });
    this.times = new WrittenBehind<number, number>(undo, memory, {
      // Only the list of all is read.
      read: () => undefined,
      write: (index, ms) => setClearance.run({ index, ms }),
      sizeOf: () => 0,
    });
    this.parts = [this.statements, this.owners, this.corrections, this.times];
  }

  /** Notes the look-ups of a record. */
  note({ index, organisation, statement, corrects }: Noted): void {
    this.statements.add(first48(hashOfPair(organisation, statement)), index);
    this.owners.add(this.terms.numberOf(organisation), index);
    if (corrects !== undefined) this.corrections.set(corrects, index);
  }

  /** The custody fields of a record; undefined where the log has none. */
  event(index: number): EventRow | undefined {
    const row = this.ledger.record(index);
    return row && this.eventOf(index, row.bytes);
  }

  /** The record of a statement, by its reporter and id. */
  eventByStatement(organisation: string, statement: string): EventRow | undefined {
    const found = this.indexOf(organisation, statement);
    return found === undefined ? undefined : this.event(found);
  }

  /** The index of the record of a statement. */
  indexOf(organisation: string, statement: string): number | undefined {
    const hash = first48(hashOfPair(organisation, statement));
    for (const index of [...this.stored(hash), ...this.statements.get(hash)]) {
      const row = this.ledger.record(index);
      if (row === undefined) continue;
      const read = statementIn(row.bytes);
      if (read.id === statement && read.actor.organisation === organisation) return index;
    }
    return undefined;
  }

  /** The indexes of an organisation's records in the list's page that would have one, ascending. */
  listedAround(organisation: string, index: number): number[] {
    const number = this.terms.find(organisation);
    if (number === undefined) return [];
    const page = Math.floor(index / LIST_RECORDS);
    const stored = this.listPage(number, page);
    const unwritten = this.owners.get(number).filter((one) => Math.floor(one / LIST_RECORDS) === page);
    return [...(stored === undefined ? [] : recordsOf(stored)), ...unwritten];
  }

  /**
   * The number of records below `size` in the lists of all organisations, added up in turns.
   * @param yieldTurn lets other work run
   */
  async listed(size: number, yieldTurn: () => Promise<void>): Promise<number> {
    let count = 0;
    let after: ListPlace = { organisation: 0, page: 0 };
    for (;;) {
      const pages = this.listPages(after);
      for (const { records } of pages) for (const index of recordsOf(records)) if (index < size) count += 1;
      const last = pages.at(-1);
      if (last === undefined) break;
      after = last;
      await yieldTurn();
    }
    // While a writing goes on, some are in the table and in memory.
    const seen = new Map<string, ReadonlySet<number>>();
    for (const [organisation, index] of this.owners) {
      const page = Math.floor(index / LIST_RECORDS);
      const id = `${organisation}/${page}`;
      const stored = seen.get(id) ?? new Set(recordsOf(this.listPage(organisation, page) ?? NO_RECORDS));
      seen.set(id, stored);
      if (index < size && !stored.has(index)) count += 1;
    }
    return count;
  }

  /** A record in the list of an organisation that did not make it; undefined where there is none. */
  async misplaced(yieldTurn: () => Promise<void>): Promise<{ index: number; list: string } | undefined> {
    let after: ListPlace = { organisation: 0, page: 0 };
    for (;;) {
      const pages = this.listPages(after);
      for (const { organisation, records } of pages) {
        const list = this.terms.text(organisation) ?? `organisation ${organisation}`;
        const index = recordsOf(records).find((one) => this.event(one)?.organisation !== list);
        if (index !== undefined) return { index, list };
      }
      const last = pages.at(-1);
      if (last === undefined) return undefined;
      after = last;
      await yieldTurn();
    }
  }

  /** The index of the record that corrects another one. */
  correctionOf(index: number): number | undefined {
    return this.corrections.get(index);
  }

  /** Events with an index below `end`, newest first, of one organisation or of all. */
  eventsBefore(end: number, limit: number, organisation?: string): EventRow[] {
    const indexes =
      organisation === undefined ? this.newest(end, limit) : this.newestOf(organisation, end, limit);
    return indexes.flatMap((index) => this.event(index) ?? []);
  }

  /** Times from declaration to release, of releases that were not corrected, milliseconds, ascending. */
  clearances(): number[] {
    const times = new Map(this.storedTimes().map(({ index, ms }) => [index, ms]));
    for (const [index, ms] of this.times.unwritten)
      if (this.corrections.get(index) === undefined) times.set(index, ms);
    for (const index of this.corrections.unwritten.keys()) times.delete(index);
    return [...times.values()].sort((a, b) => a - b);
  }

  setClearance(index: number, ms: number): void {
    this.times.set(index, ms);
  }

  private newest(end: number, limit: number): number[] {
    const last = Math.min(end, this.ledger.size()) - 1;
    const count = Math.max(0, Math.min(limit, last + 1));
    return Array.from({ length: count }, (_, i) => last - i);
  }

  private newestOf(organisation: string, end: number, limit: number): number[] {
    const number = this.terms.find(organisation);
    if (number === undefined) return [];
    const indexes = new Set(this.owners.get(number).filter((index) => index < end));
    let page = Math.floor((Math.min(end, this.ledger.size()) - 1) / LIST_RECORDS);
    for (let stored = 0; stored < limit && page >= 0; page--) {
      const found = this.lastPage(number, page);
      if (found === undefined) break;
      ({ page } = found);
      for (const index of recordsOf(found.records))
        if (index < end) {
          indexes.add(index);
          stored += 1;
        }
    }
    return [...indexes].sort((a, b) => b - a).slice(0, limit);
  }

  private eventOf(index: number, bytes: Uint8Array): EventRow {
    const statement = statementIn(bytes);
    const { kind, at, id } = statement;
    const { organisation } = statement.actor;
    const correctedBy = this.corrections.get(index) ?? null;
    const row = { index, kind, at: Date.parse(at), organisation, statement: id, correctedBy };
    const read = isKind(kind) ? readStatement(statement) : undefined;
    return {
      ...row,
      unit: read?.parent === undefined ? null : (this.units.numberOf(`unit:${read.parent}`) ?? null),
      to: read?.to ?? null,
      carrier: read?.carrier ?? null,
      recall: read?.recall ?? null,
      corrects:
        read?.corrects === undefined
          ? null
          : (this.indexOf(read.corrects.organisation, read.corrects.id) ?? null),
    };
  }
}

interface ListPlace {
  organisation: number;
  page: number;
}

/** The indexes of records that a page of a list holds, ascending. */
function recordsOf(records: Uint8Array): number[] {
  const from = new Unpacker(records);
  const indexes: number[] = [];
  for (let index = 0; !from.ended;) indexes.push((index += from.integer()));
  return indexes;
}

/** A page of a list with further records, which follow those that it has; undefined where it has them. */
function withRecords(page: Uint8Array | undefined, indexes: readonly number[]): Uint8Array | undefined {
  const known = page === undefined ? [] : recordsOf(page);
  let last = known.at(-1) ?? 0;
  // Where records are applied again, the page may have some of them.
  const further = known.length === 0 ? indexes : indexes.filter((index) => index > last);
  if (further.length === 0) return undefined;
  const packer = new Packer();
  if (page !== undefined) packer.bytes(page);
  for (const index of further) {
    packer.integer(index - last);
    last = index;
  }
  return packer.done();
}

/** Reads without hashing: the audit checks that stored bytes are still those of the record. */
function statementIn(bytes: Uint8Array): LedgerRecord["statement"] {
  return (JSON.parse(decoder.decode(bytes)) as LedgerRecord).statement;
}
