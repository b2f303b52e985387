import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64Url, encodeBase64Url } from "../core/ledger/base64.ts";
import type { Place } from "../store/filing.ts";
import { invalid } from "./problem.ts";

/** A request for a page of a list. */
export interface ListInput {
  /** The most rows of the page. */
  limit: number;
  /** The cursor of the page before; absent for the first page. */
  cursor?: string | undefined;
}

/** The place before the newest row. */
const NEWEST: Place = { at: Number.MAX_SAFE_INTEGER, id: "\u{10ffff}" };

/** The opaque cursor of the page after a row. */
export function cursorAfter(at: number, id: string): string {
  return encodeBase64Url(utf8ToBytes(`${at} ${id}`));
}

/** The place that a cursor names. @throws Problem for a text that is no cursor */
export function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return NEWEST;
  try {
    const [, at, id] = /^(\d{1,16}) (\S*)$/.exec(new TextDecoder().decode(decodeBase64Url(cursor))) ?? [];
    if (at !== undefined && id !== undefined) return { at: Number(at), id };
  } catch {
    // Every malformed cursor gets the same answer.
  }
  throw invalid("cursor", "is not a cursor of this list", "the cursor of a next link");
}

/** A page of rows, which include one more than `limit` if another page follows. */
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
