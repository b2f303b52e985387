import { concatBytes } from "@noble/hashes/utils.js";
import { entryOf } from "../../core/ledger/entry.ts";
import { leafHash } from "../../core/ledger/merkle.ts";
import type { LedgerRecord } from "../../core/ledger/record.ts";
import { type Tile, TILE_LEVELS, TILE_WIDTH, widthIn } from "../../core/ledger/tile.ts";
import type { Service } from "../service.ts";
import { requireUnderCheckpoint } from "./checked-proof.ts";
import { subtreeHash } from "./log.ts";

const decoder = new TextDecoder();

/**
 * The bytes of a tile at the published size: hashes of 32 bytes, or entries with their length (uint16, big-endian). Tiles
 * are computed from records and stored hashes; none is stored. They are checked under the published checkpoint: what is
 * served once is cached for good. Null for a tile beyond the published size.
 * @throws Problem damaged where the stored hashes or records do not lead to the checkpoint's root
 */
export function tileBytes(service: Service, tile: Tile): Uint8Array | null {
  const checkpoint = service.publisher.published();
  if (tile.width > widthIn(tile, checkpoint.size)) return null;
  const first = tile.index * TILE_WIDTH;
  if (tile.level === "entries") {
    const { entries, hashes } = entryBundle(service, first, tile.width);
    requireUnderCheckpoint(service, { level: 0, first, hashes }, checkpoint);
    return entries;
  }
  const level = tile.level * TILE_LEVELS;
  const { store, platform } = service;
  const hashes =
    level === 0
      ? store.ledger.leaves(first, first + tile.width)
      : Array.from({ length: tile.width }, (_, i) => subtreeHash(store, level, first + i, platform.sha256));
  requireUnderCheckpoint(service, { level, first, hashes }, checkpoint);
  return concatBytes(...hashes);
}

/** The entries with their lengths, and their leaf hashes. */
function entryBundle(
  service: Service,
  first: number,
  width: number,
): { entries: Uint8Array; hashes: Uint8Array[] } {
  const { store, platform } = service;
  const parts: Uint8Array[] = [];
  const hashes: Uint8Array[] = [];
  for (const { bytes } of store.ledger.records(first, first + width)) {
    const { chains } = JSON.parse(decoder.decode(bytes)) as LedgerRecord;
    const entry = entryOf(bytes, chains, platform.sha256);
    parts.push(Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry);
    hashes.push(leafHash(entry, platform.sha256));
  }
  return { entries: concatBytes(...parts), hashes };
}
