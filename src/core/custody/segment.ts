/**
 * Segments: aligned power-of-two runs of positions, each a node of the batch's Merkle tree (RFC 6962 2.1).
 * A range of positions is its minimal list of segments.
 */

/** Positions [from, to) of a batch, 0-based. */
export interface Range {
  from: number;
  to: number;
}

/** The node of `2^level` positions that starts at position `start`. */
export interface Segment {
  level: number;
  start: number;
}

/** The number of levels above the leaves of a tree of `count` leaves: the level of its root. */
export function rootLevel(count: number): number {
  let level = 0;
  for (let span = 1; span < count; span *= 2) level++;
  return level;
}

/**
 * The minimal aligned segments of [from, to) in a batch of `count` codes. An end equal to `count` runs to the next
 * power of two: there the right edge of the tree has one hash at several levels, and the highest names the chain.
 * @throws RangeError unless 0 <= from < to <= count
 */
export function segmentsOf(range: Range, count: number): Segment[] {
  const { from, to } = range;
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from < to && to <= count))
    throw new RangeError(`a range must be within positions 0 to ${count - 1}, got ${from} to ${to - 1}`);
  const end = to === count ? 2 ** rootLevel(count) : to;
  const segments: Segment[] = [];
  let start = from;
  while (start < to) {
    let level = 0;
    let span = 1;
    while (start % (span * 2) === 0 && start + span * 2 <= end) {
      span *= 2;
      level++;
    }
    segments.push({ level, start });
    start += span;
  }
  return segments;
}

/**
 * The node that names the chain of `segment`: the highest one that covers the same existing positions. Nodes beyond
 * the right edge share a hash, and therefore a chain.
 */
function canonicalSegment(segment: Segment, count: number): Segment {
  let { level, start } = segment;
  const root = rootLevel(count);
  while (level < root) {
    const span = 2 ** (level + 1);
    const parent = start - (start % span);
    if (parent !== start || start + 2 ** level < count) break;
    level++;
  }
  start = segment.start;
  return { level, start };
}

/** A segment and every node above it, canonical, each once. */
export function ancestorsOf(segment: Segment, count: number): Segment[] {
  const root = rootLevel(count);
  const found: Segment[] = [];
  let level = segment.level;
  while (level <= root) {
    const span = 2 ** level;
    const node = canonicalSegment({ level, start: segment.start - (segment.start % span) }, count);
    found.push(node);
    level = node.level + 1;
  }
  return found;
}

/** Sorts ranges and joins those that touch or overlap. */
export function coalesce(ranges: Iterable<Range>): Range[] {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  const joined: Range[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else joined.push({ ...range });
  }
  return joined;
}

/** The number of positions in the ranges, which must not overlap. */
export function sizeOf(ranges: Iterable<Range>): number {
  let size = 0;
  for (const { from, to } of ranges) size += to - from;
  return size;
}
