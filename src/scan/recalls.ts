import type { RecallNotice } from "./answer.ts";
import type { RecallRow } from "../store/derived/recalls.ts";
import type { Store } from "../store/store.ts";

interface Active {
  notice: RecallNotice;
  confirmedAt: number;
  ranges: { start: number; end: number }[];
}

/** Recalls without a level rank last. */
const NO_LEVEL = Number.MAX_SAFE_INTEGER;

/**
 * The item keys under active recalls, as intervals in memory that do not overlap, each with the gravest recall over it. A
 * scan is a binary search. Rebuilt when a recall is confirmed or lifted, which is rare.
 */
export class RecallIndex {
  private readonly store: Store;
  /** The ranges of a confirmed recall never change, so they are read once. */
  private active = new Map<string, Active>();
  private starts = new Float64Array(0);
  private ends = new Float64Array(0);
  private notices: RecallNotice[] = [];

  constructor(store: Store) {
    this.store = store;
    this.reload();
  }

  /** Reads the active recalls again. */
  reload(): void {
    const rows = this.store.custody.recalls.recalls("active");
    this.active = new Map(rows.map((row) => [row.id, this.active.get(row.id) ?? this.read(row)]));
    const gravestFirst = [...this.active.values()].sort(
      (a, b) => (a.notice.level ?? NO_LEVEL) - (b.notice.level ?? NO_LEVEL) || a.confirmedAt - b.confirmedAt,
    );
    const pieces = layered(gravestFirst.map(({ ranges }) => ranges));
    this.starts = Float64Array.from(pieces, ({ start }) => start);
    this.ends = Float64Array.from(pieces, ({ end }) => end);
    this.notices = pieces.map(({ layer }) => (gravestFirst[layer] as Active).notice);
  }

  /** The gravest recall over an item key. */
  find(key: number): RecallNotice | undefined {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] as number) <= key) low = middle + 1;
      else high = middle;
    }
    return low > 0 && key < (this.ends[low - 1] as number) ? this.notices[low - 1] : undefined;
  }

  private read(row: RecallRow): Active {
    const { level, reason, advice } = JSON.parse(row.terms) as Record<string, unknown>;
    const confirmedAt = row.confirmedAt ?? row.createdAt;
    const notice: RecallNotice = { id: row.id, since: new Date(confirmedAt).toISOString() };
    if (typeof level === "number") notice.level = level;
    if (typeof reason === "string") notice.reason = reason;
    if (typeof advice === "string") notice.advice = advice;
    return { notice, confirmedAt, ranges: this.store.custody.recalls.recallRanges(row.id) };
  }
}

interface Piece {
  start: number;
  end: number;
  layer: number;
}

/**
 * Cuts layers of intervals into ordered pieces that do not overlap, each under the first layer that covers it. Intervals of
 * one layer must not overlap.
 */
function layered(layers: { start: number; end: number }[][]): Piece[] {
  const edges = layers.flatMap((ranges, layer) =>
    ranges.flatMap(({ start, end }) => [
      { at: start, layer, opens: true },
      { at: end, layer, opens: false },
    ]),
  );
  edges.sort((a, b) => a.at - b.at);
  const pieces: Piece[] = [];
  const open = new Set<number>();
  let from = 0;
  for (const { at, layer, opens } of edges) {
    if (open.size > 0 && at > from) pieces.push({ start: from, end: at, layer: Math.min(...open) });
    from = at;
    if (opens) open.add(layer);
    else open.delete(layer);
  }
  return pieces;
}
