import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "vitest";
import type { ChainKey, NewFact } from "../../../src/store/derived/chains.ts";
import type { Applied, Extension } from "../../../src/store/derived/custody.ts";
import type { Store } from "../../../src/store/store.ts";

/** The store under test; after `reopen` it is the same one, opened again. */
export interface Subject {
  readonly store: Store;
  reopen(): Promise<void>;
}

/** 32 bytes that differ by `seed`. */
export function bytes(seed: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => (seed * 31 + i) & 0xff);
}

/** A salt of 16 bytes that differs by `seed`. */
export const salt = (seed: number): Uint8Array => bytes(seed).slice(0, 16);

/** Writes everything that custody has not written yet; a running writing is finished first. */
export function writeAll(store: Store): void {
  do while (!store.writeBehind(() => true));
  while (store.custody.unwritten > 0);
}

/** A record on a chain, with the part and move of its thing. */
export type LinkedFact = NewFact & Pick<Extension, "part" | "move">;

/** Adds a record to a chain alone; call it in a transaction. */
export function extendChain({ custody }: Store, key: ChainKey, fact: LinkedFact): void {
  const { part, move, ...rest } = fact;
  custody.chains.extend(key, rest, part, move);
}

/** Reads from the store, and requires the same once custody is written, and after the store is opened again. */
export async function kept<T>(t: Subject, read: (store: Store) => T): Promise<T> {
  const before = read(t.store);
  writeAll(t.store);
  expect(read(t.store)).toEqual(before);
  await t.reopen();
  expect(read(t.store)).toEqual(before);
  return before;
}

/** A record as a test tells it; what is absent is that of a commissioning without any of the optional fields. */
export interface Told {
  index: number;
  kind?: string;
  atMs?: number;
  organisation?: string;
  statement?: string;
  /** The chain's name of the unit moved into or out of, which the store has. */
  parent?: string;
  to?: string;
  carrier?: string;
  recall?: string;
  /** The corrected record. */
  corrects?: { index: number; organisation: string; id: string };
  extends?: Extension[];
}

/** Adds a record to the log, and has custody apply it; call it in a transaction. */
export function record({ ledger, custody }: Store, told: Told): void {
  const { index, kind = "commissioning", atMs = 1000 + index, organisation = "ent_a" } = told;
  const { statement = `st-${index}`, parent, to, carrier, recall, corrects } = told;
  const subjects = parent === undefined ? [] : [{ unit: parent.slice("unit:".length), as: "parent" }];
  const text = JSON.stringify({
    statement: {
      kind,
      id: statement,
      at: new Date(atMs).toISOString(),
      actor: { organisation, by: "key_a" },
      subjects,
      public: {
        to,
        carrier,
        recall,
        corrects: corrects && { organisation: corrects.organisation, id: corrects.id },
      },
      sealed: [],
    },
  });
  const stored = new TextEncoder().encode(text);
  ledger.addRecord(index, stored, bytes(index), sha256(stored));
  const applied: Applied = {
    index,
    atMs,
    kind,
    organisation,
    statement,
    unit: parent === undefined ? undefined : custody.units.numberOf(parent),
    to,
    carrier,
    recall,
    corrects: corrects?.index,
    extends: told.extends ?? [],
  };
  custody.apply(applied);
}
