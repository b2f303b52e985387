import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64Url, encodeBase64Url } from "../core/ledger/base64.ts";
import type { Place } from "../store/filing.ts";
import { invalid } from "./problem.ts";

/** How a caller asks for a page of a list. */
export interface ListInput {
  /** The most rows of the page. */
  limit: number;
  /** The cursor of the page before; absent for the first page. */
  cursor?: string | undefined;
}

/** Before the first row of a list newest first. */
const NEWEST: Place = { at: Number.MAX_SAFE_INTEGER, id: "\u{10ffff}" };

/** The opaque cursor that goes on after a row. */
export function cursorAfter(at: number, id: string): string {
  return encodeBase64Url(utf8ToBytes(`${at} ${id}`));
}

/** @throws Problem where the cursor is not one of ours */
export function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return NEWEST;
  try {
    const [, at, id] = /^(\d{1,16}) (\S*)$/.exec(new TextDecoder().decode(decodeBase64Url(cursor))) ?? [];
    if (at !== undefined && id !== undefined) return { at: Number(at), id };
  } catch {
    // Falls through: whatever is wrong with it, the answer is the same.
  }
  throw invalid("cursor", "is not a cursor of this list", "the cursor of a next link");
}

/** A page of rows: one more than asked for was read, to know whether there is another page. */
export function page<R>(
  rows: R[],
  limit: number,
  place: (row: R) => Place,
): { rows: R[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  if (rows.length <= limit || last === undefined) return { rows: shown, next: null };
  const { at, id } = place(last);
  return { rows: shown, next: cursorAfter(at, id) };
}
