/** Hashes in a full tile, and levels that it spans (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
export const TILE_LEVELS = 8;
const MAX_LEVEL = 63;

/** A tile of hashes at `level` (0: leaf hashes), or a bundle of entries; `width` hashes or entries of at most 256. */
export interface Tile {
  level: number | "entries";
  index: number;
  width: number;
}

/**
 * The path of a tile below the log's prefix: `tile/0/x001/067`, `tile/entries/000.p/7`. The index is in groups of three
 * digits, all but the last after an x.
 */
export function formatTilePath({ level, index, width }: Tile): string {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** The exact inverse of `formatTilePath`; null for any other spelling. */
export function parseTilePath(path: string): Tile | null {
  const parts = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  if (parts === null) return null;
  const [, levelText = "", groups = "", widthText] = parts;
  const level = levelText === "entries" ? "entries" : Number(levelText);
  const index = Number(groups.replace(/[x/]/g, ""));
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  const tile: Tile = { level, index, width };
  const sound = Number.isSafeInteger(index) && width > 0 && (level === "entries" || level <= MAX_LEVEL);
  return sound && formatTilePath(tile) === path ? tile : null;
}

/** The number of hashes or entries of a tile in a log of `size` records: 0 beyond the log, 256 if full. */
export function widthIn({ level, index }: Pick<Tile, "level" | "index">, size: number): number {
  const nodes = level === "entries" ? size : Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH));
}
