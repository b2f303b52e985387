import type { AddedRows } from "../added-rows.ts";
import type { LedgerStatements } from "../log.ts";
import type { Prepare } from "../statement.ts";
import { ChainRows } from "./chain-rows.ts";
import { Chains, type ChainKey, type NewFact, type NodePlace } from "./chains.ts";
import { CodeStates } from "./code-states.ts";
import { CustodyMemory } from "./memory.ts";
import { Numbered } from "./numbered.ts";
import type { MoveName, PartName } from "./packed-chain.ts";
import { recallStatements } from "./recalls.ts";
import { Recorded } from "./recorded.ts";
import type { UndoLog } from "./undo-log.ts";
import { Units } from "./units.ts";
import { type Written, WrittenBehind } from "./written-behind.ts";

/** A chain that a record extends, and the part that the chain's thing takes. */
export interface Extension {
  key: ChainKey;
  part: PartName;
  move: MoveName;
  /** For a node: the item key of its batch's first position. */
  batch?: number | undefined;
}

/** What custody keeps of a record. */
export interface Applied extends NewFact {
  /** The statement's id. */
  statement: string;
  /** The index of the record that it corrects. */
  corrects?: number | undefined;
  extends: Extension[];
}

const LEVELS = `SELECT levels FROM batch_level WHERE start = :start`;
const PUT_LEVELS = `
  INSERT INTO batch_level (start, levels) VALUES (:start, :levels)
  ON CONFLICT (start) DO UPDATE SET levels = excluded.levels`;

/** Tables of what is derived from records, each with the columns of its primary key. */
export const DERIVED_TABLES: readonly { table: string; key: readonly string[] }[] = [
  { table: "term", key: ["number"] },
  { table: "named_chain", key: ["number"] },
  { table: "chain_block", key: ["start", "level", "block"] },
  { table: "chain_page", key: ["number"] },
  { table: "numbered_chain", key: ["number"] },
  { table: "batch_level", key: ["start"] },
  { table: "statement_at", key: ["hash", "index"] },
  { table: "organisation_page", key: ["organisation", "page"] },
  { table: "correction", key: ["index"] },
  { table: "clearance", key: ["index"] },
  { table: "code_state", key: ["start"] },
  { table: "answer_at", key: ["hash", "number"] },
];

/** What custody needs of the store. */
interface Needs {
  prepare: Prepare;
  ledger: LedgerStatements;
  added: AddedRows;
  undo: UndoLog;
  /** Look-ups of others that are written together with custody's. */
  also: readonly Written[];
}

/** The reads and writes of recalls, which are written with their records. */
type RecallStatements = ReturnType<typeof recallStatements>;

/**
 * Custody's state: what the records say about each thing, in memory as far as it is used, in tables behind the records.
 * The only reader and writer of these tables. Everything here but units and recalls follows from the records.
 */
export class Custody {
  readonly memory: CustodyMemory;
  readonly undo: UndoLog;
  readonly chains: Chains;
  readonly units: Units;
  readonly recorded: Recorded;
  readonly states: CodeStates;
  readonly recalls: RecallStatements;
  private readonly terms: Numbered;
  private readonly names: Numbered;
  private readonly levels: WrittenBehind<number, number>;
  private readonly parts: Written[];

  constructor({ prepare, ledger, added, undo, also }: Needs, memoryBytes: number) {
    this.undo = undo;
    this.memory = new CustodyMemory(memoryBytes);
    const { memory } = this;
    this.terms = new Numbered(prepare, undo, memory, "term");
    this.names = new Numbered(prepare, undo, memory, "named_chain");
    const rows = new ChainRows(prepare, undo, memory);
    this.chains = new Chains(rows, this.terms);
    this.units = new Units(prepare, added, undo, memory);
    this.recorded = new Recorded(prepare, undo, memory, { ledger, units: this.units, terms: this.terms });
    this.states = new CodeStates(prepare, undo);
    this.recalls = recallStatements(prepare);
    const levels = prepare<{ start: number }, { levels: number }>(LEVELS);
    const putLevels = prepare<{ start: number; levels: number }>(PUT_LEVELS);
    this.levels = new WrittenBehind(undo, memory, {
      read: (start) => levels.get({ start })?.levels,
      write: (start, bits) => putLevels.run({ start, levels: bits }),
      sizeOf: () => 0,
    });
    // Names come first: where a writing ends early, no row names a number that has no text.
    this.parts = [
      ...this.terms.parts,
      ...this.names.parts,
      ...this.units.parts,
      ...rows.parts,
      this.levels,
      ...this.recorded.parts,
      ...also,
    ];
  }

  /** The key of a chain by its name, other than of a node; undefined where no record extends it. */
  chainNamed(of: string): number | undefined {
    if (of.startsWith("unit:")) return this.units.numberOf(of);
    const number = this.names.find(of);
    return number === undefined ? undefined : -number;
  }

  /** The key of a chain by its name, which gets one. @throws RangeError for a unit that was never added */
  keyNamed(of: string): number {
    const known = this.chainNamed(of);
    if (known !== undefined) return known;
    if (of.startsWith("unit:")) throw new RangeError(`no unit has the chain ${of}`);
    return -this.names.numberOf(of);
  }

  /** The name of a chain by its number. */
  nameOf(number: number): string | undefined {
    return number > 0 ? this.units.byNumber(number)?.of : this.names.text(-number);
  }

  /** The number of named chains, without units and nodes. */
  get namedChains(): number {
    return this.names.last;
  }

  /** Levels at which nodes of a batch have chains, as bits. @param start the item key of the batch's first position */
  levelsOf(start: number): number {
    return this.levels.get(start) ?? 0;
  }

  /** The nodes of a batch with a chain, of levels below `level`. */
  nodesBelow(from: number, to: number, level: number): NodePlace[] {
    return this.chains.nodesIn(from, to).filter((node) => node.level < level);
  }

  /** Applies a record: its place in each chain, and what finds it again. */
  apply(record: Applied): void {
    const { index, statement, organisation, corrects } = record;
    for (const { key, part, move, batch } of record.extends) {
      this.chains.extend(key, record, part, move);
      if (corrects !== undefined) this.chains.correct(key, corrects, index);
      if (batch !== undefined && typeof key !== "number") this.noteLevel(batch, key.level);
    }
    this.recorded.note({ index, organisation, statement, corrects });
  }

  /** The number of changes that are not written yet. */
  get unwritten(): number {
    return this.parts.reduce((sum, { unwritten }) => sum + unwritten.size, this.states.unwrittenCount);
  }

  /** Begins to write what is unwritten now. */
  beginWriting(): void {
    for (const part of this.parts) part.beginWriting();
    this.states.beginWriting();
  }

  /** Writes rows while there is time. @returns whether all are written that were unwritten when the writing began */
  writeSome(hasTime: () => boolean): boolean {
    for (const part of this.parts) if (!part.writeSome(hasTime)) return false;
    return this.states.writeSome(hasTime);
  }

  /** Call once the rows written so far are committed. */
  written(): void {
    for (const part of this.parts) part.committed();
    this.states.committed();
  }

  /** Drops everything in memory: it may rest on records that the store does not have. */
  drop(): void {
    for (const part of this.parts) part.drop();
    this.states.drop();
    this.undo.clear();
    this.memory.emptied();
    for (const numbered of [this.terms, this.names, this.units]) numbered.reload();
  }

  private noteLevel(batch: number, level: number): void {
    const known = this.levelsOf(batch);
    if ((known & (1 << level)) === 0) this.levels.set(batch, known | (1 << level));
  }
}
