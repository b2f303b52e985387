import { concatBytes } from "@noble/hashes/utils.js";
import { chainTag } from "../../../src/core/ledger/chain.ts";
import { formatCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { encodeEntry } from "../../../src/core/ledger/entry.ts";
import { leafHash } from "../../../src/core/ledger/merkle.ts";
import { signNote } from "../../../src/core/ledger/note.ts";
import { ED25519, makeVerifierKey, type VerifierKey } from "../../../src/core/ledger/note-key.ts";
import { formatTilePath, TILE_WIDTH, type Tile, widthIn } from "../../../src/core/ledger/tile.ts";
import { definitionOfMth } from "./tree.ts";

export const ORIGIN = "trace.example.org/log";
const signer = signerFromSeed(new Uint8Array(32).fill(7));
export const SIGNER = { name: ORIGIN, signer };
export const KEY: VerifierKey = makeVerifierKey(ORIGIN, ED25519, signer.publicKey);

/** An entry that gives chains their next places; `salt` makes it another record. */
export function entry(places: Record<string, number>, salt = 0): Uint8Array {
  const chains = Object.entries(places).map(([name, n]) => ({ tag: chainTag(name), n }));
  return encodeEntry({ digest: new Uint8Array(32).fill(salt), chains });
}

/** Honest entries of `chains` chains in turn, `count` of them. */
export function entriesOf(count: number, chains = 3): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    entry({ [`batch:${i % chains}`]: Math.floor(i / chains) }, i % 251),
  );
}

/** A log that signs whatever entries it is given, and serves them as tlog-tiles; spelled out from the specification. */
export class LyingLog {
  readonly entries: readonly Uint8Array[];
  readonly #leaves: Uint8Array[];
  /** Tiles that were asked for. */
  readonly asked: string[] = [];

  constructor(entries: readonly Uint8Array[]) {
    this.entries = entries;
    this.#leaves = entries.map((one) => leafHash(one));
  }

  get tree(): { size: number; root: Uint8Array } {
    return { size: this.entries.length, root: definitionOfMth(this.#leaves) };
  }

  checkpoint(origin = ORIGIN): string {
    return signNote(formatCheckpoint({ origin, ...this.tree }), [SIGNER]);
  }

  tile(tile: Tile): Uint8Array | null {
    if (tile.width > widthIn(tile, this.entries.length)) return null;
    const first = tile.index * TILE_WIDTH;
    if (tile.level === "entries")
      return concatBytes(
        ...this.entries
          .slice(first, first + tile.width)
          .flatMap((one) => [Uint8Array.of(one.length >> 8, one.length & 0xff), one]),
      );
    const span = TILE_WIDTH ** tile.level;
    return concatBytes(
      ...Array.from({ length: tile.width }, (_, i) =>
        definitionOfMth(this.#leaves.slice((first + i) * span, (first + i + 1) * span)),
      ),
    );
  }

  readonly fetch = (tile: Tile): Promise<Uint8Array | null> => {
    this.asked.push(formatTilePath(tile));
    return Promise.resolve(this.tile(tile));
  };
}
