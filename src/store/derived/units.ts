import { unitChain } from "../../core/ledger/chain.ts";
import type { unit } from "../schema.ts";
import type { Prepare } from "../statement.ts";
import type { AddedRows } from "../added-rows.ts";
import type { CustodyMemory } from "./memory.ts";
import type { UndoLog } from "./undo-log.ts";
import { WrittenBehind } from "./written-behind.ts";

/** A logistic unit: its number, its id (`sscc:…`, `container:…`), the salt that hides the id, and its chain's name. */
export interface UnitRow {
  number: number;
  id: string;
  salt: Uint8Array;
  /** `unit:` and the hex of its salted hash. */
  of: string;
}

type StoredUnit = typeof unit.$inferSelect;

const ADD = `INSERT INTO unit (number, id, salt, tag) VALUES (:number, :id, :salt, :tag)`;
const REMOVE = `DELETE FROM unit WHERE number = :number`;
const BY_NUMBER = `SELECT * FROM unit WHERE number = :number`;
const BY_ID = `SELECT * FROM unit WHERE id = :id`;
const BY_TAG = `SELECT * FROM unit WHERE tag = :tag ORDER BY number`;
const LAST = `SELECT max(number) AS last FROM unit`;

/** Hex digits of a unit's name that its row holds as a number, so that an index finds it by its name. */
const TAG_DIGITS = 12;

/**
 * Logistic units. No record has a unit's id and salt, so a unit is written with the records that name it first, and
 * never derived again.
 */
export class Units {
  private readonly undo: UndoLog;
  private readonly added: AddedRows;
  private readonly insert: (row: StoredUnit) => void;
  private readonly remove: (number: number) => void;
  private readonly rows: WrittenBehind<number, UnitRow>;
  private readonly byId: WrittenBehind<string, number>;
  private readonly byName: WrittenBehind<string, number>;
  private readonly greatest: () => number;
  private next: number;

  constructor(prepare: Prepare, added: AddedRows, undo: UndoLog, memory: CustodyMemory) {
    this.undo = undo;
    this.added = added;
    const add = prepare<StoredUnit>(ADD);
    this.insert = (row) => add.run(row);
    const remove = prepare<{ number: number }>(REMOVE);
    this.remove = (number) => remove.run({ number });
    const byNumber = prepare<{ number: number }, StoredUnit>(BY_NUMBER);
    const byId = prepare<{ id: string }, StoredUnit>(BY_ID);
    const byTag = prepare<{ tag: number }, StoredUnit>(BY_TAG);
    const last = prepare<void, { last: number | null }>(LAST);
    this.rows = new WrittenBehind(undo, memory, {
      read: (number) => unitOf(byNumber.get({ number })),
      // Its row is written with the records.
      write: () => undefined,
      sizeOf: ({ id }) => 260 + id.length,
    });
    const lookUp = (read: (text: string) => number | undefined): WrittenBehind<string, number> =>
      new WrittenBehind(undo, memory, { read, write: () => undefined, sizeOf: () => 100 });
    this.byId = lookUp((id) => byId.get({ id })?.number);
    this.byName = lookUp(
      (of) =>
        byTag
          .all({ tag: tagOf(of) })
          .map(unitOf)
          .find((found) => found?.of === of)?.number,
    );
    this.greatest = () => last.get()?.last ?? 0;
    this.next = this.greatest() + 1;
  }

  /** A unit by its id. */
  find(id: string): UnitRow | undefined {
    const number = this.byId.get(id);
    return number === undefined ? undefined : this.rows.get(number);
  }

  byNumber(number: number): UnitRow | undefined {
    return this.rows.get(number);
  }

  /** The number of the unit whose chain has a name. */
  numberOf(of: string): number | undefined {
    return this.byName.get(of);
  }

  /** Adds a unit. @param of the name of its chain, of the same id and salt */
  add(id: string, salt: Uint8Array, of: string): UnitRow {
    const number = this.next++;
    this.undo.push(() => (this.next = number));
    const row = { number, id, salt, of };
    const stored = { number, id, salt, tag: tagOf(of) };
    this.added.add({ insert: () => this.insert(stored), remove: () => this.remove(number) });
    this.rows.set(number, row);
    this.byId.set(id, number);
    this.byName.set(of, number);
    return row;
  }

  /** The greatest number given. */
  get count(): number {
    return this.next - 1;
  }

  /** Its look-ups. */
  get parts(): [
    WrittenBehind<number, UnitRow>,
    WrittenBehind<string, number>,
    WrittenBehind<string, number>,
  ] {
    return [this.rows, this.byId, this.byName];
  }

  /** Call after the values are dropped. */
  reload(): void {
    this.next = this.greatest() + 1;
  }
}

function unitOf(row: StoredUnit | undefined): UnitRow | undefined {
  if (row === undefined) return undefined;
  const { number, id, salt } = row;
  return { number, id, salt, of: unitChain(salt, id) };
}

/** @param of `unit:` and 64 hex digits */
function tagOf(of: string): number {
  return Number.parseInt(of.slice("unit:".length, "unit:".length + TAG_DIGITS), 16);
}
