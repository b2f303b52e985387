import { encodeBase64 } from "./base64.ts";
import {
  EMPTY_ROOT,
  Frontier,
  HASH_BYTES,
  consistencyProof,
  leafHash,
  nobleSha256,
  packedRoot,
  type Sha256,
} from "./merkle.ts";
import { formatTilePath, TILE_LEVELS, TILE_WIDTH, type Tile, widthIn } from "./tile.ts";

/** Fetches the bytes of a tile or an entry bundle; resolves to null if the log has none. Rejections are passed on. */
export type TileFetcher = (tile: Tile) => Promise<Uint8Array | null>;

/** A tree as a signed checkpoint states it. */
export interface SignedTree {
  size: number;
  root: Uint8Array;
}

/** The log served data that its checkpoint did not sign. */
export class TileError extends Error {
  readonly fault: "tile" | "entry";
  /** The tile's path, or the entry's index. */
  readonly at: string;
  readonly expected: string;
  readonly found: string;

  constructor(fault: "tile" | "entry", at: string, expected: string, found: string) {
    super(`${at}: expected ${expected}, found ${found}`);
    this.name = "TileError";
    this.fault = fault;
    this.at = at;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * Reads a log in C2SP tlog-tiles form under one signed checkpoint. All returned data was recomputed up to the signed
 * root: the partial tiles of the right edge make up the root, and a full tile hashes to an entry of the tile above.
 */
export class TileReader {
  readonly tree: SignedTree;
  readonly #fetch: TileFetcher;
  readonly #sha: Sha256;
  #edge: Promise<Map<number, Uint8Array>> | undefined;
  /** Full tiles above the leaves, by path: each stands for at least 65,536 leaves, so there are few. */
  readonly #upper = new Map<string, Promise<Uint8Array>>();

  constructor(tree: SignedTree, fetch: TileFetcher, sha: Sha256 = nobleSha256) {
    this.tree = tree;
    this.#fetch = fetch;
    this.#sha = sha;
  }

  /** Checks that the right edge exists and hashes to the signed root. @throws TileError */
  async checkRoot(): Promise<void> {
    await this.#rightEdge();
  }

  /**
   * The hashes of a tile, packed, at the width that it has in the tree.
   * @param level 0 for leaf hashes
   * @throws RangeError if the tree has no such tile
   * @throws TileError
   */
  async hashes(level: number, index: number): Promise<Uint8Array> {
    const width = widthIn({ level, index }, this.tree.size);
    if (width === 0) throw new RangeError(`a tree of ${this.tree.size} leaves has no tile ${level}/${index}`);
    const edge = await this.#rightEdge();
    if (width < TILE_WIDTH) return edge.get(level)!;
    if (level === 0) return this.#fullTile(level, index);
    const path = formatTilePath({ level, index, width });
    const known = this.#upper.get(path) ?? this.#fullTile(level, index);
    this.#upper.set(path, known);
    return known;
  }

  /**
   * The entries of a bundle, each checked against its leaf hash.
   * @throws RangeError if the tree has no such bundle
   * @throws TileError
   */
  async entries(index: number): Promise<Uint8Array[]> {
    const leaves = await this.hashes(0, index);
    const width = leaves.length / HASH_BYTES;
    const tile: Tile = { level: "entries", index, width };
    const entries = splitBundle(await this.#fetched(tile), tile);
    entries.forEach((entry, i) => {
      const expected = hashAt(leaves, i);
      const found = leafHash(entry, this.#sha);
      if (!sameHash(found, expected))
        throw new TileError(
          "entry",
          `entry ${index * TILE_WIDTH + i}`,
          `leaf hash ${encodeBase64(expected)}`,
          encodeBase64(found),
        );
    });
    return entries;
  }

  /**
   * The consistency proof from the tree of `oldSize` leaves to this one (RFC 9162, section 2.1.4.1).
   * @throws RangeError if the old size is larger
   * @throws TileError
   */
  async consistencyProof(oldSize: number): Promise<Uint8Array[]> {
    const { size } = this.tree;
    const wanted: [level: number, index: number][] = [];
    // The subtrees of a proof depend only on the sizes: a first walk lists them for fetching, a second builds the
    // proof.
    consistencyProof(oldSize, size, (...subtree) => (wanted.push(subtree), EMPTY_ROOT), this.#sha);
    const hashes = new Map<string, Uint8Array>();
    for (const [level, index] of wanted) hashes.set(`${level}/${index}`, await this.#subtree(level, index));
    return consistencyProof(oldSize, size, (level, index) => hashes.get(`${level}/${index}`)!, this.#sha);
  }

  /** The hash of the perfect subtree over leaves [index·2^level, (index + 1)·2^level). */
  async #subtree(level: number, index: number): Promise<Uint8Array> {
    const tileLevel = Math.floor(level / TILE_LEVELS);
    const width = 2 ** (level % TILE_LEVELS);
    const tile = await this.hashes(tileLevel, Math.floor((index * width) / TILE_WIDTH));
    const first = (index * width) % TILE_WIDTH;
    return packedRoot(tile.slice(first * HASH_BYTES, (first + width) * HASH_BYTES));
  }

  async #fullTile(level: number, index: number): Promise<Uint8Array> {
    const parent = await this.hashes(level + 1, Math.floor(index / TILE_WIDTH));
    const tile: Tile = { level, index, width: TILE_WIDTH };
    const hashes = await this.#fetchedHashes(tile);
    const expected = hashAt(parent, index % TILE_WIDTH);
    const found = packedRoot(hashes.slice());
    if (!sameHash(found, expected))
      throw new TileError(
        "tile",
        formatTilePath(tile),
        `hashes that lead to ${encodeBase64(expected)}`,
        `hashes that lead to ${encodeBase64(found)}`,
      );
    return hashes;
  }

  #rightEdge(): Promise<Map<number, Uint8Array>> {
    this.#edge ??= this.#readRightEdge();
    return this.#edge;
  }

  /** The partial tiles by level, after checking that all their hashes lead to the signed root. */
  async #readRightEdge(): Promise<Map<number, Uint8Array>> {
    const { size, root } = this.tree;
    const tiles: Tile[] = [];
    for (let level = 0, nodes = size; nodes > 0; level++, nodes = Math.floor(nodes / TILE_WIDTH))
      if (nodes % TILE_WIDTH > 0)
        tiles.unshift({ level, index: Math.floor(nodes / TILE_WIDTH), width: nodes % TILE_WIDTH });
    const fetched = await Promise.all(tiles.map((tile) => this.#fetchedHashes(tile)));
    const hashes = fetched.flatMap((packed) => perfectSubtrees(packed));
    const found = new Frontier({ size, hashes }, this.#sha).root();
    if (!sameHash(found, root))
      throw new TileError(
        "tile",
        tiles.map(formatTilePath).join(" ") || "the empty tree",
        `hashes that lead to the signed root ${encodeBase64(root)}`,
        `hashes that lead to ${encodeBase64(found)}`,
      );
    return new Map(tiles.map(({ level }, i) => [level as number, fetched[i]!]));
  }

  async #fetchedHashes(tile: Tile): Promise<Uint8Array> {
    const { bytes, fetchedWidth } = await this.#fetched(tile);
    if (bytes.length !== fetchedWidth * HASH_BYTES)
      throw new TileError(
        "tile",
        formatTilePath(tile),
        `${fetchedWidth * HASH_BYTES} bytes`,
        `${bytes.length} bytes`,
      );
    return bytes.slice(0, tile.width * HASH_BYTES);
  }

  /**
   * The log may remove a partial tile once the full one exists (tlog-tiles, "Partial tiles"), which starts with the
   * same data.
   */
  async #fetched(tile: Tile): Promise<Fetched> {
    const bytes = await this.#fetch(tile);
    if (bytes !== null) return { bytes, fetchedWidth: tile.width };
    const full = tile.width < TILE_WIDTH ? await this.#fetch({ ...tile, width: TILE_WIDTH }) : null;
    if (full !== null) return { bytes: full, fetchedWidth: TILE_WIDTH };
    throw new TileError("tile", formatTilePath(tile), "the tile that the checkpoint covers", "none");
  }
}

interface Fetched {
  bytes: Uint8Array;
  /** 256 if the full tile was fetched for a partial one. */
  fetchedWidth: number;
}

/** The perfect subtrees that make up a partial tile, largest first. */
function perfectSubtrees(packed: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  let start = 0;
  for (let width = TILE_WIDTH / 2; width >= 1; width /= 2) {
    if (packed.length / HASH_BYTES - start < width) continue;
    hashes.push(packedRoot(packed.slice(start * HASH_BYTES, (start + width) * HASH_BYTES)));
    start += width;
  }
  return hashes;
}

/** Entries of a bundle, each after its length (uint16, big-endian). @throws TileError */
function splitBundle({ bytes, fetchedWidth }: Fetched, tile: Tile): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < tile.width) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (at + 2 + length > bytes.length)
      throw new TileError(
        "tile",
        formatTilePath(tile),
        `${tile.width} entries`,
        `${bytes.length} bytes, which end inside entry ${entries.length + 1}`,
      );
    entries.push(bytes.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (fetchedWidth === tile.width && at !== bytes.length)
    throw new TileError(
      "tile",
      formatTilePath(tile),
      `${tile.width} entries`,
      `${bytes.length - at} more bytes after them`,
    );
  return entries;
}

function hashAt(packed: Uint8Array, index: number): Uint8Array {
  return packed.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
