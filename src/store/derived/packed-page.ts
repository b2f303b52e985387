import { type Packer, Unpacker } from "./packing.ts";

/** Item keys to a page. */
export const PAGE_PLACES = 64;

/**
 * The chains of the nodes that start at 64 item keys, one after another in the order of place and level: a byte for the
 * place, one for the level, the length, and the chain. The buffer may have room behind its first `length` bytes: goods are
 * mostly reported in order, and then the next chain is written there, which changes no page that was made before.
 */
export interface Page {
  buffer: Uint8Array;
  length: number;
  /** The order of its last chain: place and level as one number; -1 for none. */
  last: number;
}

/** A chain in a page, by its place: its bytes are [from, to). */
export interface Entry {
  place: number;
  level: number;
  from: number;
  to: number;
}

/** A chain and its place in a page. */
export interface Placed {
  place: number;
  level: number;
  chain: Uint8Array;
}

const FIRST_BYTES = 64;

/** A page without chains. */
export const EMPTY_PAGE: Page = { buffer: new Uint8Array(0), length: 0, last: -1 };

/** The page that bytes hold. */
export function pageOf(bytes: Uint8Array): Page {
  const page = { buffer: bytes, length: bytes.length, last: -1 };
  for (const { place, level } of entriesOf(page)) page.last = orderOf(place, level);
  return page;
}

/** The bytes of a page, to be written. */
export function bytesOf({ buffer, length }: Page): Uint8Array {
  return buffer.subarray(0, length);
}

/** The chain at a place and level; undefined where the page has none. */
export function chainIn(
  { buffer, length, last }: Page,
  place: number,
  level: number,
): Uint8Array | undefined {
  if (orderOf(place, level) > last) return undefined;
  const from = new Unpacker(buffer);
  while (from.at < length) {
    const foundPlace = from.byte();
    const foundLevel = from.byte();
    const bytes = from.integer();
    if (foundPlace === place && foundLevel === level) return buffer.subarray(from.at, from.at + bytes);
    if (foundPlace > place || (foundPlace === place && foundLevel > level)) return undefined;
    from.at += bytes;
  }
  return undefined;
}

/** The same page with another chain at a place and level. */
export function withChain(page: Page, placed: Placed, packer: Packer): Page {
  const { buffer, length } = page;
  const { before, after } = gapFor(page, placed);
  const { place, level, chain } = placed;
  packer.clear().byte(place).byte(level).integer(chain.length).bytes(chain);
  const entry = packer.written();
  const total = before + entry.length + (length - after);
  if (before === length && total <= buffer.length) {
    buffer.set(entry, before);
    return { buffer, length: total, last: Math.max(page.last, orderOf(place, level)) };
  }
  const larger = new Uint8Array(Math.max(FIRST_BYTES, total + (total >> 1)));
  larger.set(buffer.subarray(0, before));
  larger.set(entry, before);
  larger.set(buffer.subarray(after, length), before + entry.length);
  return { buffer: larger, length: total, last: Math.max(page.last, orderOf(place, level)) };
}

/** Every chain of a page, in order. */
export function* entriesOf({ buffer, length }: Page): Generator<Entry> {
  const from = new Unpacker(buffer);
  while (from.at < length) {
    const place = from.byte();
    const level = from.byte();
    const bytes = from.integer();
    from.at += bytes;
    yield { place, level, from: from.at - bytes, to: from.at };
  }
}

/** Where a chain's entry begins, and where the rest of the page goes on. */
function gapFor({ buffer, length, last }: Page, { place, level }: Placed): { before: number; after: number } {
  if (orderOf(place, level) > last) return { before: length, after: length };
  const from = new Unpacker(buffer);
  let before = 0;
  while (from.at < length) {
    const foundPlace = from.byte();
    const foundLevel = from.byte();
    const bytes = from.integer();
    const end = from.at + bytes;
    if (foundPlace > place || (foundPlace === place && foundLevel > level)) break;
    if (foundPlace === place && foundLevel === level) return { before, after: end };
    before = end;
    from.at = end;
  }
  return { before, after: before };
}

function orderOf(place: number, level: number): number {
  return place * 256 + level;
}
