import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
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

/** Digits of the digest that identifies a list: no secret, so a few are enough. */
const DIGEST_DIGITS = 12;

/**
 * The cursors of one list: a name and the filters that are in force. A cursor of another list, or of the same list with
 * other filters, is refused: its place would skip or repeat rows without a word.
 */
export class Cursors {
  private readonly list: string;

  /** @param filters by name; absent ones are undefined */
  constructor(name: string, filters: Readonly<Record<string, string | undefined>> = {}) {
    // JSON drops the absent filters. Each list names its filters in one order.
    const digest = sha256(utf8ToBytes(JSON.stringify([name, filters])));
    this.list = bytesToHex(digest).slice(0, DIGEST_DIGITS);
  }

  /** The opaque cursor of the page after a row. */
  after(at: number, id: string): string {
    return encodeBase64Url(utf8ToBytes(`${this.list} ${at} ${id}`));
  }

  /** The place that a cursor names. @throws Problem for a text that is no cursor of this list */
  placeOf(cursor: string | undefined): Place {
    if (cursor === undefined) return NEWEST;
    try {
      const text = new TextDecoder().decode(decodeBase64Url(cursor));
      const [, list, at, id] = /^([0-9a-f]{12}) (\d{1,16}) (\S*)$/.exec(text) ?? [];
      const place = { at: Number(at), id: id ?? "" };
      if (list === this.list && Number.isSafeInteger(place.at)) return place;
    } catch {
      // Every malformed cursor gets the same answer.
    }
    throw invalid(
      "cursor",
      "is not a cursor of this list with these filters",
      "`next` of the page before, with the same filters; leave it out for the first page",
    );
  }

  /** A page of rows, which include one more than `limit` if another page follows. */
  page<R>(rows: R[], limit: number, place: (row: R) => Place): { rows: R[]; next: string | null } {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    if (rows.length <= limit || last === undefined) return { rows: shown, next: null };
    const { at, id } = place(last);
    return { rows: shown, next: this.after(at, id) };
  }
}
