import { concatBytes } from "@noble/hashes/utils.js";
import { entryOf } from "../../core/ledger/entry.ts";
import type { LedgerRecord } from "../../core/ledger/record.ts";
import { type Tile, TILE_LEVELS, TILE_WIDTH, widthIn } from "../../core/ledger/tile.ts";
import type { Service } from "../service.ts";
import { subtreeHash } from "./log.ts";

const decoder = new TextDecoder();

/**
 * The bytes of a tile at the published size: hashes of 32 bytes, or entries with their length (uint16, big-endian). Tiles
 * are computed from records and stored hashes; none is stored. Null for a tile beyond the published size.
 */
export function tileBytes(service: Service, tile: Tile): Uint8Array | null {
  const { size } = service.publisher.published();
  if (tile.width > widthIn(tile, size)) return null;
  const first = tile.index * TILE_WIDTH;
  if (tile.level === "entries") return entryBundle(service, first, tile.width);
  const { level } = tile;
  const { store, platform } = service;
  return concatBytes(
    ...(level === 0
      ? store.ledger.leaves(first, first + tile.width)
      : Array.from({ length: tile.width }, (_, i) =>
          subtreeHash(store, level * TILE_LEVELS, first + i, platform.sha256),
        )),
  );
}

function entryBundle(service: Service, first: number, width: number): Uint8Array {
  const { store, platform } = service;
  const parts: Uint8Array[] = [];
  for (const { bytes } of store.ledger.records(first, first + width)) {
    const { chains } = JSON.parse(decoder.decode(bytes)) as LedgerRecord;
    const entry = entryOf(bytes, chains, platform.sha256);
    parts.push(Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry);
  }
  return concatBytes(...parts);
}
